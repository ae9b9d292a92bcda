//! Local times into UTC: by the zone of this machine, or by an offset that is given.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// The zone in which a log was written.
pub(in crate::cli::data) struct Clock {
    zone: TimeZone,
    /// The zone was asked for, but this machine does not know its own.
    is_guessed: bool,
}

impl Clock {
    /// The zone of this machine, or UTC if it knows none; or that of an offset.
    pub(in crate::cli::data) fn new(offset: Option<Offset>) -> Self {
        if let Some(offset) = offset {
            return Self {
                zone: offset.to_time_zone(),
                is_guessed: false,
            };
        }
        let zone = TimeZone::try_system();
        Self {
            is_guessed: zone.is_err(),
            zone: zone.unwrap_or(TimeZone::UTC),
        }
    }

    #[cfg(test)]
    pub(super) fn utc() -> Self {
        Self::new(Some(Offset::UTC))
    }

    /// The choice that was made, in words.
    pub(in crate::cli::data) fn in_words(&self) -> String {
        if self.is_guessed {
            return String::from(
                "times were taken for UTC, as this machine does not know its zone (see --utc-offset)",
            );
        }
        let name = match self.zone.iana_name() {
            Some(name) => name.to_owned(),
            None => match self.zone.to_fixed_offset() {
                Ok(offset) => format!("UTC{offset}"),
                Err(_) => String::from("this machine"),
            },
        };
        format!("times were taken for those of {name} (see --utc-offset)")
    }

    /// Microseconds from 1970 to a local time; None if that is before. When clocks are set back, an hour is there twice:
    /// it is the second one if the first would be before the last line.
    pub(super) fn unix_us(&self, local: DateTime, last_us: u64) -> Option<u64> {
        let times = self.zone.to_ambiguous_timestamp(local);
        let micros = |time: jiff::Timestamp| u64::try_from(time.as_microsecond()).ok();
        let first = micros(times.compatible().ok()?)?;
        if times.is_ambiguous() && first < last_us {
            let second = micros(times.later().ok()?)?;
            return Some(if second >= last_us { second } else { first });
        }
        Some(first)
    }
}

/// Reads an offset from UTC: `+02:00`, `-0330`, `Z`.
pub(in crate::cli::data) fn utc_offset(text: &str) -> Result<Offset, String> {
    let read = || {
        if text == "Z" {
            return Some(Offset::UTC);
        }
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let hours = i32::from(super::number(rest.get(..2)?)?);
        let minutes = rest.get(2..)?;
        let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
            "" if minutes.is_empty() => 0,
            digits if digits.len() == 2 => i32::from(super::number(digits)?),
            _ => return None,
        };
        let is_one = hours <= 14 && minutes < 60;
        is_one.then(|| Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok())?
    };
    read().ok_or_else(|| String::from("it must be like +02:00, -03:30 or Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn offsets_are_read() {
        for (text, seconds) in [
            ("+02:00", Some(7_200)),
            ("-0330", Some(-12_600)),
            ("+01", Some(3_600)),
            ("Z", Some(0)),
            ("+14:00", Some(50_400)),
            ("+15:00", None),
            ("+02:60", None),
            ("+02:", None),
            ("02:00", None),
            ("+2", None),
            ("+é2", None),
            ("", None),
        ] {
            let offset = utc_offset(text).ok().map(Offset::seconds);
            assert_eq!(offset, seconds, "{text}");
        }
    }

    #[test]
    fn local_times_become_utc() {
        let clock = Clock::new(Some(utc_offset("+02:00").unwrap()));
        let noon = datetime(2026, 11, 28, 12, 0, 0, 0);
        assert_eq!(clock.unix_us(noon, 0), Some(1_795_860_000_000_000));
        let words = "times were taken for those of UTC+02 (see --utc-offset)";
        assert_eq!(clock.in_words(), words);
        assert_eq!(clock.unix_us(datetime(1969, 1, 1, 0, 0, 0, 0), 0), None);
    }

    #[test]
    fn an_hour_that_is_there_twice_goes_on_with_the_second() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let clock = Clock {
            zone,
            is_guessed: false,
        };
        // On 25 October 2026, 03:00 became 02:00 again.
        let at = |hour, minute, last| {
            let local = datetime(2026, 10, 25, hour, minute, 0, 0);
            clock.unix_us(local, last).unwrap()
        };
        let first = at(2, 10, 0);
        let end = at(2, 59, first);
        assert_eq!(end - first, 49 * 60_000_000);
        let again = at(2, 5, end);
        assert_eq!(again - end, 6 * 60_000_000);
        assert_eq!(at(3, 0, again) - again, 55 * 60_000_000);
    }
}
