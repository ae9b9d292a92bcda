//! One connection, whatever is spoken over it: where it comes from, and how it is written to.

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
    /// How what is sent to it is written.
    pub(super) format: Format,
    /// Where it comes from, as others may know it.
    pub(super) host: Host,
    /// Its address, where others are shown it.
    #[expect(
        clippy::box_collection,
        reason = "a pointer for three words in each of thousands of sessions, of which few have it"
    )]
    address: Option<Box<String>>,
    pub(super) budget: Budget,
    /// It comes from this machine itself.
    pub(super) is_local: bool,
    pub(super) is_encrypted: bool,
}

impl Conn {
    /// One that comes through a listener with this role.
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

    /// Its address, where others are shown it.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref().map(String::as_str)
    }

    /// Its coming in as somebody who has no name yet.
    pub(super) fn admit(&self, level: EventLevel, enters_default: bool) -> Action<'_> {
        Action::Admit {
            level,
            host: self.host,
            address: self.address(),
            enters_default,
        }
    }

    /// Where what is said to it alone goes.
    pub(super) fn recipient(&self) -> Recipient {
        Recipient {
            id: self.id,
            format: self.format,
        }
    }

    /// The same, if it is greeted, answered and told of errors.
    pub(super) fn answered_to(&self) -> Option<Recipient> {
        self.role.converses().then(|| self.recipient())
    }
}

/// The connections of others, to look at.
pub(super) trait Others {
    /// The connection with this id; none: it is gone, or it is the one at hand.
    fn conn(&self, id: ConnId) -> Option<&Conn>;
}
