//! One connection, whatever is spoken over it: where it comes from, and how it is written to.
//!
//! A [`Conn`] is the part of a session that lasts while framing and dialect change. There is one for each of
//! thousands of idle connections, so its size counts: an idle connection had once come to 481 bytes from 437,
//! and a test in `session.rs` now says what a session may be.

use super::budget::Budget;
use super::hub::{Action, EventLevel, Format, Host, Recipient};
use super::role::Role;
use super::wire_format::LINE;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Peer, Tag};

/// A connection as its session and its dialect know it.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) id: ConnId,
    /// The tag of its listener. Half the size that a tag may have: there are fewer listeners, and sessions
    /// by the thousand.
    tag: u16,
    pub(super) role: Role,
    /// The format in which lines to it are written. It is the connection's own, as a client is answered
    /// before the hub knows of it.
    pub(super) format: Format,
    /// The place that it comes from, in the form that others may know.
    pub(super) host: Host,
    /// Its address, if the configuration shows addresses to others.
    #[expect(
        clippy::box_collection,
        reason = "a pointer for three words in each of thousands of sessions, of which few have it"
    )]
    address: Option<Box<String>>,
    pub(super) budget: Budget,
    /// True if it comes from this machine itself, by a loopback address.
    pub(super) is_local: bool,
    pub(super) is_encrypted: bool,
}

impl Conn {
    /// A connection that comes through a listener with this role.
    pub(super) fn new(
        id: ConnId,
        peer: &Peer,
        role: Role,
        budget: Budget,
        config: &RelayConfig,
    ) -> Self {
        let address = config
            .who_shows_addresses
            .then(|| Box::new(peer.address.to_string()));
        Self {
            id,
            tag: u16::try_from(peer.tag.0).unwrap_or(u16::MAX),
            role,
            format: LINE,
            host: Host::cloak(config.seed, peer.address),
            address,
            budget,
            is_local: peer.address.ip().is_some_and(|ip| ip.is_loopback()),
            is_encrypted: peer.is_encrypted,
        }
    }

    pub(super) fn tag(&self) -> Tag {
        Tag(u32::from(self.tag))
    }

    /// The address, if the configuration shows addresses to others.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref().map(String::as_str)
    }

    /// The action by which the connection becomes a client without a nickname.
    pub(super) fn admit(&self, level: EventLevel, enters_default: bool) -> Action<'_> {
        Action::Admit {
            level,
            host: self.host,
            address: self.address(),
            enters_default,
        }
    }

    /// The recipient for lines to this connection alone.
    pub(super) fn recipient(&self) -> Recipient {
        Recipient {
            id: self.id,
            format: self.format,
        }
    }

    /// The recipient of answers; none if the role of the listener does not answer. A program that only
    /// sends, or only listens, may not expect any bytes.
    pub(super) fn answered_to(&self) -> Option<Recipient> {
        self.role.converses().then(|| self.recipient())
    }
}

/// Read access to the connections of others. It is a trait so that what looks at connections need not import
/// the sessions, which import it.
pub(super) trait Others {
    /// Returns the connection with this id; none if it is gone. The connection at hand is not found either,
    /// as its session is out of the table during a call.
    fn conn(&self, id: ConnId) -> Option<&Conn>;
}
