//! A second reader of JSON lines, and what each line that a JSON client is sent must be.
//!
//! All that is said of rooms and people is [expected](compare) object by object, in order, between
//! the answers to the client's own requests: the events are those of the model's chat, which writes
//! the words of the other dialects, [as objects](object). The ids of messages are the same as those
//! that IRC clients are sent. Left to the relay are only the words for people in errors, and what
//! no model knows: since when somebody is there, and the times of private messages, which are only
//! not before their time.

mod events;
mod expected;
mod heard;

pub(crate) use events::{kind, object};
pub(crate) use expected::{any, compare, number, some_of, time};
pub(crate) use heard::read;
