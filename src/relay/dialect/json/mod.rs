//! The JSON dialect: one object a line, both ways, for programs that people write themselves.
//!
//! In: `{"do":"say","room":"dev","text":"hello","id":1}`. Out: the answer, `{"ok":"say","re":1,…}` or
//! `{"error":{"code":"no_such_room","message":"…"},"re":1}`, and events, `{"event":"message",…}`, in the order in
//! which things happen. A program hears what it asked for: there is no greeting, and no room before it
//! joins one.
//!
//! | module | its one job |
//! | --- | --- |
//! | `request`, `fields`, `object`, `values`, `changes` | objects in, objects out, tags and changes of modes in them |
//! | `rooms` | which rooms a client may look at |
//! | `client`, `state` | a client's connection, and its state |
//! | `dispatch`, `messages`, `mode` | what is asked for, into actions |
//! | `outcome`, `errors` | what came of them, into answers |
//! | `queries`, `history` | questions: about the present, and about what was said |
//! | `events` | events of others into objects |

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
mod state;
mod values;

use super::{history_query, tags, text};

pub(in crate::relay) use events::{IS_SPOKEN, write_bye, write_event, write_notice, write_skipped};
