//! Close codes: those that are sent, which ones may come, and what a client can get wrong.
//!
//! A close frame is answered with the same code and the connection is closed; the reason in it is checked to
//! be UTF-8, as the RFC asks for, and not shown to anybody.

/// The number in a close frame (RFC 6455, 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) struct CloseCode(pub(in crate::relay) u16);

impl CloseCode {
    /// All is well; the conversation is over.
    pub(in crate::relay) const NORMAL: Self = Self(1000);
    /// The server is stopping.
    pub(in crate::relay) const AWAY: Self = Self(1001);
    /// Frames that may not be sent.
    pub(in crate::relay) const PROTOCOL: Self = Self(1002);
    /// Text that is not UTF-8.
    pub(in crate::relay) const NOT_UTF8: Self = Self(1007);
    /// The client is removed, or not let in.
    pub(in crate::relay) const POLICY: Self = Self(1008);
    /// A message beyond the limit.
    pub(in crate::relay) const TOO_BIG: Self = Self(1009);

    /// Returns whether it may stand in a frame. 1004 to 1006 and 1015 are reserved, 1012 to 1014 were
    /// registered after the RFC, and below 3000 nothing else means anything.
    fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// The reason why a connection is failed (RFC 6455, 7.1.7). After a fault no byte of the peer's is looked at
/// any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum FrameFault {
    /// The frames are not such as a client may send.
    Protocol(&'static str),
    /// A text message, or the reason in a close frame, is not UTF-8.
    NotUtf8,
    /// A message is longer than any may be.
    TooBig,
}

impl FrameFault {
    /// The code for the close frame (RFC 6455, 7.4.1).
    pub(in crate::relay) fn code(self) -> CloseCode {
        match self {
            Self::Protocol(_) => CloseCode::PROTOCOL,
            Self::NotUtf8 => CloseCode::NOT_UTF8,
            Self::TooBig => CloseCode::TOO_BIG,
        }
    }

    /// The same in words, for whoever debugs the client.
    pub(in crate::relay) fn reason(self) -> &'static str {
        match self {
            Self::Protocol(what) => what,
            Self::NotUtf8 => "text that is not UTF-8",
            Self::TooBig => "the message is too long",
        }
    }
}

/// The code of a close frame; none, if it gives none. Its reason is checked and not used.
pub(super) fn read(payload: &[u8]) -> Result<Option<CloseCode>, FrameFault> {
    let (high, low, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(FrameFault::Protocol("half a close code")),
        [high, low, reason @ ..] => (*high, *low, reason),
    };
    let code = CloseCode(u16::from_be_bytes([high, low]));
    if !code.may_be_sent() {
        return Err(FrameFault::Protocol("a close code that may not be sent"));
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(FrameFault::NotUtf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_mean_something_may_come() {
        for (codes, are_fine) in [
            (0..=999, false),
            (1000..=1003, true),
            (1004..=1006, false),
            (1007..=1014, true),
            (1015..=2999, false),
            (3000..=4999, true),
            (5000..=u16::MAX, false),
        ] {
            for code in codes {
                assert_eq!(CloseCode(code).may_be_sent(), are_fine, "{code}");
            }
        }
    }

    #[test]
    fn a_close_frame_says_a_code_and_perhaps_a_reason() {
        let bad = Err(FrameFault::Protocol("half a close code"));
        for (payload, said) in [
            (&b""[..], Ok(None)),
            (b"\x03", bad),
            (b"\x03\xe8", Ok(Some(CloseCode::NORMAL))),
            (b"\x03\xe9going", Ok(Some(CloseCode::AWAY))),
            (
                "\u{3}\u{0}".as_bytes(),
                Err(FrameFault::Protocol("a close code that may not be sent")),
            ),
            (b"\x03\xe8\xff", Err(FrameFault::NotUtf8)),
            (b"\x03\xe8\xc3", Err(FrameFault::NotUtf8)),
        ] {
            assert_eq!(read(payload), said, "{payload:?}");
        }
    }
}
