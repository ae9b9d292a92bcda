//! What `--listen` takes: `[ROLE://]HOST:PORT` or `[ROLE+]unix:PATH`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use crate::net::Endpoint;
use crate::relay::Role;

/// One `--listen`. A host name may stand for several addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenArgument {
    pub(super) role: Role,
    pub(super) endpoints: Vec<Endpoint>,
}

impl FromStr for ListenArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, place) = match (text.split_once("://"), text.split_once("+unix:")) {
            (Some((scheme, place)), _) => (scheme, place.to_owned()),
            (None, Some((scheme, path))) => (scheme, format!("unix:{path}")),
            (None, None) => ("auto", text.to_owned()),
        };
        let role = role(scheme)?;
        let endpoints = match place.strip_prefix("unix:") {
            Some("") => return Err("a path must follow unix:".into()),
            Some(path) => vec![Endpoint::Unix(PathBuf::from(path))],
            None => resolve(&place)?.into_iter().map(Endpoint::Tcp).collect(),
        };
        Ok(Self { role, endpoints })
    }
}

fn role(scheme: &str) -> Result<Role, String> {
    Ok(match scheme {
        "auto" => Role::Auto,
        "line" => Role::Line,
        #[cfg(feature = "irc")]
        "irc" => Role::Irc,
        "listen" => Role::Listen,
        "talk" => Role::Talk,
        "broker" => Role::Broker,
        #[cfg(not(feature = "irc"))]
        "irc" => return Err(String::from("irc is not spoken by this version")),
        "web" => return Err(format!("{scheme} is not spoken by this version")),
        _ if scheme.contains('+') => {
            return Err(String::from("TLS and PROXY are not spoken by this version"));
        }
        _ => {
            return Err(format!(
                "{scheme:?} is no role (use auto, line, irc, listen, talk or broker)"
            ));
        }
    })
}

fn resolve(place: &str) -> Result<Vec<SocketAddr>, String> {
    let Some((host, port)) = place.rsplit_once(':') else {
        return Err(match place.parse::<u16>() {
            Ok(port) => format!("a host must come first (try 127.0.0.1:{port})"),
            Err(_) => format!("a port must follow (try {place}:4242)"),
        });
    };
    if port.parse::<u16>().is_err() {
        return Err(format!("{port:?} is no port (use 0 to 65535)"));
    }
    if host.is_empty() {
        return Err(format!("a host must come first (try 127.0.0.1:{port})"));
    }
    if host.contains(':') && !host.starts_with('[') {
        return Err(format!(
            "an IPv6 address stands in brackets (try [{host}]:{port})"
        ));
    }
    let mut addresses: Vec<SocketAddr> = place
        .to_socket_addrs()
        .map_err(|_| format!("no host is called {host}"))?
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_a_role_and_a_place() {
        let tcp = |text: &str| Endpoint::Tcp(text.parse().unwrap());
        let unix = |path: &str| Endpoint::Unix(path.into());
        for (text, role, endpoint) in [
            ("127.0.0.1:4242", Role::Auto, tcp("127.0.0.1:4242")),
            ("[::]:0", Role::Auto, tcp("[::]:0")),
            ("auto://[::1]:1", Role::Auto, tcp("[::1]:1")),
            ("line://127.0.0.1:1", Role::Line, tcp("127.0.0.1:1")),
            #[cfg(feature = "irc")]
            ("irc://127.0.0.1:1", Role::Irc, tcp("127.0.0.1:1")),
            ("talk://0.0.0.0:4242", Role::Talk, tcp("0.0.0.0:4242")),
            ("unix:/run/p.sock", Role::Auto, unix("/run/p.sock")),
            ("listen+unix:/run/p.sock", Role::Listen, unix("/run/p.sock")),
            ("broker://unix:p", Role::Broker, unix("p")),
        ] {
            let expected = ListenArgument {
                role,
                endpoints: vec![endpoint],
            };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn errors_say_what_to_write_instead() {
        for (text, advice) in [
            ("4242", "try 127.0.0.1:4242"),
            (":4242", "try 127.0.0.1:4242"),
            ("127.0.0.1", "try 127.0.0.1:4242"),
            ("::1:4242", "try [::1]:4242"),
            ("127.0.0.1:99999", "no port"),
            ("shout://127.0.0.1:1", "no role"),
            ("web://127.0.0.1:1", "not spoken"),
            ("auto+tls://127.0.0.1:1", "not spoken"),
            ("unix:", "path"),
        ] {
            let error = text.parse::<ListenArgument>().unwrap_err();
            assert!(error.contains(advice), "{text}: {error}");
        }
    }
}
