//! The state that all IRC clients of a relay share.
//!
//! It is plain data, one of each relay, and lent to each line in its context. The relay is one thread, so
//! nothing here is locked.

use super::{history_query, text};
use crate::protocol::Time;

/// The state that all IRC clients of a relay share.
#[derive(Debug)]
pub(in crate::relay) struct IrcShared {
    /// The server's name where only ASCII may stand; other characters are replaced by `-`.
    pub(super) network: String,
    /// Buffers for a text and for tags, lent out while a message is sent. Messages are most of what is sent,
    /// and cost no allocation in this way.
    pub(super) text: String,
    pub(super) tags: String,
    /// Number of IRC clients that are not registered yet.
    pub(in crate::relay) unregistered: usize,
    /// Time at which the server started; if it has not reported that, the time at which the first IRC client
    /// came. 003 and the uptime count from it.
    pub(super) started_at: Time,
    pub(super) started: String,
}

impl IrcShared {
    /// Returns the shared state of a relay with this name.
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

    /// Notes the time at which the server started. Only the first call has an effect.
    pub(in crate::relay) fn note_start(&mut self, now: Time) {
        if self.started.is_empty() {
            self.started_at = now;
            self.started = history_query::timestamp(now.unix_micros());
        }
    }
}

/// The domain that is added to a server's name without a dot: clients take a source with a dot for a
/// server, and one without for a person. It is the domain of machines that have no other (RFC 6762).
const DOMAIN: &str = ".local";

/// Maximum bytes of a server's name (Modern IRC, "Servers").
const SERVER_BYTES_MAX: usize = 63;

/// Returns a name that can stand as the source of a line: one word with a dot in it, and without the
/// characters of a mask. Without the dot, a notice of `parloir` opened a conversation with somebody of that
/// name.
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
