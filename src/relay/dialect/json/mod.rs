//! The JSON dialect: one object a line, both ways, for programs that people write themselves.
//!
//! In: `{"do":"say","room":"dev","text":"hello","id":1}`. Out: the answer, `{"ok":"say","re":1,…}` or
//! `{"error":{"code":"no_such_room","message":"…"},"re":1}`, and events, `{"event":"message",…}`, in the order in
//! which things happen. A program hears what it asked for: there is no greeting, and no room before it
//! joins one.
//!
//! | module | its one job |
//! | --- | --- |
//! | `request`, `object`, `values` | objects in, objects out, and what tags are in them |
//! | `client` | a client's connection: what its lines go through |
//! | `talk`, `say`, `mode` | what is asked for, into actions |
//! | `outcome`, `errors` | what came of them, into answers |
//! | `look`, `past` | questions: about the present, and about what was said |
//! | `write` | events of others into objects |

mod client;
mod errors;
mod look;
mod mode;
mod object;
mod outcome;
mod past;
mod request;
mod say;
mod talk;
mod values;
mod write;

use super::{select, tags, text};

pub(in crate::relay) use client::{State, begin, is_guess, lines, take, take_effect};
pub(in crate::relay) use write::{write_bye, write_event, write_notice, write_skipped};

/// True if this dialect is built in.
pub(in crate::relay) const IS_SPOKEN: bool = true;
