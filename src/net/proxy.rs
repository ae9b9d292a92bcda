//! Parses headers of the PROXY protocol, versions 1 and 2, which name the client a proxy speaks for.
//!
//! Source: "The PROXY protocol", haproxy.org, sections 2.1 (text) and 2.2 (binary). Bytes may come in
//! any pieces; bytes that cannot become a header any more are refused at once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::protocol::Address;

/// Bytes in a version 2 header with all its extensions, at most. The format would allow 65,551, but the
/// extensions that proxies add (names, certificates' subjects, network ids) take some hundreds.
pub(crate) const HEADER_BYTES_MAX: usize = 4096;

/// The longest text header, with its end (section 2.1).
const TEXT_BYTES_MAX: usize = 107;

/// The first bytes of each version, which tell them apart (sections 2.1 and 2.2).
const TEXT_START: &[u8] = b"PROXY ";
const BINARY_START: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Number of bytes of the signature, version and command, family, and the length of the rest.
const BINARY_FIXED: usize = 16;

/// The result of parsing the first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// The header is not complete yet.
    Partial,
    /// The number of bytes of the header, and the client it speaks for: None where the proxy speaks for
    /// itself or does not say. The connection then counts as the proxy's own, as that of a health check.
    Whole(usize, Option<Address>),
    /// The bytes are no header, for this reason.
    Bad(&'static str),
}

/// Parses a header from the first bytes of a connection.
pub(crate) fn parse(bytes: &[u8]) -> Header {
    if starts_alike(bytes, TEXT_START) {
        parse_text(bytes)
    } else if starts_alike(bytes, BINARY_START) {
        parse_binary(bytes)
    } else {
        Header::Bad("it does not begin with one")
    }
}

/// Returns whether the bytes so far may be, or be followed by, such a beginning.
fn starts_alike(bytes: &[u8], start: &[u8]) -> bool {
    let common = bytes.len().min(start.len());
    bytes[..common] == start[..common]
}

fn parse_text(bytes: &[u8]) -> Header {
    let within = &bytes[..bytes.len().min(TEXT_BYTES_MAX)];
    let Some(end) = memchr::memmem::find(within, b"\r\n") else {
        return match bytes.len() < TEXT_BYTES_MAX {
            true => Header::Partial,
            false => Header::Bad("its line does not end"),
        };
    };
    let said = std::str::from_utf8(&bytes[TEXT_START.len()..end]);
    match said.ok().and_then(read_text) {
        Some(whom) => Header::Whole(end + 2, whom),
        None => Header::Bad("its line cannot be read"),
    }
}

/// Parses the text after `PROXY `. The inner None means that the client is unknown.
fn read_text(text: &str) -> Option<Option<Address>> {
    // Anything after this word is to be ignored.
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        return Some(None);
    }
    let mut words = text.split(' ');
    let family = words.next()?;
    let (source, destination) = (words.next()?, words.next()?);
    let (from, _to) = (port(words.next()?)?, port(words.next()?)?);
    if words.next().is_some() {
        return None;
    }
    let (source, _): (IpAddr, IpAddr) = match family {
        "TCP4" => (
            source.parse::<Ipv4Addr>().ok()?.into(),
            destination.parse::<Ipv4Addr>().ok()?.into(),
        ),
        "TCP6" => (
            source.parse::<Ipv6Addr>().ok()?.into(),
            destination.parse::<Ipv6Addr>().ok()?.into(),
        ),
        _ => return None,
    };
    Some(Some(ip(source, from)))
}

/// A decimal number without a sign or leading zeros (section 2.1), which the standard library would take.
fn port(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    let is_padded = text.len() > 1 && text.starts_with('0');
    (is_plain && !is_padded).then(|| text.parse().ok())?
}

fn ip(ip: IpAddr, port: u16) -> Address {
    Address::Ip(SocketAddr::new(ip.to_canonical(), port))
}

fn parse_binary(bytes: &[u8]) -> Header {
    let command = match bytes.get(BINARY_START.len()) {
        None => return Header::Partial,
        Some(0x20) => ProxyCommand::Local,
        Some(0x21) => ProxyCommand::Proxy,
        Some(byte) if byte >> 4 == 2 => return Header::Bad("its command is unknown"),
        Some(_) => return Header::Bad("its version is unknown"),
    };
    let Some(&[family, high, low]) = bytes.get(BINARY_START.len() + 1..BINARY_FIXED) else {
        return Header::Partial;
    };
    let length = BINARY_FIXED + usize::from(u16::from_be_bytes([high, low]));
    if length > HEADER_BYTES_MAX {
        return Header::Bad("it is too long");
    }
    let Some(body) = bytes.get(BINARY_FIXED..length) else {
        return Header::Partial;
    };
    // The addresses that a proxy gives when it speaks for itself are to be ignored.
    let whom = match command {
        ProxyCommand::Local => Ok(None),
        ProxyCommand::Proxy => read_body(family, body),
    };
    match whom {
        Ok(whom) => Header::Whole(length, whom),
        Err(wrong) => Header::Bad(wrong),
    }
}

#[derive(Clone, Copy)]
enum ProxyCommand {
    /// The proxy connects for itself, to check that the server is there.
    Local,
    /// The proxy speaks for a client.
    Proxy,
}

/// Parses the addresses. The extensions after them, of type, length and value, are skipped.
fn read_body(family: u8, body: &[u8]) -> Result<Option<Address>, &'static str> {
    const SHORT: &str = "its addresses are cut off";
    match family {
        // TCP over IPv4: two addresses, two ports.
        0x11 => {
            let at = body.first_chunk::<12>().ok_or(SHORT)?;
            let source = Ipv4Addr::new(at[0], at[1], at[2], at[3]);
            Ok(Some(ip(source.into(), u16::from_be_bytes([at[8], at[9]]))))
        }
        // TCP over IPv6.
        0x21 => {
            let at = body.first_chunk::<36>().ok_or(SHORT)?;
            let source = *at.first_chunk::<16>().ok_or(SHORT)?;
            let port = u16::from_be_bytes([at[32], at[33]]);
            Ok(Some(ip(Ipv6Addr::from(source).into(), port)))
        }
        // A Unix stream: two paths.
        0x31 => match body.len() {
            216.. => Ok(Some(Address::Unix)),
            _ => Err(SHORT),
        },
        // Unspecified; and datagrams, which are legal and may be treated as unspecified.
        0x00 | 0x12 | 0x22 | 0x32 => Ok(None),
        _ => Err("its family is unknown"),
    }
}

#[cfg(test)]
mod tests;
