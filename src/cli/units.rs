//! Sizes, times and modes as people write them: `64k`, `1MiB`, `500ms`, `2m`, `90d`, `0660`.
//!
//! Decimal and binary units differ: `64k` is 64,000 bytes, `64KiB` is 65,536. Numbers are whole.

use std::time::Duration;

/// A number of bytes. Units of size are the same in any case, as people write them.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = split(text)?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "kib" => 1 << 10,
        "g" | "gb" => 1_000_000_000,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => {
            return Err(format!(
                "{unit:?} is no unit of size (use k, M, G, KiB, MiB or GiB)"
            ));
        }
    };
    let bytes = number.checked_mul(factor).ok_or("that is too large")?;
    usize::try_from(bytes).map_err(|_| String::from("that is too large"))
}

/// A time, in seconds if it has no unit. Here case counts, and there is no unit above a minute.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => {
            return Err(format!(
                "{unit:?} is no unit of time (use ms, s, m, h or d)"
            ));
        }
    };
    let millis = number.checked_mul(factor).ok_or("that is too long")?;
    Ok(Duration::from_millis(millis))
}

/// The mode of a file, in octal, with or without a leading zero.
pub(super) fn mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if is_plain && mode <= 0o777 => Ok(mode),
        _ => Err(String::from("it must be octal, from 0 to 0777")),
    }
}

/// A number, and its unit, which may stand apart: `64 KiB`.
fn split(text: &str) -> Result<(u64, &str), String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number = number
        .parse()
        .map_err(|_| String::from("it must begin with a whole number"))?;
    Ok((number, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", Ok(0)),
            ("4096", Ok(4096)),
            ("64k", Ok(64_000)),
            ("64 KiB", Ok(65_536)),
            ("1M", Ok(1_000_000)),
            ("1MiB", Ok(1_048_576)),
            ("2G", Ok(2_000_000_000)),
            ("1GiB", Ok(1_073_741_824)),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
        for text in [
            "",
            "k",
            "-1",
            "1.5M",
            "1x",
            "99999999999999999999",
            "9999999999999999999M",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn modes() {
        for (text, bits) in [("0660", 0o660), ("600", 0o600), ("0o777", 0o777), ("0", 0)] {
            assert_eq!(mode(text), Ok(bits), "{text}");
        }
        for text in ["", "0o", "8", "1000", "-1", "+1", "0x10", "rw"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, millis) in [
            ("60", 60_000),
            ("60s", 60_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("2h", 7_200_000),
            ("90d", 7_776_000_000),
        ] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "2w", "1.5s"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
