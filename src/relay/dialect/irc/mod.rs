//! The IRC dialect: what clients such as irssi and WeeChat, bots and bridges say and read.
//!
//! A room is the channel of its name with a `#` before it; nicknames are those of everybody.
//! Sources are RFC 1459, RFC 2812, Modern IRC, which wins where they differ, and the IRCv3
//! specifications.
//!
//! | module | its one job |
//! | --- | --- |
//! | `client`, `ahead` | a client's connection: what its lines go through, and what need not wait |
//! | `message`, `tags` | lines to their parts |
//! | `text` | what of a text is fit to be said, and how long ones are cut |
//! | `talk` | one line: taken apart, carried out, answered |
//! | `register`, `caps`, `support` | becoming somebody; what either side can do |
//! | `rooms`, `mode`, `say`, `multiline`, `redact`, `people`, `who`, `monitor`, `metadata`, `sync`, `past`, `server` | the commands |
//! | `modes`, `elist`, `whox`, `help` | their little languages |
//! | `reply`, `numerics`, `wire`, `sink` | answers, and how lines are built |
//! | `write`, `said`, `mode_lines` | events of others into lines |
//! | `state`, `shared` | what is known of one client, and what all have in common |

mod ahead;
mod caps;
pub(in crate::relay) mod client;
mod draft;
mod elist;
mod help;
mod message;
mod metadata;
mod mode;
mod mode_lines;
mod modes;
mod monitor;
mod multiline;
mod numerics;
mod outcome;
mod past;
mod people;
mod redact;
mod register;
mod reply;
mod rooms;
mod said;
mod say;
mod server;
mod shared;
mod sink;
mod state;
mod support;
mod sync;
mod talk;
mod text;
mod who;
mod whox;
mod wire;
mod write;

use super::{select, tags};

pub(in crate::relay) use caps::hears_of_watched;
pub(in crate::relay) use reply::Reply;
pub(in crate::relay) use shared::{IrcShared, server_name};
pub(in crate::relay) use state::State;
pub(in crate::relay) use write::relevant;
pub(in crate::relay) use write::{Place, write_closing, write_event, write_notice};
