//! The head of a request: the method, the target and the fields that matter here.
//!
//! httparse takes it apart; here is what it must be besides. Two proxies, or a proxy and this server, must
//! not read one request in two ways, so whatever is ambiguous is refused: two lengths, two hosts, a host that
//! is none.

use core::net::Ipv6Addr;

use httparse::{EMPTY_HEADER, Error};

use crate::relay::http::HttpStatus;

/// Header fields in a head, at most; a browser sends some twenty. More is a 431.
const FIELDS_MAX: usize = 100;

/// A request, as far as it matters here.
#[derive(Debug)]
pub(in crate::relay) struct Request<'a> {
    pub(super) method: Method,
    /// Of the target; without what is behind a question mark.
    pub(super) path: &'a str,
    /// HTTP/1.0 has no upgrades (RFC 9110, 7.8).
    pub(super) is_1_1: bool,
    /// As given, or as it stands in the target; empty, if nowhere.
    pub(super) host: &'a str,
    fields: Vec<(&'a str, &'a [u8])>,
}

/// The methods that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    /// As GET, but the answer has no body (RFC 9110, 9.3.2).
    Head,
}

impl<'a> Request<'a> {
    /// Reads a head that is whole. What is asked with another method is of no interest.
    pub(super) fn read(head: &'a [u8]) -> Result<Self, HttpStatus> {
        let mut fields = [EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(Error::TooManyHeaders) => return Err(HttpStatus::HEAD_TOO_LARGE),
            Err(Error::Version) => return Err(HttpStatus::VERSION_NOT_SUPPORTED),
            Ok(httparse::Status::Partial) | Err(_) => return Err(HttpStatus::BAD_REQUEST),
        }
        let method = match request.method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            // Not an error, though it goes the way of one: there is nothing to read on for.
            Some("OPTIONS") => return Err(HttpStatus::NO_CONTENT),
            _ => return Err(HttpStatus::METHOD_NOT_ALLOWED),
        };
        let (host, path) = split_target(request.path.unwrap_or_default())?;
        let fields: Vec<_> = request.headers.iter().map(|f| (f.name, f.value)).collect();
        let mut request = Self {
            method,
            path,
            is_1_1: request.version == Some(1),
            host: host.unwrap_or_default(),
            fields,
        };
        request.check_host(host)?;
        request.check_length()?;
        Ok(request)
    }

    /// RFC 9112, 3.2: exactly one, but for HTTP/1.0. What stands in the target comes before it.
    fn check_host(&mut self, in_target: Option<&'a str>) -> Result<(), HttpStatus> {
        let field = self.field("host")?;
        if field.is_none() && self.is_1_1 {
            return Err(HttpStatus::BAD_REQUEST);
        }
        let field = field.unwrap_or_default();
        self.host = in_target.unwrap_or(field);
        match is_authority(field) && is_authority(self.host) {
            true => Ok(()),
            false => Err(HttpStatus::BAD_REQUEST),
        }
    }

    /// Nobody who sends two lengths means well (RFC 9112, 6.3).
    fn check_length(&self) -> Result<(), HttpStatus> {
        let length = self.field("content-length")?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let in_chunks = self.list("transfer-encoding").next().is_some();
        match length {
            Some(length) if in_chunks || !is_number(length) => Err(HttpStatus::BAD_REQUEST),
            _ => Ok(()),
        }
    }

    /// A field that may stand but once.
    pub(super) fn field(&self, name: &str) -> Result<Option<&'a str>, HttpStatus> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => match std::str::from_utf8(value) {
                Ok(value) => Ok(Some(value.trim())),
                Err(_) => Err(HttpStatus::BAD_REQUEST),
            },
            (Some(_), Some(_)) => Err(HttpStatus::BAD_REQUEST),
        }
    }

    /// The elements of a list, from all fields of this name, in order (RFC 9110, 5.6.1).
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self
            .values(name)
            .filter_map(|value| std::str::from_utf8(value).ok());
        let elements = values.flat_map(|value| value.split(','));
        elements
            .map(str::trim)
            .filter(|element| !element.is_empty())
    }

    /// Returns whether a body follows the head.
    pub(super) fn has_body(&self) -> bool {
        let length = self.field("content-length").unwrap_or_default();
        self.list("transfer-encoding").next().is_some()
            || length.is_some_and(|length| length != "0")
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let named = self
            .fields
            .iter()
            .filter(move |(is, _)| is.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value)
    }
}

/// The host, where it stands in the target, and the path without what is behind a question mark
/// (RFC 9112, 3.2.1 and 3.2.2).
fn split_target(target: &str) -> Result<(Option<&str>, &str), HttpStatus> {
    let is_known = |scheme: &str| {
        ["http", "https", "ws", "wss"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    };
    let (host, path) = match target.split_once("://") {
        _ if target.starts_with('/') => (None, target),
        Some((scheme, rest)) if is_known(scheme) => {
            let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            // There it may not be left out (RFC 9110, 4.2.1).
            if host.is_empty() {
                return Err(HttpStatus::BAD_REQUEST);
            }
            (Some(host), path)
        }
        _ => return Err(HttpStatus::BAD_REQUEST),
    };
    let path = path.split('?').next().unwrap_or_default();
    Ok((host, if path.is_empty() { "/" } else { path }))
}

/// Returns whether this is a host, by its name or its address, perhaps with a port (RFC 3986, 3.2.2), or
/// nothing. A host that is none would have to be compared with origins: `[::1]evil.example` is no address.
fn is_authority(text: &str) -> bool {
    let may_stand = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=".contains(&b);
    let (is_host, port) = match text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, port)) => (address.parse::<Ipv6Addr>().is_ok(), port),
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (name.bytes().all(may_stand), port)
        }
    };
    let port = port.strip_prefix(':').or(port.is_empty().then_some(""));
    is_host && port.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}
