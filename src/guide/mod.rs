//! For those who carry this code on: how it hangs together, and how to add to it.
//!
//! - [`a_line`]: the way of one line through the program, file by file.
//! - [`a_turn`]: what the loop does in one turn, and why in this order.
//! - [`invariants`]: what holds everywhere, and what breaks if it does not.
//! - [`recipes`]: how to add a command, a dialect, a role of a listener, a limit, a numeric.
//! - [`manual`]: what users read: flags, dialects, limits.
//! - [`rejected`]: what was tried or considered, and why it is not here.
//!
//! Two crates' worth of code in one: [`net`](crate::net) drives sockets, [`relay`](crate::relay) is the
//! chat, and they meet in [`protocol`](crate::protocol), whose traits fill one screen. Read that file first, then
//! `net/server.rs` from top to bottom, then [`a_line`].

pub mod a_line;
pub mod a_turn;
pub mod invariants;
pub mod manual;
pub mod recipes;
pub mod rejected;
