//! The IRC dialect, for clients such as irssi and WeeChat, for bots and for bridges.
//!
//! A channel is a room, whose name has a `#` before it here. Nicknames are shared with the clients of the
//! other dialects. The sources are RFC 1459, RFC 2812, Modern IRC, which wins where they differ, and the
//! IRCv3 specifications.
//!
//! A client keeps the list of each channel from the JOIN, PART, QUIT, KICK, NICK and MODE lines that it is
//! told of, and never asks again. One line too few or too many, or in another order than others read them,
//! and its lists are wrong until it leaves. So the hub decides who is told what, and in which order; this
//! folder only writes it.
//!
//! The way of one line: `client` → `dispatch` → a command, which asks the hub or makes actions → `outcome`,
//! which answers from action and outcome alone → `reply`, which collects the lines → one write at the end of
//! the line. What others do comes by `events`, called by the encoder.
//!
//! | module | its one job |
//! | --- | --- |
//! | `client`, `preview` | a client's connection, and the commands that need not wait for their turn |
//! | `message`, `tags` | splitting lines into their parts |
//! | `text` | cleaning texts, telling CTCP apart, cutting long texts |
//! | `dispatch`, `outcome` | parsing one line, carrying it out, and answering it |
//! | `registration`, `caps`, `isupport` | registration, and the abilities of client and server |
//! | `channel`, `mode`, `privmsg`, `multiline`, `redact` | the commands about channels and messages |
//! | `whois`, `who`, `monitor`, `metadata`, `metadata_sync`, `chathistory`, `search`, `server` | other commands |
//! | `modes`, `elist`, `whox`, `help` | mode strings, conditions of LIST, fields of WHO, HELP |
//! | `reply`, `numerics`, `line_builder`, `sink` | answers, and how lines are built |
//! | `events`, `message_lines`, `mode_lines` | writing events as lines |
//! | `state`, `draft`, `shared` | the state of one client, and the state that all clients share |

mod caps;
mod channel;
mod chathistory;
pub(in crate::relay) mod client;
mod dispatch;
mod draft;
mod elist;
mod events;
mod help;
mod isupport;
mod line_builder;
mod message;
mod message_lines;
mod metadata;
mod metadata_sync;
mod mode;
mod mode_lines;
mod modes;
mod monitor;
mod multiline;
mod numerics;
mod outcome;
mod preview;
mod privmsg;
mod redact;
mod registration;
mod reply;
mod search;
mod server;
mod shared;
mod sink;
mod state;
mod text;
mod who;
mod whois;
mod whox;

use super::{history_query, tags};

pub(in crate::relay) use caps::hears_of_watched;
pub(in crate::relay) use events::relevant;
pub(in crate::relay) use events::{LineTarget, write_closing, write_event, write_notice};
pub(in crate::relay) use reply::Reply;
pub(in crate::relay) use shared::{IrcShared, server_name};
pub(in crate::relay) use state::State;
