//! Tables that are as long as the crowd is large, and give its memory back when it has gone.
//!
//! Memory that is freed in the middle of a heap stays with the process, so a table begins large enough to
//! get pages of its own, where it grows and shrinks in place; those that it does not touch cost
//! nothing. It is never freed: glibc takes a block of up to 32 MiB that is freed as a sign that
//! blocks of its size come and go, and from then on keeps up to twice as much for itself. Without
//! all this, 8 MB stayed of two crowds of 15,000 silent connections; with it, 0.3 MB.

use slab::Slab;

/// Bytes of a block that gets pages of its own. glibc does so from 128 KiB on, until it learns
/// otherwise, but only where the heap has no room for it.
const APART: usize = 1 << 20;
/// Bytes of a block from which glibc learns nothing; on other systems as good as any.
const UNREMARKED: usize = if cfg!(target_env = "gnu") {
    33 << 20
} else {
    APART
};
/// Entries for which a table keeps memory, however few there are.
pub(crate) const KEPT: usize = 64;

/// An empty table.
pub(crate) fn table<T>() -> Vec<T> {
    Vec::with_capacity(APART.div_ceil(size_of::<T>()))
}

/// Gives back what a table does not need, if that is most of it. Room for as many entries again stays, so
/// that a table at the limit is not resized by each connection that comes or goes.
pub(crate) fn shrink<T>(table: &mut Vec<T>) {
    if table.len() < table.capacity() / 4 {
        table.shrink_to(KEPT.max(2 * table.len()));
    }
}

/// The same, behind the last entry in use. An entry never moves, because its index is its name: free
/// entries in the middle stay until those behind them are free as well.
pub(crate) fn trim<T>(table: &mut Vec<Option<T>>) {
    while table.last().is_some_and(Option::is_none) {
        table.pop();
    }
    shrink(table);
}

/// Empty places.
pub(crate) fn places<T>() -> Slab<T> {
    Slab::with_capacity(APART.div_ceil(size_of::<T>()))
}

/// Gives back what empty places took. A slab cannot be shrunk to a size, as a list can, so its block is
/// freed, and is first made larger than any from which glibc learns.
pub(crate) fn renew<T>(table: &mut Slab<T>) {
    table.reserve(UNREMARKED.div_ceil(size_of::<T>()));
    *table = Slab::with_capacity(KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_a_quarter_s_room_and_no_more() {
        let mut numbers = table::<u64>();
        assert!(numbers.capacity() * size_of::<u64>() >= APART);
        numbers.extend(0..100_000);
        while let Some(last) = numbers.pop() {
            shrink(&mut numbers);
            let (length, capacity) = (numbers.len(), numbers.capacity());
            assert_eq!(length as u64, last);
            assert!(
                capacity <= KEPT.max(4 * length + 4),
                "{capacity} for {length}"
            );
        }
        assert!(numbers.capacity() > 0, "a table is never freed");
        shrink(&mut numbers);
        assert_eq!(numbers.capacity(), KEPT, "what is kept stays");
    }

    #[test]
    fn trimming_takes_no_one_away() {
        let mut people: Vec<Option<u8>> = table();
        people.resize(20_000, Some(1));
        for at in (10..20_000).rev() {
            people[at] = None;
        }
        people[500] = Some(2);
        trim(&mut people);
        assert_eq!(people.len(), 501);
        assert_eq!(people.iter().flatten().count(), 11);
        people[500] = None;
        trim(&mut people);
        assert_eq!(people, [Some(1); 10]);
        people.fill(None);
        trim(&mut people);
        assert!(people.is_empty());
    }

    #[test]
    fn renewed_places_are_few_and_empty() {
        let mut all: Slab<[u8; 160]> = places();
        for _ in 0..15_000 {
            all.insert([0; 160]);
        }
        all.clear();
        renew(&mut all);
        assert!(all.is_empty());
        assert!(all.capacity() < 1_000);
        assert_eq!(
            all.insert([1; 160]),
            0,
            "places are given out from the first one"
        );
    }
}
