//! A connection before its protocol: a proxy's header, the first bytes, a TLS handshake, in their time.
//!
//! The protocol is told of a connection once, when it is known whether it is encrypted. Where it may
//! be either, a client that begins TLS says so with its first bytes, and so does one that speaks plain
//! text; only somebody who waits to be greeted says nothing, and is plain after a while. (Opening such
//! a connection at once, and closing and opening it again when a hello comes after all, was tried: every
//! protocol and every hook then meets one peer twice, and has to find out that it is the same.)

use std::sync::Arc;
use std::time::Duration;

use super::listener::ListenerSettings;
use crate::protocol::{Address, Moment, Peer, Refusal, Time};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeStage {
    /// A proxy is to say for whom it speaks.
    ProxyHeader,
    /// The first bytes tell whether it is encrypted; where it need not be, so does silence.
    FirstBytes,
    /// A TLS session is being agreed on.
    Tls,
}

/// A connection on its way to the protocol.
#[derive(Debug)]
pub(crate) struct PendingConnection {
    pub(crate) settings: Arc<ListenerSettings>,
    pub(crate) address: Address,
    pub(crate) stage: HandshakeStage,
    is_encrypted: bool,
    /// Since when it could say something to the protocol.
    connected_at: Moment,
    /// When it is given up, or taken for a plain one.
    deadline: Moment,
    /// What was read and belongs to no stage so far.
    bytes: Vec<u8>,
}

impl PendingConnection {
    /// One that has been accepted, and must be through with everything `within` that time.
    pub(crate) fn new(
        settings: Arc<ListenerSettings>,
        address: Address,
        now: Time,
        within: Duration,
    ) -> Self {
        Self {
            settings,
            address,
            stage: HandshakeStage::ProxyHeader,
            is_encrypted: false,
            connected_at: now.moment(),
            deadline: now + within,
            bytes: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub(crate) fn deadline(&self) -> Moment {
        self.deadline
    }

    /// Some bytes have come. After the first ones silence says nothing any more: they may be half a
    /// hello, which has the time of a handshake.
    pub(crate) fn add(&mut self, bytes: &[u8], now: Time, within: Duration) {
        if self.is_silent_and_may_be_plain() {
            self.deadline = now + within;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// For whom it speaks is known: itself, or, after a header of so many bytes, this one.
    pub(crate) fn await_first_bytes(&mut self, now: Time, header: usize) {
        self.bytes.drain(..header);
        self.stage = HandshakeStage::FirstBytes;
        self.connected_at = now.moment();
        if self.is_silent_and_may_be_plain() {
            self.deadline = now + self.settings.plain_after();
        }
    }

    /// What has come was the beginning of a hello, and is given away for a TLS session.
    pub(crate) fn begin_tls(&mut self) -> Vec<u8> {
        self.stage = HandshakeStage::Tls;
        self.take_bytes()
    }

    /// The session is agreed on: inside it nothing could be said before.
    pub(crate) fn finish_tls(&mut self, now: Time) {
        self.is_encrypted = true;
        self.connected_at = now.moment();
    }

    /// Whether it is plain if no more comes.
    pub(crate) fn may_be_plain(&self) -> bool {
        self.stage == HandshakeStage::FirstBytes && self.settings.is_plain()
    }

    /// Whether it is plain now that its stream has ended, or only its time: then half a hello is no
    /// silence.
    pub(crate) fn is_plain_at_its_end(&self, has_ended: bool) -> bool {
        self.may_be_plain() && (has_ended || self.bytes.is_empty())
    }

    /// Whether silence makes it plain: it may be, and nothing has come.
    pub(crate) fn is_silent_and_may_be_plain(&self) -> bool {
        self.may_be_plain() && self.bytes.is_empty()
    }

    /// What the protocol is told of it.
    pub(crate) fn peer(&self) -> Peer {
        Peer {
            is_encrypted: self.is_encrypted,
            ..Peer::new(self.settings.tag, self.address, self.connected_at)
        }
    }

    /// Why it is refused if it ends here, where that is for want of TLS.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.stage {
            HandshakeStage::ProxyHeader => None,
            HandshakeStage::FirstBytes if !self.settings.is_plain() => Some(Refusal::NotEncrypted),
            HandshakeStage::FirstBytes | HandshakeStage::Tls => Some(Refusal::HandshakeFailed),
        }
    }
}

/// What first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hello {
    /// Nothing yet: none, or the first byte of one.
    Unclear,
    /// A TLS record with a handshake message in it (RFC 8446, 5.1), as which every hello comes.
    Yes,
    No,
}

/// Whether these are the first bytes of a TLS hello.
pub(crate) fn hello(bytes: &[u8]) -> Hello {
    match bytes {
        [] | [0x16] => Hello::Unclear,
        [0x16, 0x03, ..] => Hello::Yes,
        _ => Hello::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bytes_make_a_hello() {
        for (bytes, told) in [
            (&b""[..], Hello::Unclear),
            (b"\x16", Hello::Unclear),
            (b"\x16\x03", Hello::Yes),
            (b"\x16\x03\x01\x02\x00", Hello::Yes),
            (b"\x16\x02", Hello::No),
            (b"\x16\n", Hello::No),
            (b"\x15\x03", Hello::No),
            (b"alice\n", Hello::No),
        ] {
            assert_eq!(hello(bytes), told, "{bytes:?}");
        }
    }
}
