//! What is known of one connection's conversation.

use std::time::Duration;

use crate::config::RelayConfig;
use crate::protocol::{ConnId, Demand, Moment, Peer, Tag, Time};

use super::dialect::irc;
use super::framing::Lines;
use super::hub::{Allowance, Format, Host, Recipient};
use super::origins::Place;
use super::socket::Socket;
use super::wire_format::LINE;

/// What the connections of one listener are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Anything: what it is, its first bytes tell. TLS is turned away with a proper answer.
    #[default]
    Auto,
    /// The line dialect alone: HTTP and TLS are closed, what IRC clients say is text.
    Line,
    /// IRC alone: whatever else comes first is answered as IRC.
    Irc,
    /// HTTP alone, and WebSocket; anything else is a bad request.
    Web,
    /// Only hears what is said, and says nothing.
    Listen,
    /// Only says: first a nickname, then messages. Never gets a byte.
    Talk,
    /// No chat at all: each line goes, unlabelled, to all others on the listener.
    Broker,
    /// The host of the server, at the line dialect: called `host`, from the start, without a limit
    /// on its lines, and with `/kick NAME [REASON]` and a `/quit` that stops the server. For a stream
    /// given to [`Server::adopt`](crate::Server::adopt).
    Host,
}

impl Role {
    /// Whether it is greeted, answered and told of errors.
    pub(super) fn converses(self) -> bool {
        match self {
            Self::Auto | Self::Line | Self::Host => true,
            Self::Web => true,
            Self::Irc => false,
            Self::Listen | Self::Talk | Self::Broker => false,
        }
    }

    /// Whether it speaks HTTP, and nothing else before that.
    pub(super) fn is_web_alone(self) -> bool {
        self == Self::Web
    }
}

/// How far a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// What it speaks is not known yet.
    Sniffing,
    /// The password must come first.
    Locked,
    /// It has no nickname: the next text is one.
    Nameless,
    /// In conversation. A `listen` or `broker` connection is from the start.
    Talking,
    /// It speaks IRC, and what more there is to know is in its state.
    Irc,
    /// No longer part of anything here.
    Departed,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: ConnId,
    pub(super) tag: Tag,
    pub(super) role: Role,
    pub(super) stage: Stage,
    /// What is sent to it is written as this.
    pub(super) format: Format,
    /// Where it comes from, as others may know it.
    pub(super) host: Host,
    /// Its address, where others are shown it.
    #[expect(
        clippy::box_collection,
        reason = "a pointer for three words in each of thousands of sessions, of which few have it"
    )]
    pub(super) address: Option<Box<String>>,
    pub(super) lines: Lines,
    /// What is known of it besides, if it speaks IRC.
    pub(super) irc: Option<Box<irc::State>>,
    /// Where it comes from, as far as that matters to what it may do, and what it may say.
    pub(super) place: Place,
    pub(super) allowance: Allowance,
    /// Lines of its are there that must wait for it.
    pub(super) is_held_up: bool,
    /// It has sent text, if only a character.
    pub(super) has_spoken: bool,
    /// A line that says something has come.
    pub(super) has_line: bool,
    /// What it said before its first newline, as long as that may be the beginning of a request.
    pub(super) begun: Option<Box<str>>,
    /// When a silent one is greeted, and one that writes its first line is let in to listen; on a
    /// listener for IRC alone, when it is given up. None once that is done.
    pub(super) greet_at: Option<Moment>,
    /// It has been asked for the password.
    pub(super) was_asked: bool,
    pub(super) wrong_passwords: u8,
    /// How many bytes of its input were left untaken by the last call.
    pub(super) untaken: u32,
    /// When the first and the last bytes of its unfinished line came.
    pub(super) piece: Option<(Moment, Moment)>,
    /// When a forgotten newline is forgiven.
    pub(super) forgive_at: Option<Moment>,
    /// When a request line that was begun must be there.
    pub(super) request_by: Option<Moment>,
    /// It is a WebSocket.
    pub(super) socket: Option<Box<Socket>>,
    /// It comes from this machine itself.
    pub(super) is_local: bool,
    pub(super) is_encrypted: bool,
}

impl Session {
    pub(super) fn new(
        id: ConnId,
        peer: &Peer,
        role: Role,
        place: Place,
        config: &RelayConfig,
        now: Time,
    ) -> Self {
        Self {
            id,
            tag: peer.tag,
            role,
            stage: Stage::Sniffing,
            format: LINE,
            host: Host::cloak(config.seed, peer.address),
            address: config
                .who_shows_addresses
                .then(|| Box::new(peer.address.to_string())),
            lines: Lines::new(config.line_bytes_max),
            irc: None,
            place,
            allowance: Allowance::full(now),
            is_held_up: false,
            has_spoken: false,
            has_line: false,
            begun: None,
            greet_at: match role {
                Role::Irc => {
                    (!config.ping_after.is_zero()).then(|| peer.connected_at + config.ping_after)
                }
                role if role.is_web_alone() => None,
                role => role
                    .converses()
                    .then(|| peer.connected_at + config.greet_after),
            },
            was_asked: false,
            wrong_passwords: 0,
            untaken: 0,
            piece: None,
            forgive_at: None,
            request_by: role
                .is_web_alone()
                .then(|| peer.connected_at + config.request_within),
            socket: None,
            is_local: peer.address.ip().is_some_and(|ip| ip.is_loopback()),
            is_encrypted: peer.is_encrypted,
        }
    }

    /// A conversation begins, of which what came before is no part.
    pub(super) fn begin_in(&mut self, socket: Socket, config: &RelayConfig, now: Time) {
        self.format = super::wire_format::in_messages(LINE, socket.kind);
        self.socket = Some(Box::new(socket));
        self.lines = Lines::plain(config.line_bytes_max);
        self.greet_at = Some(now + config.greet_after);
        self.request_by = None;
        self.piece = None;
        self.has_spoken = false;
        // In here, a first line that looks like a request is text.
        self.has_line = true;
    }

    /// Nothing is known of what it speaks, nor how its lines are framed.
    pub(super) fn is_unknown(&self) -> bool {
        if self.socket.is_some() {
            return false;
        }
        self.stage == Stage::Sniffing
    }

    /// Others may come to know it, by a nickname that it gives: what is no person is not let get so far.
    pub(super) fn may_be_met(&self) -> bool {
        let is_before = matches!(
            self.stage,
            Stage::Sniffing | Stage::Locked | Stage::Nameless
        );
        is_before && matches!(self.role, Role::Auto | Role::Line | Role::Talk)
    }

    /// It has got a nickname in the course of its conversation.
    pub(super) fn has_arrived(&self) -> bool {
        match self.stage {
            Stage::Talking => true,
            Stage::Irc => self.irc.as_ref().is_some_and(|state| state.is_registered),
            _ => false,
        }
    }

    /// Whether what waits of its lines is looked at for what need not: those of IRC, if they come bare.
    pub(super) fn looks_ahead(&self) -> bool {
        if self.socket.is_some() {
            return false;
        }
        self.stage == Stage::Irc
    }

    /// Where what is said to it alone goes.
    pub(super) fn recipient(&self) -> Recipient {
        Recipient {
            id: self.id,
            format: self.format,
        }
    }

    /// What it waits for besides more bytes, once all that was due by `now` is done. A time that has
    /// come is not waited for again: that would be a loop without a rest.
    pub(super) fn demand(&self, config: &RelayConfig, now: Time) -> Demand {
        if self.stage == Stage::Departed {
            return Demand::More;
        }
        let times = [
            self.greet_at,
            self.forgive_at,
            self.request_by,
            self.first_line_by(config.first_line_within),
            self.ping_at(),
            self.quiet_at(),
        ];
        match times.into_iter().flatten().filter(|at| *at > now).min() {
            Some(at) => Demand::MoreOr(at),
            None => Demand::More,
        }
    }

    /// When it is asked whether it is still there, or is taken to be gone.
    pub(super) fn ping_at(&self) -> Option<Moment> {
        self.irc.as_ref()?.ping_at
    }

    /// When a WebSocket has been silent for so long that it is pinged, or given up.
    pub(super) fn quiet_at(&self) -> Option<Moment> {
        self.socket.as_ref()?.due_at
    }

    /// Until when its first line must have ended, if it has begun one and may not take for ever.
    pub(super) fn first_line_by(&self, within: Duration) -> Option<Moment> {
        let is_nobody = matches!(
            self.stage,
            Stage::Sniffing | Stage::Locked | Stage::Nameless
        );
        let is_awaited = is_nobody && !self.has_line && !within.is_zero();
        let begun = self.piece.filter(|_| is_awaited);
        begun.map(|(first, _)| first + within)
    }

    /// A line has ended: what is left of the bytes begins the next one.
    pub(super) fn begin_piece(&mut self, now: Time) {
        self.piece = Some((now.moment(), now.moment()));
        self.forgive_at = None;
    }

    /// The same, of a line that was too long, if it has ended: nothing else tells of that.
    pub(super) fn note_end_of_overlong(&mut self, was_overlong: bool, now: Time) {
        if was_overlong && !self.lines.is_overlong() {
            self.begin_piece(now);
        }
    }

    /// Notes what the call at hand leaves untaken.
    pub(super) fn note_untaken(&mut self, rest: &[u8]) {
        self.untaken = u32::try_from(rest.len()).unwrap_or(u32::MAX);
    }

    /// Notes that `length` bytes are on offer now: are there new ones among them?
    pub(super) fn note_arrival(&mut self, length: usize, now: Time) {
        if length > self.untaken as usize {
            // When bytes came while it was held up is not known; they are no keys for that.
            let was_held_up = self.untaken > 0 && !self.is_unknown() && !self.lines.is_begun();
            self.piece = Some(match self.piece {
                Some((first, _)) if !was_held_up => (first, now.moment()),
                _ => (now.moment(), now.moment()),
            });
            // The quiet that was waited for has not come about.
            self.forgive_at = self.forgive_at.filter(|at| *at <= now);
            if let Some(socket) = &mut self.socket {
                socket.note_arrival(now);
            }
        }
    }
}
