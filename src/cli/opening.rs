//! The announcement at the start: the listeners, the clients that can reach them, commands to paste.
//!
//! The commands can be pasted as they are: they name an address that can be connected to, even if the
//! listener is at all of them. `nc` cannot join a listener that requires TLS, so its command is openssl's.

use std::fmt::Write;

use parloir::Endpoint;
use parloir::relay::Role;

use super::addresses::{listed, shown_for, to_connect};
use super::listener::words_of;

/// A place where the server can be reached.
pub(super) struct ReachableAt {
    pub(super) role: Role,
    pub(super) endpoint: Endpoint,
    pub(super) tls: Tls,
}

/// The encryption of the connections at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    No,
    /// With every client that begins TLS.
    Offered,
    Required,
}

/// The whole announcement.
pub(super) fn opening(
    name: &str,
    listeners: &[ReachableAt],
    connections_max: usize,
    kept: &str,
) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{name} is open (parloir {}).",
        env!("CARGO_PKG_VERSION")
    );
    for ReachableAt {
        role,
        endpoint,
        tls,
    } in listeners
    {
        let what = words_of(*role);
        let how = match tls {
            Tls::No => "",
            Tls::Offered => ", plain or over TLS",
            Tls::Required => " over TLS",
        };
        let _ = writeln!(text, "  {endpoint}  {what}{how}; {}", reach(endpoint));
    }
    let _ = writeln!(
        text,
        "There is room for {connections_max} connections at once."
    );
    let _ = writeln!(text, "{kept}");
    let people = listeners
        .iter()
        .find(|place| matches!(place.role, Role::Auto | Role::Line));
    let people = people.or(listeners.first());
    if let Some(place) = people.filter(|place| place.role != Role::Web) {
        let _ = writeln!(text, "To join, paste this into another terminal:\n");
        let _ = writeln!(text, "    {}\n", command(place));
    }
    let serves_page = |place: &&ReachableAt| matches!(place.role, Role::Auto | Role::Web);
    if let Some(url) = listeners.iter().find(serves_page).and_then(url) {
        let _ = writeln!(text, "To join from a browser, open this:\n");
        let _ = writeln!(text, "    {url}\n");
    }
    let _ = writeln!(text, "Ctrl-C stops the server.");
    text
}

/// The clients that can connect.
fn reach(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Unix(_) => String::from("whoever may write to that path"),
        Endpoint::Tcp(address) if address.ip().is_loopback() => String::from("this machine only"),
        Endpoint::Tcp(address) if address.ip().is_unspecified() => {
            let everyone = "everyone who can reach this machine";
            match &shown_for(address.ip())[..] {
                [] => String::from(everyone),
                own => format!("{everyone}, at {}", listed(own, " and ")),
            }
        }
        Endpoint::Tcp(_) => String::from("everyone who can reach that address"),
    }
}

/// The command that a person types to join.
fn command(place: &ReachableAt) -> String {
    let is_encrypted = place.tls == Tls::Required;
    match &place.endpoint {
        Endpoint::Unix(path) if is_encrypted => {
            format!("openssl s_client -quiet -unix {}", path.display())
        }
        Endpoint::Unix(path) => format!("nc -U {}", path.display()),
        Endpoint::Tcp(address) => {
            let address = to_connect(*address);
            let (ip, port) = (address.ip(), address.port());
            match place.role {
                _ if is_encrypted => format!("openssl s_client -quiet -connect {address}"),
                Role::Irc => format!("irssi -c {ip} -p {port}"),
                _ => format!("nc {ip} {port}"),
            }
        }
    }
}

/// The address of the page for browsers. A browser cannot open a Unix socket, so there is none for a path.
fn url(place: &ReachableAt) -> Option<String> {
    let scheme = match place.tls {
        Tls::Required => "https",
        _ => "http",
    };
    match &place.endpoint {
        Endpoint::Tcp(address) => Some(format!("{scheme}://{}/", to_connect(*address))),
        Endpoint::Unix(_) => None,
    }
}
