//! To whom something is sent, and in which wire format.

use crate::protocol::ConnId;

/// Where an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The connection.
    pub id: ConnId,
    /// What it is to be written as. The hub only carries it.
    pub format: Format,
}

/// Where an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressee<'a> {
    /// The connection.
    pub id: ConnId,
    /// What it is to be written as. The hub only carries it.
    pub format: Format,
    /// What whoever is there is called.
    pub name: Option<&'a str>,
}

/// Names a wire format: those with the same one get the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format(pub u16);
