//! The state of one IRC client, besides what the hub knows of the client.
//!
//! The hub knows where a client is, what it watches and which keys it follows; here is what only its dialect
//! asks for.

use super::caps::Caps;
use super::draft::Draft;
use super::preview::Ahead;
use crate::protocol::Monotonic;
use crate::relay::hub::Format;

/// Maximum number of read markers of one client; beyond it, the oldest one is removed. They are for targets
/// that the client names, so without a limit they could grow for ever.
const MARKERS_MAX: usize = 64;

/// The result of the client's last PASS, for the server's password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Password {
    #[default]
    Missing,
    Wrong,
    Right,
}

/// The state of one IRC client. It is boxed in the session, since clients of other dialects have none.
#[derive(Debug)]
pub(in crate::relay) struct State {
    /// The commands that are handled although the client's lines must wait. It is here since it must outlive
    /// the call in which it looked.
    pub(super) ahead: Ahead,
    /// The framing of the client's lines, as the bits of a format. It is kept apart from the capabilities,
    /// since it stays what it is whichever of them come and go.
    framing: u16,
    pub(in crate::relay) caps: Caps,
    /// True once the client is sent its 001.
    pub(in crate::relay) is_registered: bool,
    /// True while the client negotiates capabilities. It is not registered before it sends `CAP END`. CAP LS
    /// and CAP REQ set it, for clients that are not registered yet.
    pub(super) is_negotiating: bool,
    /// True if the client knows version 302 of negotiation, in which a list may take several lines.
    pub(super) knows_302: bool,
    pub(super) password: Password,
    /// Number of wrong passwords that the client has given to OPER.
    pub(super) wrong_opers: u8,
    /// The nickname that the client asks for, until it is registered.
    pub(super) nickname: Option<Box<str>>,
    /// The client's user name and real name, until it is registered. It outlives a nickname that turned out
    /// to be taken: the client only picks another.
    pub(super) user: Option<(Box<str>, Box<str>)>,
    /// A message whose lines have not all arrived.
    pub(super) draft: Option<Box<Draft>>,
    /// The read markers: a folded target, and the time up to which the client has read it, as the client
    /// wrote it.
    pub(super) markers: Vec<(Box<str>, Box<str>)>,
    /// True if the client has been sent a PING, and has sent nothing since.
    pub(in crate::relay) is_pinged: bool,
    /// Time at which the client is sent a PING, or is taken to be gone if it has been sent one; none if
    /// clients are never sent any. Any line of the client puts it off.
    pub(in crate::relay) ping_at: Option<Monotonic>,
}

impl State {
    /// Returns the state of a new IRC client. `format` is the framing that its lines had before it was
    /// known to speak IRC.
    pub(in crate::relay) fn new(format: Format) -> Self {
        Self {
            ahead: Ahead::default(),
            framing: format.0,
            caps: Caps::default(),
            is_registered: false,
            is_negotiating: false,
            knows_302: false,
            password: Password::default(),
            wrong_opers: 0,
            nickname: None,
            user: None,
            draft: None,
            markers: Vec::new(),
            is_pinged: false,
            ping_at: None,
        }
    }

    /// The wire format of everything that is sent to the client.
    pub(in crate::relay) fn format(&self) -> Format {
        Format(self.caps.format().0 | self.framing)
    }

    /// Notes that `bytes` of the client's bytes have been taken, and that a line has ended if `is_line`.
    pub(in crate::relay) fn note_taken(&mut self, bytes: usize, is_line: bool) {
        self.ahead.note_taken(bytes, is_line);
    }

    /// Returns the marker up to which a target has been read, if there is one.
    pub(super) fn marker(&self, folded: &str) -> Option<&str> {
        let found = self.markers.iter().find(|(target, _)| **target == *folded);
        found.map(|(_, time)| &**time)
    }

    /// Notes the marker up to which a target has been read.
    pub(super) fn set_marker(&mut self, folded: &str, time: &str) {
        self.markers.retain(|(target, _)| **target != *folded);
        if self.markers.len() == MARKERS_MAX {
            self.markers.remove(0);
        }
        self.markers.push((folded.into(), time.into()));
    }
}
