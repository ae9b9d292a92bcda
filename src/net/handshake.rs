//! A connection that the protocol does not know yet: how far its proxy's header and its TLS handshake are.

use std::sync::Arc;

use super::listener::ListenerSettings;
use crate::protocol::{Address, Moment};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeStage {
    /// A proxy is to say for whom it speaks.
    Header,
    /// It has met the protocol, and its first bytes may yet be a TLS hello.
    Met,
    /// Its first bytes decide.
    Hello,
    Handshake,
}

/// A connection on its way in.
#[derive(Debug)]
pub(crate) struct PendingConnection {
    pub(crate) settings: Arc<ListenerSettings>,
    pub(crate) address: Address,
    pub(crate) stage: HandshakeStage,
    /// When it must have arrived.
    pub(crate) by: Moment,
    /// What was read and belongs to no step so far.
    pub(crate) bytes: Vec<u8>,
    /// It has met the protocol before, in plain.
    pub(crate) was_met: bool,
}

impl PendingConnection {
    pub(crate) fn has_met(&self) -> bool {
        self.stage == HandshakeStage::Met
    }

    /// Whether it has come in by a handshake.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.stage == HandshakeStage::Handshake
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
