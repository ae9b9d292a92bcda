//! What is known of one IRC client besides what the hub knows.

use super::ahead::Ahead;
use super::caps::Caps;
use super::draft::Draft;
use crate::protocol::Moment;
use crate::relay::hub::Format;

/// Read markers that one client may have; the oldest goes.
const MARKERS_MAX: usize = 64;

/// What the client gave as the server's password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Password {
    #[default]
    Missing,
    Wrong,
    Right,
}

/// One IRC client. Boxed in its session: others have nothing of it.
#[derive(Debug)]
pub(in crate::relay) struct State {
    /// What it may do although it has to wait.
    pub(super) ahead: Ahead,
    /// How its lines are framed, as the bits of a format.
    framing: u16,
    pub(in crate::relay) caps: Caps,
    /// It has got its 001.
    pub(in crate::relay) is_registered: bool,
    /// It negotiates capabilities, and is not registered before it says that it is done.
    pub(super) is_negotiating: bool,
    /// It knows version 302 of negotiation, in which a list may take several lines.
    pub(super) knows_302: bool,
    pub(super) password: Password,
    /// Wrong passwords it gave to rule the server.
    pub(super) wrong_opers: u8,
    /// The nickname it asked for, until it is registered.
    pub(super) nickname: Option<Box<str>>,
    /// Its user name and real name, until it is registered.
    pub(super) user: Option<(Box<str>, Box<str>)>,
    /// A message of several lines that are not all there yet.
    pub(super) draft: Option<Box<Draft>>,
    /// Up to where it has read: a target, folded, and a time as the client wrote it.
    pub(super) markers: Vec<(Box<str>, Box<str>)>,
    /// It was asked whether it is still there, and has sent nothing since.
    pub(in crate::relay) is_pinged: bool,
    /// When it is asked that, or is taken to be gone.
    pub(in crate::relay) ping_at: Option<Moment>,
}

impl State {
    /// A client whose lines were framed so before it was known to speak IRC.
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

    /// How what is sent to it is written.
    pub(in crate::relay) fn format(&self) -> Format {
        Format(self.caps.format().0 | self.framing)
    }

    /// So many of its bytes are taken, and with them a line if one has ended.
    pub(in crate::relay) fn note_taken(&mut self, bytes: usize, is_line: bool) {
        self.ahead.note_taken(bytes, is_line);
    }

    /// Up to where a target has been read.
    pub(super) fn marker(&self, folded: &str) -> Option<&str> {
        let found = self.markers.iter().find(|(target, _)| **target == *folded);
        found.map(|(_, time)| &**time)
    }

    /// Notes up to where a target has been read.
    pub(super) fn set_marker(&mut self, folded: &str, time: &str) {
        self.markers.retain(|(target, _)| **target != *folded);
        if self.markers.len() == MARKERS_MAX {
            self.markers.remove(0);
        }
        self.markers.push((folded.into(), time.into()));
    }
}
