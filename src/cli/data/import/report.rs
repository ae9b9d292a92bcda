//! The outcome of an import, in one line.

use std::path::Path;

use parloir::store::Imported;

use super::super::logs::Clock;
use super::super::words::{count, grouped};

/// Lines that were left out, counted.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Lines that are no messages.
    pub(super) others: u64,
    /// A file had times without a zone.
    pub(super) has_local_times: bool,
    bad: u64,
    first_bad: Option<String>,
    files: u64,
    first_file: Option<String>,
}

impl Report {
    pub(super) fn note_bad(&mut self, path: &Path, number: u64, why: &str) {
        self.bad += 1;
        let first = || format!("{}:{number}: {why}", path.display());
        self.first_bad.get_or_insert_with(first);
    }

    pub(super) fn leave_out(&mut self, path: &Path, why: &str) {
        self.files += 1;
        let first = || format!("{}: {why}", path.display());
        self.first_file.get_or_insert_with(first);
    }

    /// `3,456 messages into 2 rooms; 12 lines were left out (8 joins and the like, 4 could not be read, the first in
    /// FILE:17: it is no line of this format)`
    pub(super) fn in_words(&self, imported: &Imported, clock: &Clock) -> String {
        let (messages, rooms) = (
            count(imported.messages, "message"),
            count(imported.rooms, "room"),
        );
        let mut parts = vec![match imported.rooms_made {
            0 => format!("{messages} into {rooms}"),
            made => format!("{messages} into {rooms}, {} of them new", grouped(made)),
        }];
        if imported.known > 0 {
            parts.push(format!("{} were there already", grouped(imported.known)));
        }
        if imported.without_place > 0 {
            parts.push(format!(
                "{} were left out because there is no number free for them between those of their time",
                grouped(imported.without_place)
            ));
        }
        parts.extend(self.lines_in_words());
        if let Some(first) = &self.first_file {
            let files = count(self.files, "file");
            parts.push(format!("{files} of folders left out, the first {first}"));
        }
        if self.has_local_times {
            parts.push(clock.in_words());
        }
        parts.join("; ")
    }

    fn lines_in_words(&self) -> Option<String> {
        let mut reasons = Vec::new();
        if self.others > 0 {
            reasons.push(format!("{} joins and the like", grouped(self.others)));
        }
        if let Some(first) = &self.first_bad {
            let bad = grouped(self.bad);
            reasons.push(format!("{bad} could not be read, the first in {first}"));
        }
        let all = count(self.others + self.bad, "line");
        let were = if all.starts_with("1 ") { "was" } else { "were" };
        let is_any = !reasons.is_empty();
        is_any.then(|| format!("{all} {were} left out ({})", reasons.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_in_one_line() {
        let clock = Clock::new(None);
        let mut imported = Imported::default();
        let mut report = Report::default();
        assert_eq!(
            report.in_words(&imported, &clock),
            "0 messages into 0 rooms"
        );
        imported.messages = 3_456;
        imported.rooms = 2;
        report.others = 8;
        for number in 17..21 {
            report.note_bad(Path::new("FILE"), number, "why");
        }
        assert_eq!(
            report.in_words(&imported, &clock),
            "3,456 messages into 2 rooms; 12 lines were left out \
             (8 joins and the like, 4 could not be read, the first in FILE:17: why)"
        );
        (imported.rooms_made, imported.known, imported.without_place) = (1, 7, 3);
        report = Report::default();
        report.leave_out(Path::new("bob.log"), "no room");
        assert_eq!(
            report.in_words(&imported, &clock),
            "3,456 messages into 2 rooms, 1 of them new; 7 were there already; \
             3 were left out because there is no number free for them between those of their time; \
             1 file of folders left out, the first bob.log: no room"
        );
    }
}
