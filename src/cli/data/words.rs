//! Numbers, times and errors about files, in words.

use std::fmt::Display;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parloir::store::{StoreError, Summary};

/// `2 rooms and 1 message`.
pub(super) fn counted(summary: Summary) -> String {
    let (rooms, messages) = (
        count(summary.rooms, "room"),
        count(summary.messages, "message"),
    );
    format!("{rooms} and {messages}")
}

/// `1 room`, `3,456 rooms`.
pub(super) fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{} {what}s", grouped(number)),
    }
}

/// `3,456`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12 bytes`, `34 KiB`, `1,234 MiB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", grouped(bytes >> 20)),
    }
}

/// The time of a message, from microseconds since 1970: `2026-11-29T15:06:43.108Z`.
pub(super) fn time(unix_us: u64) -> impl Display {
    humantime::format_rfc3339_millis(moment(unix_us))
}

/// The same to the microsecond, as it is kept.
pub(super) fn exact_time(unix_us: u64) -> impl Display {
    humantime::format_rfc3339_micros(moment(unix_us))
}

/// The last moment of the year 9999, behind which there is no way to write a time.
const LAST_US: u64 = 253_402_300_799_999_999;

/// A time that can be written, whatever a file says.
fn moment(unix_us: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(unix_us.min(LAST_US))
}

/// The day of a message, in UTC.
pub(super) fn day(unix_us: u64) -> String {
    let mut time = time(unix_us).to_string();
    time.truncate("2026-11-29".len());
    time
}

/// An error about a file, and what to do.
pub(super) fn advise(error: &StoreError) -> String {
    let advice = match error {
        StoreError::InUse { .. } => {
            "stop that one first; info, check, export and backup work beside it"
        }
        StoreError::TooNew { .. } => "use that parloir, or --data with another file",
        StoreError::Broken { .. } => "parloir data repair saves what can be read",
        _ => "--data names another file",
    };
    format!("{error} ({advice})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(count(1, "room"), "1 room");
        assert_eq!(count(3_456, "message"), "3,456 messages");
    }

    #[test]
    fn sizes_and_times_are_read_at_a_glance() {
        assert_eq!(size(1_023), "1023 bytes");
        assert_eq!(size(1_024), "1 KiB");
        assert_eq!(size(1 << 32), "4,096 MiB");
        let at = 1_796_000_000_123_456;
        assert_eq!(time(at).to_string(), "2026-11-30T00:53:20.123Z");
        assert_eq!(exact_time(at).to_string(), "2026-11-30T00:53:20.123456Z");
        assert_eq!(day(at), "2026-11-30");
        let end = "9999-12-31T23:59:59.999999Z";
        assert_eq!(exact_time(u64::MAX).to_string(), end);
    }
}
