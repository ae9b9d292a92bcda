//! Finds the commands of a client that are handled although its lines must wait: PING and QUIT.
//!
//! Each waiting byte is looked at once, however often the session asks, and only in whole lines: what is
//! found must be judged as it will be when its turn comes. A PING that was answered ahead is passed over when
//! it is taken, so that each has one answer. A QUIT that will be obeyed ends the search.

use super::message::MESSAGE_BYTES_MAX;
use crate::relay::framing::{Framed, ProgramLines};

/// Number of PINGs that are answered before the lines in front of them are taken; further PINGs wait.
/// Clients send one in half a minute.
const PINGS_MAX: u8 = 4;

/// The progress of the search for PING and QUIT in the bytes that wait. Offset 0 is the byte that is
/// taken next.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// Offset up to which the waiting bytes have been looked at. When lines are taken, it moves with them.
    looked: usize,
    /// Number of PINGs that have been answered although their lines have not been taken yet.
    pings: u8,
    /// Number of lines up to and including a QUIT, once one has been found. It is set once per client: a
    /// client that could set it again would never have to wait.
    last_lines: Option<u32>,
}

impl Ahead {
    /// Returns the next PING among the bytes that wait, if it is to be answered now. A QUIT on the way
    /// is noted if at most `lines_max` lines stand before it.
    pub(super) fn next_ping<'a>(
        &mut self,
        waiting: &'a [u8],
        lines: &ProgramLines,
        lines_max: u32,
    ) -> Option<&'a [u8]> {
        while self.pings < PINGS_MAX && self.last_lines.is_none() {
            let start = self.looked;
            let end = start + memchr::memchr(b'\n', waiting.get(start..)?)?;
            self.looked = end + 1;
            // The framing holds the beginning of this line, so these bytes are no whole one.
            let is_middle = start == 0 && lines.is_begun();
            let Framed::Line(line) = lines.whole(&waiting[start..end]) else {
                continue;
            };
            if !is_middle && is_command(line, b"PING") {
                self.pings += 1;
                return Some(line);
            }
            if !is_middle && is_command(line, b"QUIT") {
                let before = memchr::memchr_iter(b'\n', &waiting[..start]).count();
                let before = u32::try_from(before).unwrap_or(u32::MAX);
                self.last_lines = (before <= lines_max).then(|| before + 1);
            }
        }
        None
    }

    /// Notes that `bytes` of the waiting bytes have been taken, and that a line has ended if `is_line`.
    pub(super) fn note_taken(&mut self, bytes: usize, is_line: bool) {
        self.looked = self.looked.saturating_sub(bytes);
        if let Some(lines) = &mut self.last_lines {
            *lines = lines.saturating_sub(u32::from(is_line));
        }
    }

    /// Returns whether the next line is one of a client's last lines before a QUIT, of which there are
    /// no more than it may send at once.
    pub(super) fn quits(&self) -> bool {
        self.last_lines.is_some_and(|lines| lines > 0)
    }

    /// Notes a line that is taken, and returns whether it is a PING that has been answered already.
    pub(super) fn was_answered(&mut self, framed: Framed<'_>) -> bool {
        let is_one =
            self.pings > 0 && matches!(framed, Framed::Line(line) if is_command(line, b"PING"));
        self.pings -= u8::from(is_one);
        is_one
    }
}

/// Returns whether a line is this command with no tags or source before it, and will be carried out. A PING
/// with tags waits, as any other line does.
fn is_command(line: &[u8], command: &[u8]) -> bool {
    if line.len() > MESSAGE_BYTES_MAX - 2 {
        return false;
    }
    let (name, rest) = line.split_at(command.len().min(line.len()));
    let is_alone = matches!(rest, [] | [b' ', ..]);
    name.eq_ignore_ascii_case(command) && is_alone && !rest.iter().any(|b| b"\r\0".contains(b))
}

#[cfg(test)]
mod tests {
    use super::super::client::lines;
    use super::*;

    #[test]
    fn pings_are_found_once_and_come_by_once() {
        let (mut ahead, lines) = (Ahead::default(), lines());
        let waiting = b"PRIVMSG #a :PING x\r\nPING one\r\n@a=b PING tagged\r\nping two\nPING thr";
        assert_eq!(ahead.next_ping(waiting, &lines, 9), Some(&b"PING one"[..]));
        assert_eq!(ahead.next_ping(waiting, &lines, 9), Some(&b"ping two"[..]));
        assert_eq!(ahead.next_ping(waiting, &lines, 9), None);
        ahead.note_taken(20, true);
        let waiting = [&waiting[20..], b"ee\r\n"].concat();
        assert_eq!(
            ahead.next_ping(&waiting, &lines, 9),
            Some(&b"PING three"[..])
        );
        assert!(!ahead.was_answered(Framed::Line(b"@a=b PING tagged")));
        for line in [&b"PING one"[..], b"ping two", b"PING three"] {
            assert!(ahead.was_answered(Framed::Line(line)));
        }
        assert!(!ahead.was_answered(Framed::Line(b"PING four")));
    }

    #[test]
    fn only_so_many_pings_are_answered_ahead() {
        let (mut ahead, lines) = (Ahead::default(), lines());
        let waiting = b"PING x\n".repeat(10);
        for _ in 0..PINGS_MAX {
            assert!(ahead.next_ping(&waiting, &lines, 9).is_some());
        }
        assert_eq!(ahead.next_ping(&waiting, &lines, 9), None);
        // One PING is taken, and the next one in order is answered.
        assert!(ahead.was_answered(Framed::Line(b"PING x")));
        ahead.note_taken(7, true);
        assert!(ahead.next_ping(&waiting[7..], &lines, 9).is_some());
        assert_eq!(ahead.next_ping(&waiting[7..], &lines, 9), None);
    }

    #[test]
    fn the_end_of_a_line_that_was_begun_is_no_command() {
        let (mut ahead, mut lines) = (Ahead::default(), lines());
        lines.next(&mut &b"PRIVMSG #a :"[..], &mut Vec::new());
        assert_eq!(
            ahead.next_ping(b"QUIT\r\nPING x\r\n", &lines, 9),
            Some(&b"PING x"[..])
        );
        assert!(!ahead.quits());
    }

    #[test]
    fn what_will_not_be_carried_out_is_no_command() {
        for line in [
            "QUITS",
            "QUIT\0",
            "QUIT :a\rb",
            "@a=b QUIT",
            " QUIT",
            ":x QUIT",
        ] {
            assert!(!is_command(line.as_bytes(), b"QUIT"), "{line:?}");
        }
        let long = |length: usize| format!("QUIT :{}", "x".repeat(length - 6));
        assert!(is_command(long(510).as_bytes(), b"QUIT"));
        assert!(!is_command(long(511).as_bytes(), b"QUIT"));
    }

    #[test]
    fn who_quits_says_at_once_what_may_be_said_at_once() {
        for (before, is_soon) in [(0, true), (8, true), (9, true), (10, false)] {
            let (mut ahead, lines) = (Ahead::default(), lines());
            let waiting = ["PRIVMSG #a :x\r\n".repeat(before), "quit :bye\r\n".into()].concat();
            assert_eq!(ahead.next_ping(waiting.as_bytes(), &lines, 9), None);
            assert_eq!(ahead.quits(), is_soon, "behind {before}");
            // The last lines are counted down to none. A later QUIT counts only if this one did not.
            for _ in 0..=before {
                assert_eq!(ahead.quits(), is_soon);
                ahead.note_taken(15, true);
            }
            assert!(!ahead.quits());
            assert_eq!(ahead.next_ping(b"QUIT\r\n", &lines, 9), None);
            assert_eq!(ahead.quits(), !is_soon);
        }
    }
}
