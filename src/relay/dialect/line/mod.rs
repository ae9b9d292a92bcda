//! The line dialect: the commands that a person with netcat types, and the lines that they read.
//!
//! | module | its one job |
//! | --- | --- |
//! | `input`, `parse`, `command`, `words` | a line into a message, a nickname or a command |
//! | `dispatch`, `modes` | commands into actions, mode words into changes |
//! | `outcome`, `refusals` | the outcome of an action into an answer, the sentences that refuse |
//! | `past` | `/history` and `/search` |
//! | `answers`, `events`, `phrases`, `unformatted` | questions and events into lines |
//!
//! Two rules hold for every line that is written. Its first character says what kind of line it is, and
//! nothing that a user wrote ever stands there, so that nobody can forge a line of somebody else's or of the
//! server's. And it is one line of clean text: what a user chose in another dialect, such as a mask or a bold
//! word, is made fit first.
//!
//! A client of this dialect is in one room at a time, and its commands mean that one. It gets no event for
//! what its own line shows by itself: a person has seen what they typed.

mod answers;
mod command;
pub(in crate::relay) mod dispatch;
mod events;
pub(in crate::relay) mod input;
mod modes;
mod outcome;
mod parse;
mod past;
mod phrases;
pub(super) mod refusals;
mod unformatted;
mod words;

pub(in crate::relay) use events::{write_event, write_notice};
pub(in crate::relay) use refusals::Sentence;
pub(crate) use refusals::is_refusal;
