//! WebSocket's frames (RFC 6455): a client's into pieces of messages, lines of ours into messages.
//!
//! A framing and nothing more: what is inside the messages is the line dialect, IRC or JSON, and what one
//! line is there, one message is here. Nothing is compressed, since no extension is ever agreed to.
//!
//! No frame is kept. A head that has not come whole is left with the loop, and so is a control frame; of a
//! message, each piece is handed on as it comes, so a client costs a few words however it cuts.
//!
//! The codec is our own. No crate shares one encoded frame among all who get it without copying, and framing
//! is what this project is for; tungstenite is worth more as the other side in the tests, where frames are
//! read against it. What 1,000 WebSockets hear costs at most a tenth more instructions than what 1,000 line
//! clients hear; the bound of the benchmark is a fifth.
//!
//! | file | its one job |
//! | --- | --- |
//! | `head`, `utf8`, `close` | the head of a frame, text checked piece by piece, close codes |
//! | `decode` | a client's frames into pieces |
//! | `encode` | lines into frames, and control frames |

mod close;
mod decode;
mod encode;
mod head;
mod utf8;

pub(in crate::relay) use close::{CloseCode, FrameFault};
pub(in crate::relay) use decode::{Decoder, Piece};
pub(in crate::relay) use encode::{Kind, frame_lines, write_close, write_ping, write_pong};
