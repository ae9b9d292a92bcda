//! The JSON dialect: one object a line, both ways, for programs that people write themselves.
//!
//! In: `{"do":"say","room":"dev","text":"hello","id":1}`. Out: the answer, `{"ok":"say","re":1,…}` or
//! `{"error":{"code":"no_such_room","message":"…"},"re":1}`, and events, `{"event":"message",…}`, in the
//! order in which things happen. A program hears what it asked for: there is no greeting, and no room before
//! it joins one.
//!
//! | module | its one job |
//! | --- | --- |
//! | `request`, `fields`, `object`, `values` | objects in, objects out, tags in them |
//! | `changes` | changes of modes in them |
//! | `rooms` | which rooms a client may look at |
//! | `client`, `state` | a client's connection, and its state |
//! | `dispatch`, `messages`, `mode` | what is asked for, into actions |
//! | `outcome`, `errors` | what came of them, into answers |
//! | `queries`, `history`, `search` | questions: about the present, and about what was said |
//! | `events` | events of others into objects |
//!
//! Programs that people write themselves spoke lines, which are meant to be read, or IRC, which takes a
//! library. Here a program needs a socket and its language's JSON. What holds for all of it:
//!
//! - Codes never change, whatever the messages beside them say. Fields that are not known are ignored.
//! - A request has one answer, with its `id` if it gave one, in the order of the requests; events stand
//!   between answers as they happen.
//! - A name of a person or a room is taken as it is, or refused with a code: a program would not know of a
//!   changed one.
//! - A JSON string can hold any character, so nothing in one may come out as two lines at `nc`, or as
//!   something else than it is on IRC.

mod changes;
pub(in crate::relay) mod client;
mod dispatch;
mod errors;
mod events;
mod fields;
mod history;
mod messages;
mod mode;
mod object;
mod outcome;
mod queries;
mod request;
mod rooms;
mod search;
mod state;
mod values;

use super::{history_query, tags, text};

pub(in crate::relay) use events::{IS_SPOKEN, write_bye, write_event, write_notice, write_skipped};
