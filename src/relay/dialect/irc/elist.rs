//! The conditions of a LIST: masks, and limits of size and age.
//!
//! Modern IRC, "ELIST parameter": `C`, `M`, `N`, `T`, `U`.
//!
//! Conditions are joined by "and", but masks without `!` by "or". Masks are folded once, and not for each
//! room: fifty lines at once, of two hundred masks each, would have held up ten thousand people for a minute.
//! `channel` refuses a LIST that would compare too often.

use crate::relay::hub::matches;
use crate::relay::hub::names::fold;

/// The properties of a channel that the conditions of a LIST refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListedChannel<'a> {
    /// Name of the channel without the `#`, folded.
    pub(super) room: &'a str,
    pub(super) people: usize,
    /// Seconds since the channel was made.
    pub(super) age_seconds: u64,
    /// Seconds since the topic was set, if there is a topic.
    pub(super) topic_age_seconds: Option<u64>,
}

/// Maximum number of conditions in one LIST; further ones are ignored.
const CONDITIONS_MAX: usize = 16;

/// The conditions of a LIST.
#[derive(Clone, Debug)]
pub(super) struct Filter<'a> {
    numbers: Vec<&'a str>,
    /// Folded masks, of which a channel must match one unless there are none.
    masks: Vec<String>,
    /// Folded masks, of which a channel must match none.
    not_masks: Vec<String>,
}

impl<'a> Filter<'a> {
    /// Parses conditions that are separated by commas. Without conditions, every channel is listed.
    pub(super) fn new(conditions: &'a str) -> Self {
        let mut filter = Self {
            numbers: Vec::new(),
            masks: Vec::new(),
            not_masks: Vec::new(),
        };
        let conditions = conditions.split(',').filter(|it| !it.is_empty());
        for condition in conditions.take(CONDITIONS_MAX) {
            if number(condition, &ListedChannel::NONE).is_some() {
                filter.numbers.push(condition);
            } else if let Some(mask) = condition.strip_prefix('!') {
                filter.not_masks.push(fold(mask));
            } else {
                filter.masks.push(fold(condition));
            }
        }
        filter
    }

    /// Number of conditions.
    pub(super) fn conditions(&self) -> usize {
        self.numbers.len() + self.masks.len() + self.not_masks.len()
    }

    /// Returns whether a channel is listed: it must meet all numbers, match one of the masks if there
    /// are any, and match none of the masks with a `!`.
    pub(super) fn shows(&self, listed: &ListedChannel<'_>) -> bool {
        let is_met = |condition: &&str| number(condition, listed) == Some(true);
        if !self.numbers.iter().all(is_met) {
            return false;
        }
        if self.masks.is_empty() && self.not_masks.is_empty() {
            return true;
        }
        let channel = format!("#{}", listed.room);
        let is_meant = |mask: &String| matches(mask, &channel);
        (self.masks.is_empty() || self.masks.iter().any(is_meant))
            && !self.not_masks.iter().any(is_meant)
    }
}

impl ListedChannel<'_> {
    const NONE: Self = Self {
        room: "",
        people: 0,
        age_seconds: 0,
        topic_age_seconds: None,
    };
}

/// Returns whether a condition with a number is met; none if the condition is not one with a number.
fn number(condition: &str, listed: &ListedChannel<'_>) -> Option<bool> {
    let mut chars = condition.chars();
    let (kind, sign) = match chars.next()? {
        sign @ ('<' | '>') => ('U', sign),
        kind @ ('C' | 'T' | 'c' | 't') => (kind.to_ascii_uppercase(), chars.next()?),
        _ => return None,
    };
    let bound: u64 = chars.as_str().parse().ok()?;
    // Conditions give ages in minutes.
    let (value, bound) = match kind {
        'U' => (Some(listed.people as u64), bound),
        'C' => (Some(listed.age_seconds), bound.saturating_mul(60)),
        _ => (listed.topic_age_seconds, bound.saturating_mul(60)),
    };
    match sign {
        '>' => Some(value.is_some_and(|value| value > bound)),
        '<' => Some(value.is_some_and(|value| value < bound)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_listed_by_mask_size_and_age() {
        let listed = ListedChannel {
            room: "chan1",
            people: 2,
            age_seconds: 301,
            topic_age_seconds: None,
        };
        for (conditions, shown) in [
            ("", true),
            ("#chan1", true),
            ("#CHAN1", true),
            ("#chan2", false),
            ("#chan2,#chan1", true),
            ("*an1", true),
            ("#ch*", true),
            ("!*an1", false),
            ("!*an2", true),
            ("!*an2,!#ch*", false),
            (">1", true),
            (">2", false),
            ("<2", false),
            ("<3", true),
            (">0,<100,#ch*", true),
            (">0,<100,#x*", false),
            ("C>5", true),
            ("C>6", false),
            ("C<5", false),
            ("C<6", true),
            ("C>0", true),
            ("T>0", false),
            ("T<9", false),
            ("c>1", true),
            (",,", true),
        ] {
            assert_eq!(
                Filter::new(conditions).shows(&listed),
                shown,
                "{conditions:?}"
            );
        }
        // Conditions beyond the limit are ignored.
        let many = format!("{}#no", "#chan1,".repeat(CONDITIONS_MAX - 1));
        assert!(Filter::new(&format!("{many},!#chan1")).shows(&listed));
        assert!(!Filter::new(&format!("!#chan1,{many}")).shows(&listed));
        let with_topic = ListedChannel {
            topic_age_seconds: Some(181),
            ..listed
        };
        assert!(Filter::new("T>3").shows(&with_topic));
        assert!(Filter::new("T<4").shows(&with_topic));
        assert!(!Filter::new("T>4").shows(&with_topic));
    }
}
