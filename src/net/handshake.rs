//! The stages of a connection before its protocol, with their deadlines: proxy header, first bytes, TLS.
//!
//! The protocol is told of a connection once, when it is known whether the connection is encrypted.
//! If it may be either, a client that begins TLS shows it with its first bytes, and so does a client
//! that speaks plain text; only a client that waits for a greeting sends nothing, and is taken for plain
//! after a while. (Opening such a connection at once, and closing and opening it again when a hello
//! comes after all, was tried: every protocol and every hook then meets one peer twice, and has to find
//! out that it is the same peer.)
//!
//! ```text
//!                whole header              0x16 0x03              agreed
//!  ProxyHeader ───────────────▶ FirstBytes ──────────▶ Tls ───────────────▶ opened, encrypted
//!       │                        │      │               │
//!       │ bad, late, ended       │      │ other bytes,  │ late, ended,
//!       ▼                        │      │ end, silence  │ no agreement
//!    dropped                     │      ▼               ▼
//!                                │   opened, plain   HandshakeFailed
//!                                ▼
//!          the same, where TLS is required: NotEncrypted
//! ```
//!
//! | waits for | until | then |
//! | --- | --- | --- |
//! | a header | `handshake` after the accept | dropped |
//! | first bytes, where plain is allowed | `plain_after` after the accept, or the header | plain |
//! | the rest of a hello, and the TLS handshake | `handshake` after the first byte | `HandshakeFailed` |
//! | all of it, where TLS is required | `handshake` after the accept | as the picture says |
//!
//! This file decides and does nothing: `accept` reads, writes and closes.

use std::sync::Arc;
use std::time::Duration;

use super::listener::ListenerSettings;
use crate::protocol::{Address, Monotonic, Peer, RejectReason, Time};

/// The stage of a handshake: the input that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeStage {
    /// The header in which a proxy says for which client it speaks.
    ProxyHeader,
    /// The first bytes, which tell whether the connection is encrypted; where it need not be, silence
    /// tells it as well.
    FirstBytes,
    /// The peer's messages of a TLS handshake.
    Tls,
}

/// A connection that the protocol has not been told of yet.
#[derive(Debug)]
pub(crate) struct PendingConnection {
    pub(crate) settings: Arc<ListenerSettings>,
    pub(crate) address: Address,
    pub(crate) stage: HandshakeStage,
    is_encrypted: bool,
    /// Time from which on the peer could send something to the protocol. A relay over TLS greets so much
    /// later: a client that is still shaking hands is not silent.
    connected_at: Monotonic,
    /// Time at which the connection is given up, or taken for a plain one.
    deadline: Monotonic,
    /// Bytes that were read and belong to no stage so far.
    bytes: Vec<u8>,
}

impl PendingConnection {
    /// A connection that has just been accepted. It must be through all stages `within` this time.
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
            connected_at: now.monotonic(),
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

    pub(crate) fn deadline(&self) -> Monotonic {
        self.deadline
    }

    /// Adds bytes that have come. After the first bytes silence has no meaning any more: they may be
    /// half a hello, which has the time of a handshake.
    pub(crate) fn add(&mut self, bytes: &[u8], now: Time, within: Duration) {
        if self.is_silent_and_may_be_plain() {
            self.deadline = now + within;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Moves on to the first bytes: it is known now for which client the connection speaks, itself or
    /// the one named in a header of `header` bytes.
    pub(crate) fn await_first_bytes(&mut self, now: Time, header: usize) {
        self.bytes.drain(..header);
        self.stage = HandshakeStage::FirstBytes;
        self.connected_at = now.monotonic();
        if self.is_silent_and_may_be_plain() {
            self.deadline = now + self.settings.plain_after();
        }
    }

    /// Moves on to TLS. Returns the bytes so far, which are the beginning of a hello and belong to the
    /// session.
    pub(crate) fn begin_tls(&mut self) -> Vec<u8> {
        self.stage = HandshakeStage::Tls;
        self.take_bytes()
    }

    /// Notes that the handshake is done. The peer counts as connected from now on, since nothing could
    /// be sent inside the session before.
    pub(crate) fn finish_tls(&mut self, now: Time) {
        self.is_encrypted = true;
        self.connected_at = now.monotonic();
    }

    /// Returns whether the connection is plain if no more bytes come.
    pub(crate) fn may_be_plain(&self) -> bool {
        self.stage == HandshakeStage::FirstBytes && self.settings.is_plain()
    }

    /// Returns whether the connection is plain, now that its stream has ended, or only its time. When
    /// only its time is over, it is plain only if nothing has come: half a hello is no silence.
    pub(crate) fn is_plain_at_its_end(&self, has_ended: bool) -> bool {
        self.may_be_plain() && (has_ended || self.bytes.is_empty())
    }

    /// Returns whether silence makes the connection plain: it may be plain, and nothing has come.
    pub(crate) fn is_silent_and_may_be_plain(&self) -> bool {
        self.may_be_plain() && self.bytes.is_empty()
    }

    /// The peer, as the protocol is told of it.
    pub(crate) fn peer(&self) -> Peer {
        Peer {
            is_encrypted: self.is_encrypted,
            ..Peer::new(self.settings.tag, self.address, self.connected_at)
        }
    }

    /// The reason of the refusal if the connection ends at this stage; None if it does not end for want
    /// of TLS.
    pub(crate) fn refusal(&self) -> Option<RejectReason> {
        match self.stage {
            HandshakeStage::ProxyHeader => None,
            HandshakeStage::FirstBytes if !self.settings.is_plain() => {
                Some(RejectReason::NotEncrypted)
            }
            HandshakeStage::FirstBytes | HandshakeStage::Tls => Some(RejectReason::HandshakeFailed),
        }
    }
}

/// The meaning of a connection's first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsHello {
    /// Not clear yet: there are no bytes, or only the first byte of a hello.
    Unclear,
    /// A TLS record with a handshake message in it (RFC 8446, 5.1), which is the form of every hello.
    Yes,
    No,
}

/// Tells whether these are the first bytes of a TLS hello: the type of a record (22, handshake) and the
/// major number of its version, which is 3 in every version of TLS. Two bytes are enough, as no text
/// begins with them.
pub(crate) fn hello(bytes: &[u8]) -> TlsHello {
    match bytes {
        [] | [0x16] => TlsHello::Unclear,
        [0x16, 0x03, ..] => TlsHello::Yes,
        _ => TlsHello::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bytes_make_a_hello() {
        for (bytes, told) in [
            (&b""[..], TlsHello::Unclear),
            (b"\x16", TlsHello::Unclear),
            (b"\x16\x03", TlsHello::Yes),
            (b"\x16\x03\x01\x02\x00", TlsHello::Yes),
            (b"\x16\x02", TlsHello::No),
            (b"\x16\n", TlsHello::No),
            (b"\x15\x03", TlsHello::No),
            (b"alice\n", TlsHello::No),
        ] {
            assert_eq!(hello(bytes), told, "{bytes:?}");
        }
    }
}
