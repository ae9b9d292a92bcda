//! What all IRC clients of a relay have in common.

use super::{select, text};
use crate::protocol::Time;

/// What all IRC clients of a relay have in common.
#[derive(Debug)]
pub(in crate::relay) struct IrcShared {
    /// What the server is called where only ASCII may stand.
    pub(super) network: String,
    /// Room for a text and for tags, lent out while something is said.
    pub(super) text: String,
    pub(super) tags: String,
    /// Clients that have said something and are nobody yet.
    pub(in crate::relay) unregistered: usize,
    /// When the server began; or, where it says nothing of that, when its first client came.
    pub(super) started_at: Time,
    pub(super) started: String,
}

impl IrcShared {
    /// That of a relay with this name.
    pub(in crate::relay) fn new(name: &str) -> Self {
        let epoch = std::time::Duration::ZERO;
        Self {
            network: one_word(name).replace(|c: char| !c.is_ascii(), "-"),
            text: String::new(),
            tags: String::new(),
            unregistered: 0,
            started_at: Time::new(epoch, epoch),
            started: String::new(),
        }
    }

    /// Notes that the server has begun.
    pub(in crate::relay) fn note_start(&mut self, now: Time) {
        if self.started.is_empty() {
            self.started_at = now;
            self.started = select::timestamp(now.unix_micros());
        }
    }
}

/// What makes a server of a name without a dot: clients take a source with one for a server, and one
/// without for a person. It is the domain of machines that have no other (RFC 6762).
const DOMAIN: &str = ".local";

/// Bytes of a server's name (Modern IRC, "Servers").
const SERVER_BYTES_MAX: usize = 63;

/// A name that can stand as the source of a line: one word with a dot in it, and nobody's mask.
pub(in crate::relay) fn server_name(name: &str) -> String {
    let name = one_word(name);
    match name.contains('.') {
        true => name,
        false => text::cut(&name, SERVER_BYTES_MAX - DOMAIN.len()).to_owned() + DOMAIN,
    }
}

fn one_word(name: &str) -> String {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "!@*?,#&:=".contains(c);
    text::cut(&name.replace(is_odd, "-"), SERVER_BYTES_MAX).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_name_is_one_word() {
        for (name, server) in [
            ("parloir", "parloir.local"),
            ("My.Little.Server", "My.Little.Server"),
            ("Café du Nord", "Café-du-Nord.local"),
            (":a!b@c", "-a-b-c.local"),
            (&"x".repeat(100), &("x".repeat(57) + ".local")),
            (
                &(String::from(".") + &"x".repeat(100)),
                &(String::from(".") + &"x".repeat(62)),
            ),
        ] {
            assert_eq!(server_name(name), server);
        }
    }
}
