//! The head of a client's frame (RFC 6455, 5.2): its opcode, its length, its mask.
//!
//! Only what a client may send is read: frames to a server are masked always (RFC 6455, 5.1), no extension is
//! agreed to that would use the reserved bits, and lengths have their shortest form. Anything else is a
//! fault, with words for whoever writes the client.

use super::FrameFault;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn read(bits: u8) -> Result<Self, FrameFault> {
        Ok(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return Err(FrameFault::Protocol("a reserved opcode")),
        })
    }

    /// Control frames are short, whole, and may stand between the frames of a message.
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A frame's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) opcode: Opcode,
    /// It is the last of its message.
    pub(super) is_final: bool,
    /// The key that the payload is masked with: a new one for each frame, so that a page cannot choose the
    /// bytes that pass through a proxy (RFC 6455, 10.3).
    pub(super) mask: [u8; 4],
    /// Bytes of payload. They may be far more than a message may have; the decoder asks for that.
    pub(super) length: u64,
    /// Bytes of this head.
    pub(super) size: usize,
}

/// Control frames carry no more (RFC 6455, 5.5).
const CONTROL_BYTES_MAX: u8 = 125;

/// Reads a head. None: it has not come whole. What is wrong is said as soon as the byte that is
/// wrong has come.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Head>, FrameFault> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    if first & 0x70 != 0 {
        return Err(FrameFault::Protocol("a reserved bit"));
    }
    let opcode = Opcode::read(first & 0x0f)?;
    let is_final = first & 0x80 != 0;
    if opcode.is_control() && !is_final {
        return Err(FrameFault::Protocol("a control frame in fragments"));
    }
    let Some(&second) = bytes.get(1) else {
        return Ok(None);
    };
    if second & 0x80 == 0 {
        return Err(FrameFault::Protocol("a frame without a mask"));
    }
    let short = second & 0x7f;
    if opcode.is_control() && short > CONTROL_BYTES_MAX {
        return Err(FrameFault::Protocol("a control frame that is too long"));
    }
    let Some((length, mask_at)) = length(short, bytes)? else {
        return Ok(None);
    };
    let Some(&mask) = bytes[mask_at..].first_chunk() else {
        return Ok(None);
    };
    let size = mask_at + mask.len();
    Ok(Some(Head {
        opcode,
        is_final,
        mask,
        length,
        size,
    }))
}

/// The length, and where what follows it stands. A length in a longer form than it needs is refused (RFC
/// 6455, 5.2).
fn length(short: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameFault> {
    let behind = &bytes[2..];
    let (length, least, size) = match short {
        126 => match behind.first_chunk() {
            Some(long) => (u16::from_be_bytes(*long).into(), 126, 2),
            None => return Ok(None),
        },
        127 => match behind.first_chunk() {
            Some(long) => (u64::from_be_bytes(*long), 1 << 16, 8),
            None => return Ok(None),
        },
        short => (short.into(), 0, 0),
    };
    if length < least {
        return Err(FrameFault::Protocol("a length in more bytes than it needs"));
    }
    // RFC 6455, 5.2.
    if length > u64::MAX / 2 {
        return Err(FrameFault::Protocol("a length with its highest bit set"));
    }
    Ok(Some((length, 2 + size)))
}
