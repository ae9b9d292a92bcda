//! The IRC dialect, for clients such as irssi and WeeChat, for bots and for bridges.
//!
//! A channel is a room, whose name has a `#` before it here. Nicknames are shared with the clients of
//! the other dialects. The sources are RFC 1459, RFC 2812, Modern IRC, which wins where they differ, and
//! the IRCv3 specifications.
//!
//! | module | its one job |
//! | --- | --- |
//! | `client`, `ahead` | a client's connection, and the commands that need not wait for their turn |
//! | `message`, `tags` | splitting lines into their parts |
//! | `text` | cleaning texts, telling CTCP apart, cutting long texts |
//! | `talk`, `outcome` | parsing one line, carrying it out, and answering it |
//! | `register`, `caps`, `support` | registration, and the abilities of client and server |
//! | `rooms`, `mode`, `say`, `multiline`, `redact`, `people`, `who`, `monitor`, `metadata`, `sync`, `past`, `server` | the commands |
//! | `modes`, `elist`, `whox`, `help` | mode strings, conditions of LIST, fields of WHO, texts of HELP |
//! | `reply`, `numerics`, `wire`, `sink` | answers, and how lines are built |
//! | `write`, `said`, `mode_lines` | writing events as lines |
//! | `state`, `draft`, `shared` | the state of one client, and the state that all clients share |

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
