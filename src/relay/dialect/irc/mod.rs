//! The IRC dialect: what clients such as irssi and WeeChat, bots and bridges say and read.
//!
//! A room is the channel of its name with a `#` before it; nicknames are those of everybody.
//! Sources are RFC 1459, RFC 2812, Modern IRC, which wins where they differ, and the IRCv3
//! specifications.
//!
//! | module | its one job |
//! | --- | --- |
//! | `lines`, `message`, `tags` | bytes to lines, lines to their parts |
//! | `text` | what of a text is fit to be said, and how long ones are cut |
//! | `talk` | one line: taken apart, carried out, answered |
//! | `register`, `caps`, `support` | becoming somebody; what either side can do |
//! | `rooms`, `mode`, `say`, `multiline`, `redact`, `people`, `who`, `monitor`, `metadata`, `sync`, `past`, `server` | the commands |
//! | `modes`, `elist`, `whox`, `select`, `help` | their little languages |
//! | `reply`, `numerics`, `wire` | answers, and how lines are built |
//! | `write`, `said`, `mode_lines` | events of others into lines |
//! | `state` | what is known of one client |

mod ahead;
mod caps;
mod elist;
mod help;
mod lines;
mod message;
mod metadata;
mod mode;
mod mode_lines;
mod modes;
mod monitor;
mod multiline;
mod numerics;
mod past;
mod people;
mod redact;
mod register;
mod reply;
mod rooms;
mod said;
mod say;
mod select;
mod server;
mod state;
mod support;
mod sync;
mod tags;
mod talk;
mod text;
mod who;
mod whox;
mod wire;
mod write;

pub(in crate::relay) use caps::hears_of_watched;
pub(in crate::relay) use state::State;
pub(in crate::relay) use talk::{Leaving, Talk};
pub(in crate::relay) use write::relevant;
pub(in crate::relay) use write::{Place, write_closing, write_event, write_notice};

use reply::Reply;

use crate::protocol::Time;

/// What all IRC clients of a relay have in common.
#[derive(Debug)]
pub(in crate::relay) struct Desk {
    pub(in crate::relay) reply: Reply,
    /// What the server is called where only ASCII may stand.
    network: String,
    /// Room for a text and for tags, lent out while something is said.
    text: String,
    tags: String,
    /// Clients that have said something and are nobody yet.
    pub(in crate::relay) unregistered: usize,
    /// When the server began; or, where it says nothing of that, when its first client came.
    started_at: Time,
    started: String,
}

impl Desk {
    /// A desk of a relay with this name.
    pub(in crate::relay) fn new(name: &str) -> Self {
        let epoch = std::time::Duration::ZERO;
        Self {
            reply: Reply::new(server_name(name)),
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
