//! The pages that may open a WebSocket here. A browser opens one for any page, without asking the server
//! first as it does for other requests, and says only which page it was: the decision is the server's (RFC
//! 6455, 10.2).
//!
//! Programs send no origin and are let in: they could write any. This protects people who visit a page that
//! they do not trust, whose browser can reach a chat on their machine or in their network. In a local network
//! a page could still point its own name at the server; there, a password is the protection.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::config::WebConfig;

/// Returns whether a page of this origin may open a WebSocket. None: the client is no browser.
///
/// A page may talk to the host that it was loaded from, and an operator may name others. That alone
/// would not stop *DNS rebinding*: `evil.example` serves a page, then says that its address is
/// 127.0.0.1, and the browser reaches this server with `evil.example` for host and origin alike. So
/// from this machine itself only names that nobody else can have are taken for a host: `localhost`,
/// those below it (RFC 6761, 6.3), addresses, which stand for no name at all, and what the machine
/// itself is called.
pub(super) fn may_join(
    origin: Option<&str>,
    host: &str,
    is_local: bool,
    rules: &WebConfig,
) -> bool {
    let Some(origin) = origin else {
        return true;
    };
    let is_listed = |allowed: &String| allowed == "*" || allowed.eq_ignore_ascii_case(origin);
    if rules.allowed_origins.iter().any(is_listed) {
        return true;
    }
    let default_port = match origin.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => ":443",
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => ":80",
        _ => return false,
    };
    let from = origin.split_once("://").map_or("", |(_, from)| from);
    let plain = |place: &str| {
        place
            .strip_suffix(default_port)
            .unwrap_or(place)
            .to_ascii_lowercase()
    };
    !host.is_empty()
        && plain(from) == plain(host)
        && (!is_local || is_nobodys(host) || is_own(host, rules))
}

/// Returns whether a host, which may have a port, is this machine by one of its own names. The page of
/// `http://its-name:4242/` was shown and then refused: the name was taken for one that somebody else had
/// pointed at 127.0.0.1.
fn is_own(host: &str, rules: &WebConfig) -> bool {
    let name = name_of(host);
    let mut own = rules.own_hosts.iter();
    own.any(|own| own.eq_ignore_ascii_case(name))
}

/// A host without its port, and without the dot that ends a full name.
fn name_of(host: &str) -> &str {
    let name = host.split(':').next().unwrap_or_default();
    name.strip_suffix('.').unwrap_or(name)
}

/// Returns whether a host, which may have a port, is one that nobody can point elsewhere. An address in
/// brackets must be one as a whole: of `[::1]evil.example`, only the beginning is.
fn is_nobodys(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.split(']').next().unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let name = name_of(host).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::is_origin;

    #[test]
    fn a_page_may_join_where_it_was_loaded_from() {
        let rules = WebConfig {
            allowed_origins: vec!["https://friend.example".into(), "http://[::1]:3000".into()],
            ..WebConfig::default()
        };
        for (origin, host, is_local, may) in [
            (None, "anything", true, true),
            (None, "", false, true),
            (Some("http://localhost:4242"), "localhost:4242", true, true),
            (Some("http://LOCALHOST:4242"), "Localhost:4242", true, true),
            (Some("http://127.0.0.1:4242"), "127.0.0.1:4242", true, true),
            (Some("http://[::1]:4242"), "[::1]:4242", true, true),
            (Some("http://chat.localhost"), "chat.localhost", true, true),
            (
                Some("http://192.168.1.7:4242"),
                "192.168.1.7:4242",
                false,
                true,
            ),
            (Some("https://chat.example"), "chat.example", false, true),
            (
                Some("https://chat.example"),
                "chat.example:443",
                false,
                true,
            ),
            (
                Some("https://chat.example:443"),
                "chat.example",
                false,
                true,
            ),
            (Some("http://chat.example"), "chat.example:80", false, true),
            // Rebinding.
            (
                Some("http://evil.example:4242"),
                "evil.example:4242",
                true,
                false,
            ),
            (
                Some("http://localhost.evil.example"),
                "localhost.evil.example",
                true,
                false,
            ),
            (
                Some("http://127.0.0.1.evil.example"),
                "127.0.0.1.evil.example",
                true,
                false,
            ),
            (Some("http://evillocalhost"), "evillocalhost", true, false),
            (Some("http://[evil"), "[evil", true, false),
            // Other pages.
            (Some("http://evil.example"), "localhost:4242", true, false),
            (Some("http://localhost:3000"), "localhost:4242", true, false),
            (Some("http://localhost"), "localhost:4242", true, false),
            (
                Some("https://chat.example"),
                "chat.example:80",
                false,
                false,
            ),
            (
                Some("http://chat.example.evil"),
                "chat.example",
                false,
                false,
            ),
            (Some("null"), "localhost:4242", true, false),
            (Some(""), "", false, false),
            (Some("http://"), "", false, false),
            (Some("file://"), "", false, false),
            (Some("ftp://chat.example"), "chat.example", false, false),
            // Friends.
            (Some("https://friend.example"), "127.0.0.1:4242", true, true),
            (Some("https://Friend.Example"), "friend.example", true, true),
            (Some("http://[::1]:3000"), "[::1]:4242", true, true),
            (Some("http://friend.example"), "127.0.0.1:4242", true, false),
        ] {
            let told = may_join(origin, host, is_local, &rules);
            assert_eq!(told, may, "{origin:?} at {host:?}, local: {is_local}");
        }
    }

    #[test]
    fn the_name_of_the_machine_itself_was_refused_on_it() {
        let rules = WebConfig {
            own_hosts: vec!["atelier".into(), "atelier.example".into()],
            ..WebConfig::default()
        };
        for (place, may) in [
            ("atelier:4242", true),
            ("Atelier:4242", true),
            ("atelier.example", true),
            ("atelier.example.:4242", true),
            ("evil.example:4242", false),
            ("atelier.evil.example:4242", false),
            ("evil-atelier:4242", false),
            ("example", false),
        ] {
            let origin = format!("http://{place}");
            let told = may_join(Some(&origin), place, true, &rules);
            assert_eq!(told, may, "{place}");
            // A page from elsewhere gains nothing by it.
            assert!(!may_join(Some("http://evil.example"), place, true, &rules));
        }
        let unnamed = WebConfig {
            own_hosts: vec![String::new()],
            ..WebConfig::default()
        };
        assert!(unnamed.rules().iter().any(|(_, holds, _)| !holds));
    }

    #[test]
    fn an_operator_may_let_all_pages_in() {
        let rules = WebConfig {
            allowed_origins: vec!["*".into()],
            ..WebConfig::default()
        };
        for origin in ["http://evil.example", "null", "garbage"] {
            assert!(
                may_join(Some(origin), "localhost", true, &rules),
                "{origin}"
            );
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_place() {
        for (text, is_one) in [
            ("https://chat.example.org", true),
            ("http://[::1]:3000", true),
            ("moz-extension://0123-4567", true),
            ("null", true),
            ("*", true),
            ("chat.example.org", false),
            ("https://chat.example.org/", false),
            ("https://", false),
            ("://chat.example.org", false),
            ("https://*.example.org", false),
            ("https://a b", false),
            ("", false),
        ] {
            assert_eq!(is_origin(text), is_one, "{text:?}");
        }
    }
}
