//! Parses `--listen`: `[ROLE[+tls][+proxy]://]HOST:PORT`, or `[ROLE[+tls][+proxy]+]unix:PATH`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use parloir::Endpoint;
use parloir::relay::Role;

/// One `--listen`. A host name may stand for several addresses: `localhost` often is one of each family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenArgument {
    pub(super) role: Role,
    /// TLS from the first byte.
    pub(super) tls: bool,
    /// Connections come from a proxy that says for which client it speaks.
    pub(super) proxy: bool,
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
        let mut words = scheme.split('+');
        let role = role(words.next().unwrap_or_default())?;
        let (mut tls, mut proxy) = (false, false);
        for word in words {
            match word {
                "tls" if !tls => tls = true,
                "proxy" if !proxy => proxy = true,
                "tls" | "proxy" => return Err(format!("+{word} stands there twice")),
                _ => return Err(format!("+{word} is unknown (use +tls or +proxy)")),
            }
        }
        let endpoints = match place.strip_prefix("unix:") {
            Some("") => return Err("a path must follow unix:".into()),
            Some(path) => vec![Endpoint::Unix(PathBuf::from(path))],
            None => resolve(&place)?.into_iter().map(Endpoint::Tcp).collect(),
        };
        Ok(Self {
            role,
            tls,
            proxy,
            endpoints,
        })
    }
}

/// The roles that a listener may have: the scheme of `--listen`, and the words at the start for what is
/// there. The compiler cannot ask for a new role here, because the library may get more of them at any
/// time; but a role that is missing cannot be asked for, while one that is here has its words.
const ROLES: [(&str, Role, &str); 8] = [
    ("auto", Role::Auto, "chat"),
    ("line", Role::Line, "chat"),
    ("irc", Role::Irc, "IRC"),
    ("json", Role::Json, "chat for programs, in JSON"),
    ("web", Role::Web, "chat for browsers"),
    ("listen", Role::Listen, "only listens"),
    ("talk", Role::Talk, "only talks"),
    ("broker", Role::Broker, "bare relay"),
];

fn role(scheme: &str) -> Result<Role, String> {
    let found = ROLES.iter().find(|(known, ..)| *known == scheme);
    found.map(|(_, role, _)| *role).ok_or_else(|| {
        let [all @ .., last] = ROLES.map(|(known, ..)| known);
        let all = all.join(", ");
        format!("{scheme:?} is no role (use {all} or {last})")
    })
}

/// Returns the words at the start for the listeners of a role.
pub(super) fn words_of(role: Role) -> &'static str {
    let found = ROLES.iter().find(|(_, known, _)| *known == role);
    // The host's connection is a stream that was adopted, and has no listener.
    found.map_or("the host", |(.., words)| words)
}

/// Looks up `HOST:PORT`. Each way to write it wrongly has an error of its own, with what it should have been.
fn resolve(place: &str) -> Result<Vec<SocketAddr>, String> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !place.ends_with(']') => (host, port),
        _ => {
            return Err(match place.parse::<u16>() {
                Ok(port) => format!("a host must come first (try 127.0.0.1:{port})"),
                Err(_) => format!("a port must follow (try {place}:4242)"),
            });
        }
    };
    let Ok(number) = port.parse::<u16>() else {
        return Err(format!("{port:?} is no port (use 0 to 65535)"));
    };
    if host.is_empty() {
        return Err(format!("a host must come first (try 127.0.0.1:{port})"));
    }
    let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let name = inner.unwrap_or(host);
    if name.contains(['[', ']']) || (inner.is_none() && name.contains(':')) {
        let name = name.trim_matches(['[', ']']);
        return Err(format!(
            "an IPv6 address stands in brackets (try [{name}]:{port})"
        ));
    }
    let mut addresses: Vec<SocketAddr> = (name, number)
        .to_socket_addrs()
        .map_err(|_| format!("no host is called {name}"))?
        .collect();
    if addresses.iter().any(is_on_no_link) {
        return Err(format!(
            "{name} is an address on a link, which must be named (try [{name}%eth0]:{port})"
        ));
    }
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

/// Returns whether an address is link-local and does not say on which link (RFC 4007, 6).
fn is_on_no_link(address: &SocketAddr) -> bool {
    let SocketAddr::V6(address) = address else {
        return false;
    };
    address.ip().is_unicast_link_local() && address.scope_id() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_a_role_and_a_place() {
        let tcp = |text: &str| Endpoint::Tcp(text.parse().unwrap());
        let unix = |path: &str| Endpoint::Unix(path.into());
        for (text, role, with, endpoint) in [
            ("127.0.0.1:4242", Role::Auto, "", tcp("127.0.0.1:4242")),
            ("[::]:0", Role::Auto, "", tcp("[::]:0")),
            ("auto://[::1]:1", Role::Auto, "", tcp("[::1]:1")),
            ("line://127.0.0.1:1", Role::Line, "", tcp("127.0.0.1:1")),
            ("talk://0.0.0.0:4242", Role::Talk, "", tcp("0.0.0.0:4242")),
            ("[fe80::1%1]:1", Role::Auto, "", tcp("[fe80::1%1]:1")),
            ("unix:/run/p.sock", Role::Auto, "", unix("/run/p.sock")),
            ("listen+unix:/p.sock", Role::Listen, "", unix("/p.sock")),
            ("broker://unix:p", Role::Broker, "", unix("p")),
            ("auto+tls://[::1]:1", Role::Auto, "tls", tcp("[::1]:1")),
            ("line+tls://[::1]:1", Role::Line, "tls", tcp("[::1]:1")),
            ("listen+tls://[::1]:1", Role::Listen, "tls", tcp("[::1]:1")),
            ("irc://127.0.0.1:1", Role::Irc, "", tcp("127.0.0.1:1")),
            ("irc+tls://[::1]:1", Role::Irc, "tls", tcp("[::1]:1")),
            ("web://127.0.0.1:1", Role::Web, "", tcp("127.0.0.1:1")),
            ("web+tls://[::1]:1", Role::Web, "tls", tcp("[::1]:1")),
            ("talk+proxy://[::1]:1", Role::Talk, "proxy", tcp("[::1]:1")),
            (
                "broker+tls+proxy://[::1]:1",
                Role::Broker,
                "tls proxy",
                tcp("[::1]:1"),
            ),
            (
                "auto+proxy+tls://[::1]:1",
                Role::Auto,
                "tls proxy",
                tcp("[::1]:1"),
            ),
            (
                "auto+tls+unix:p+unix:q",
                Role::Auto,
                "tls",
                unix("p+unix:q"),
            ),
            ("talk+proxy+unix:p", Role::Talk, "proxy", unix("p")),
            (
                "talk+tls+proxy://unix:p",
                Role::Talk,
                "tls proxy",
                unix("p"),
            ),
        ] {
            let expected = ListenArgument {
                role,
                tls: with.contains("tls"),
                proxy: with.contains("proxy"),
                endpoints: vec![endpoint],
            };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn each_role_has_a_scheme_and_its_words() {
        for (scheme, role, words) in ROLES {
            let argument = format!("{scheme}://127.0.0.1:1").parse::<ListenArgument>();
            assert_eq!(argument.map(|it| it.role), Ok(role));
            assert_eq!(words_of(role), words);
        }
        assert_eq!(words_of(Role::Host), "the host");
        let error = role("shout").unwrap_err();
        assert!(error.ends_with("(use auto, line, irc, json, web, listen, talk or broker)"));
    }

    #[test]
    fn errors_say_what_to_write_instead() {
        for (text, advice) in [
            ("4242", "try 127.0.0.1:4242"),
            (":4242", "try 127.0.0.1:4242"),
            ("127.0.0.1", "try 127.0.0.1:4242"),
            ("::1:4242", "try [::1]:4242"),
            ("[::1]", "try [::1]:4242"),
            ("[::1:4242", "try [::1]:4242"),
            ("::1]:4242", "try [::1]:4242"),
            ("[fe80::1]:4242", "try [fe80::1%eth0]:4242"),
            ("[zz::]:4242", "no host is called zz::"),
            ("127.0.0.1:99999", "no port"),
            ("shout://127.0.0.1:1", "no role"),
            ("tls://127.0.0.1:1", "no role"),
            ("+tls://127.0.0.1:1", "no role"),
            ("auto+ssl://127.0.0.1:1", "use +tls or +proxy"),
            ("auto+://127.0.0.1:1", "use +tls or +proxy"),
            ("auto+tls+tls://127.0.0.1:1", "twice"),
            ("auto+proxy+tls+proxy://127.0.0.1:1", "twice"),
            ("unix:", "path"),
        ] {
            let error = text.parse::<ListenArgument>().unwrap_err();
            assert!(error.contains(advice), "{text}: {error}");
        }
    }
}
