//! The target of a connection: a host, as it was named, and a port.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The port of a relay when no other is given: that of `parloir serve`.
const PORT: u16 = 4242;

/// A host, by name or address, without brackets; and a port. The host stays as it was named, because a
/// certificate is for a name, and is looked up again with each attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Destination {
    /// Parses the arguments of `/join HOST PORT`.
    pub(super) fn of(host: &str, port: &str) -> Result<Self, String> {
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = inner.unwrap_or(host);
        if host.is_empty() || host.contains(['[', ']', '/']) {
            return Err(format!("{host:?} is no host"));
        }
        if host.contains(':') {
            check_v6(host)?;
        }
        match port.parse() {
            Ok(port) if port > 0 => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(format!("{port:?} is no port (use 1 to 65535)")),
        }
    }
}

/// Checks a host with colons, which can only be an IPv6 address. A link-local one is reached over a link
/// that its digits do not name (RFC 4007, 6).
fn check_v6(host: &str) -> Result<(), String> {
    let (ip, link) = match host.split_once('%') {
        Some((ip, link)) => (ip, Some(link)),
        None => (host, None),
    };
    let Ok(ip) = ip.parse::<Ipv6Addr>() else {
        return Err(format!(
            "{host:?} is no host, nor an IPv6 address (use HOST:PORT, or [ADDRESS]:PORT)"
        ));
    };
    match (ip.is_unicast_link_local(), link) {
        (true, None | Some("")) => Err(format!(
            "{ip} is an address on a link, which must be named (try {ip}%eth0)"
        )),
        _ => Ok(()),
    }
}

impl FromStr for Destination {
    type Err = String;

    /// `HOST`, `HOST:PORT`; an IPv6 address alone, or in brackets before `:PORT`.
    fn from_str(text: &str) -> Result<Self, String> {
        // `::1:80` could be an address, or another one and a port: it is the address.
        let is_bare_v6 = !text.starts_with('[') && text.matches(':').count() > 1;
        match text.rsplit_once(':') {
            Some((host, port)) if !is_bare_v6 && !text.ends_with(']') => Self::of(host, port),
            _ => Self::of(text, &PORT.to_string()),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_and_shown() {
        for (text, shown) in [
            ("example.org", "example.org:4242"),
            ("example.org:3000", "example.org:3000"),
            ("192.0.2.1:1", "192.0.2.1:1"),
            ("::1", "[::1]:4242"),
            ("[::1]", "[::1]:4242"),
            ("[::1]:65535", "[::1]:65535"),
            ("fe80::1%eth0", "[fe80::1%eth0]:4242"),
        ] {
            let target: Destination = text.parse().unwrap();
            assert_eq!(target.to_string(), shown);
            assert_eq!(shown.parse(), Ok(target), "{shown}");
        }
        assert_eq!(Destination::of("[::1]", "80"), Destination::of("::1", "80"));
        assert!(Destination::of("a:b", "80").is_err());
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            ":1",
            "a:0",
            "a:65536",
            "a:",
            "a:b",
            "http://a",
            "[::1",
            "a:b:c",
            "[a:b]:1",
            "fe80::1",
            "[fe80::1]:1",
            "fe80::1%",
        ] {
            assert!(text.parse::<Destination>().is_err(), "{text:?}");
        }
    }
}
