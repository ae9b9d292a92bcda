//! Networks, as operators write them: `10.0.0.0/8`, `fd00::/8`, or a single address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that begin with the same bits.
///
/// # Examples
///
/// ```
/// use parloir::AddressPrefix;
///
/// let network: AddressPrefix = "10.0.0.0/8".parse()?;
/// assert!(network.contains("10.1.2.3".parse()?));
/// assert!(!network.contains("192.0.2.1".parse()?));
/// assert!("10.0.0.0/33".parse::<AddressPrefix>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPrefix {
    ip: IpAddr,
    bits: u32,
}

impl AddressPrefix {
    /// The loopback addresses of both families.
    ///
    /// ```
    /// use parloir::AddressPrefix;
    ///
    /// let is_local = |ip: &str| AddressPrefix::LOOPBACK.iter().any(|it| it.contains(ip.parse().unwrap()));
    /// assert!(is_local("127.0.0.53") && is_local("::1") && is_local("::ffff:127.0.0.1"));
    /// assert!(!is_local("192.0.2.1"));
    /// ```
    pub const LOOPBACK: [Self; 2] = [
        Self {
            ip: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)),
            bits: 8,
        },
        Self {
            ip: IpAddr::V6(Ipv6Addr::LOCALHOST),
            bits: 128,
        },
    ];

    /// Returns whether an address is in this network. `::ffff:192.0.2.1` counts as 192.0.2.1.
    pub fn contains(&self, ip: IpAddr) -> bool {
        // A prefix of no bits shifts by the whole width, which is no number: every address is in it.
        match (self.ip, ip.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                let differ = ours.to_bits() ^ other.to_bits();
                differ.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                let differ = ours.to_bits() ^ other.to_bits();
                differ.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The error for text that is no network; its message says what the text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixError;

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it must be an address or a network, such as 10.0.0.0/8 or fd00::/8")
    }
}

impl std::error::Error for PrefixError {}

impl FromStr for AddressPrefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().map_err(|_| PrefixError)?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            // The standard library would take `+8` as well.
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().map_err(|_| PrefixError)?
            }
            Some(_) => return Err(PrefixError),
            None => most,
        };
        if bits > most {
            return Err(PrefixError);
        }
        Ok(Self { ip, bits })
    }
}

impl fmt::Display for AddressPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_holds_what_begins_like_it() {
        for (prefix, ip, holds) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.0/31", "192.0.2.1", true),
            ("192.0.2.0/31", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("192.0.2.0/24", "::ffff:192.0.2.7", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true),
            ("::1", "::2", false),
        ] {
            let prefix: AddressPrefix = prefix.parse().unwrap();
            assert_eq!(prefix.contains(ip.parse().unwrap()), holds, "{prefix} {ip}");
        }
        let loopback = |ip: &str| {
            let ip = ip.parse().unwrap();
            AddressPrefix::LOOPBACK.iter().any(|p| p.contains(ip))
        };
        assert!(loopback("127.0.0.1") && loopback("127.9.9.9") && loopback("::1"));
        assert!(!loopback("192.0.2.1") && !loopback("::2"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "x",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10/8",
            "[::1]",
            "/8",
        ] {
            assert_eq!(text.parse::<AddressPrefix>(), Err(PrefixError), "{text}");
        }
        let shown: AddressPrefix = "10.0.0.0/8".parse().unwrap();
        assert_eq!(shown.to_string(), "10.0.0.0/8");
    }
}
