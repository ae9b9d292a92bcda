//! Rules that hold everywhere. Each has a test that fails if it does not; most of them the simulator
//! (`tests/simulator`), which holds the relay to a model of the protocol, byte by byte.
//!
//! # Who knows what
//!
//! - `net` never names a room, `relay` never names a socket or a file: they meet in `protocol.rs`.
//! - `relay::hub` names no dialect. Inside it there is no clock, no I/O, no logging, and nothing that depends on the
//!   order of a table of hashes: the same actions at the same times make the same chat, whatever the ids of the
//!   connections, and with no random number but one that is worked out from the action's time. `hub/tests/twins.rs` and the simulator's twin hold two side by side.
//! - The hub is changed by [`apply`](crate::relay::hub::Hub::apply) and nothing else. Besides that there are only
//!   subscriptions, which are delivery and change nothing that others read: in which format somebody is written to,
//!   whom they watch, which keys they follow.
//! - A dialect carries out no rule of the chat. It makes actions of lines, and answers from an action and its outcome.
//! - `relay::hub` names no store: what outlives the process comes out of it as data
//!   ([`Change`](crate::relay::hub::Change)), and the loop never waits for a disk. `hub/tests/twins.rs` holds what was
//!   told against the chat after each action.
//! - No file imports another in a circle. Where two need each other, they hold something that belongs in a third.
//!
//! # What nobody can do to others
//!
//! - No line of one user looks like another's or the server's: the first character of a line says what it is, and
//!   what users wrote is cleaned before it stands in one.
//! - Nobody waits for somebody else: allowances for each connection and each place, budgets for each turn, and what a
//!   line costs beyond an ordinary one is counted in `hub/cost.rs`, where the work is done.
//! - Nothing grows without a limit: buffers, queues, rooms, lists, history. Limits are settings, with their tests at,
//!   below and above.
//! - Whoever reads too slowly misses lines, is told how many, and holds up nobody.
//! - A line that was accepted reaches everyone in the room, in one order.
//!
//! # Style that is a test
//!
//! `tests/relay/tidy.rs` asks for it: each file begins with its one job, files have a size to be read, nothing sleeps.
