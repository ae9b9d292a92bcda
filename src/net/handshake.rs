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
    #[cfg(feature = "tls")]
    Met,
    /// Its first bytes decide.
    #[cfg(feature = "tls")]
    Hello,
    #[cfg(feature = "tls")]
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
    #[cfg(feature = "tls")]
    pub(crate) fn has_met(&self) -> bool {
        self.stage == HandshakeStage::Met
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn has_met(&self) -> bool {
        false
    }

    /// Whether it has come in by a handshake.
    pub(crate) fn is_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.stage == HandshakeStage::Handshake;
        #[cfg(not(feature = "tls"))]
        false
    }
}
