//! The recipients of events and answers, and the wire format for each.
//!
//! The format travels with each recipient, so that a sink need not look up a connection for each member of a
//! room. The hub never asks what a format means.

use crate::protocol::ConnId;

/// The recipient of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The connection.
    pub id: ConnId,
    /// The format to write the event in. The hub only carries it.
    pub format: Format,
}

/// The recipient of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressee<'a> {
    /// The connection.
    pub id: ConnId,
    /// The format to write the answer in. The hub only carries it.
    pub format: Format,
    /// The recipient's nickname, if it has one.
    pub name: Option<&'a str>,
}

/// The number of a wire format: recipients with the same number get the same bytes. A program with a hub of
/// its own may give its formats any numbers; 16 bits, because each member of each room has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format(pub u16);
