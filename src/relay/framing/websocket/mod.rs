//! WebSocket's frames (RFC 6455): a client's into pieces of messages, lines of ours into messages.
//!
//! A framing and nothing more: what is inside the messages is the line dialect or IRC, and what one
//! line is there, one message is here. Nothing is compressed, since no extension is ever agreed to.
//!
//! No frame is kept. A head that has not come whole is left with the loop, and so is a control frame;
//! of a message, each piece is handed on as it comes, so a client costs a few words however it cuts.

mod close;
mod decode;
mod encode;
mod head;
mod utf8;

pub(in crate::relay) use close::{CloseCode, Fault};
pub(in crate::relay) use decode::{Decoder, Piece};
pub(in crate::relay) use encode::{Kind, frame_lines, write_close, write_ping, write_pong};
