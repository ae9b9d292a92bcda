//! The recipients of events and answers, and the wire format for each.

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

/// The number of a wire format: recipients with the same number get the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format(pub u16);
