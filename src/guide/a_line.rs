//! The way of one line: bob types `hello` at `nc`, and everyone in his room reads `<bob> hello`.
//!
//! # In
//!
//! | file | what happens |
//! | --- | --- |
//! | `net/server.rs` | The system says that bob's socket is readable. [`Server::turn`](crate::Server::turn) puts him on the ready list (`net/connections.rs`). |
//! | `net/read.rs` | His bytes are read into the one buffer that all connections share, and shown to the protocol. |
//! | `relay/mod.rs` | `received`: bob's session is taken out of its table for the call. |
//! | `relay/session/receive.rs` | If it is not known yet what he speaks, `relay/detect.rs` looks at his first bytes. Then lines are taken until there are none, or his turn or his allowance is over. |
//! | `relay/input/text_lines.rs`, `relay/framing/lines.rs` | Where the line ends. A newline that his program forgets is forgiven after a while. |
//! | `relay/session/lines.rs`, `relay/framing/clean.rs` | What the line says: characters, without telnet and what no terminal should be sent. |
//! | `relay/dialect/line/input.rs`, `parse.rs` | What it means: a message. `/join dev` would be a command. |
//! | `relay/message_batch.rs` | The message is collected with those around it, so that a room is gone through once for all that one read brought. Whatever changes or sends something says them first: `tell_said` in `relay/context.rs`. |
//!
//! # The chat
//!
//! | file | what happens |
//! | --- | --- |
//! | `relay/dialect/line/dispatch.rs` | The messages become one [`Action`](crate::relay::hub::Action), which is plain data. |
//! | `relay/hub/apply.rs` | [`Hub::apply`](crate::relay::hub::Hub::apply), the only way to change the chat. |
//! | `relay/hub/messaging.rs`, `room.rs`, `rules.rs`, `members.rs`, `history.rs` | May bob speak there? The message gets a number and a time, is kept, and becomes an [`Event`](crate::relay::hub::Event) for everyone in the room but him. |
//!
//! # Out
//!
//! | file | what happens |
//! | --- | --- |
//! | `relay/encoder.rs` | The event is written once for each wire format among those who hear it: by `relay/dialect/line/events.rs`, `relay/dialect/irc/events.rs` or `relay/dialect/json/events.rs`, in frames where it goes to a WebSocket. The format of each is in `relay/wire_format.rs`. |
//! | `relay/dialect/line/outcome.rs` | What came of the action, for bob: nothing, as he has seen what he typed. Had he been muted, a line that says so. |
//! | `net/outbox.rs`, `net/arena.rs` | Each who hears it is noted with a range of the turn's arena. |
//! | `net/flush.rs`, `net/connection/write.rs` | At the end of the turn each gets one write, straight out of the arena. What a full socket does not take is copied to a queue of its own (`net/queue.rs`). |
//!
//! An IRC client's line goes the same way by `relay/framing/program_lines.rs` and `relay/dialect/irc/client.rs`, a JSON client's
//! by `relay/dialect/json/client.rs`; a WebSocket's bytes go through `relay/framing/websocket` first and are lines from there on.
//!
//! A question about the past goes to the store if the hub has not all of it: `relay/past.rs` decides, `relay/waiting.rs`
//! lets the connection wait, `relay/keeper.rs` hands the question over. In a file, `store/sqlite/thread.rs` passes it on
//! once all before it is committed, and `store/sqlite/reader.rs` finds the answer and wakes the loop
//! ([`Protocol::woken`](crate::Protocol::woken)); the dialect shows what whoever asked may still read.
//!
//! Where what a line asks for takes effect later ([`Relay::with_outcomes_after`](crate::Relay::with_outcomes_after)),
//! its actions lie as bytes in `relay/pending.rs` meanwhile, and its connection takes no further line. The dialect
//! answers from the action and its outcome alone, so it is the same code that answers at once and later.
