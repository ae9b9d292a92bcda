//! The chat's own terms: references to rooms, manners of speaking, ranks, room modes, and reasons for
//! leaving.
//!
//! They are data that actions, events and views all have, so they stand in a file that imports nothing.
//! Types whose values can be listed have an `ALL`, through which bytes, digests and dialects go: a new value
//! has to be added there.

/// The id of a room that was found. Unlike a name, an id never means another room later: the place in the
/// table is used again for a new room, but the serial number is not. A dialect may therefore keep an id, and
/// finds either the same room or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId {
    pub(super) index: u32,
    /// The serial number of the room among all rooms that were ever made. It wraps around after 2^32 rooms,
    /// of which one client makes two a second at the default rate: in 68 years.
    pub(super) number: u32,
}

/// The room that an action is about, by id or by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomRef<'a> {
    /// A room that was found before.
    Id(RoomId),
    /// The room that has this name when the action is applied, in the spelling that a user typed.
    Named(&'a str),
}

impl From<RoomId> for RoomRef<'_> {
    fn from(id: RoomId) -> Self {
        Self::Id(id)
    }
}

/// The reason why a client left. The client's own words are kept apart from the server's, so that no
/// client can forge a reason of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The client's own words on leaving.
    Words(&'a str),
    /// The connection was closed in good order.
    Closed,
    /// The connection broke.
    Reset,
    /// The server ended the connection, for this reason.
    Server(&'a str),
    /// A person with the right to do so removed the client.
    Removed {
        /// The name of the person who removed the client.
        by: &'a str,
        /// The reason, if one was given.
        reason: Option<&'a str>,
    },
}

/// The manner in which something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speech {
    /// `<bob> hello`
    #[default]
    Message,
    /// `~ bob waves`
    Action,
    /// A message that programs must not answer automatically (RFC 2812, 3.3.2), or two of them would answer
    /// each other for ever.
    Notice,
    /// A question for the program at the other end, not for a person. Only clients that hear
    /// [`Raw`](super::EventLevel::Raw) event get it, and no history keeps it.
    CtcpRequest,
    /// A program's answer to a [`CtcpRequest`](Self::CtcpRequest).
    CtcpReply,
    /// A message without text, of which only the tags count. It goes to the same clients as a
    /// [`CtcpRequest`](Self::CtcpRequest).
    TagsOnly,
}

impl Speech {
    /// All kinds of speech.
    pub const ALL: [Self; 6] = [
        Self::Message,
        Self::Action,
        Self::Notice,
        Self::CtcpRequest,
        Self::CtcpReply,
        Self::TagsOnly,
    ];

    /// Returns whether the message is for people, who may also read it later in the history.
    ///
    /// # Examples
    ///
    /// ```
    /// use parloir::relay::hub::Speech;
    ///
    /// let for_people = Speech::ALL.into_iter().filter(|it| it.is_for_people());
    /// assert!(for_people.eq([Speech::Message, Speech::Action, Speech::Notice]));
    /// ```
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Message | Self::Action | Self::Notice)
    }
}

/// A rank in a room, from the lowest to the highest. The highest rank of a member counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Every client in the room.
    #[default]
    Member,
    /// May speak where not everyone may.
    Voice,
    /// An operator of the room.
    Operator,
}

impl Rank {
    /// All ranks, the lowest first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Voice, Self::Operator];
}

/// All ranks of a member: an operator may have a voice as well, and keeps it when the other rank is taken
/// away.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::{Rank, Ranks};
///
/// let both = Ranks { is_operator: true, has_voice: true };
/// assert_eq!(both.highest(), Rank::Operator);
/// assert!(Rank::ALL.into_iter().all(|rank| both.has(rank)));
/// assert_eq!(Ranks::default().highest(), Rank::Member);
/// assert!(Rank::Voice < Rank::Operator);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ranks {
    /// True if the member is an operator of the room.
    pub is_operator: bool,
    /// True if the member may speak where not everyone may.
    pub has_voice: bool,
}

impl Ranks {
    /// Returns the highest of the ranks.
    pub fn highest(self) -> Rank {
        match self {
            Self {
                is_operator: true, ..
            } => Rank::Operator,
            Self {
                has_voice: true, ..
            } => Rank::Voice,
            _ => Rank::Member,
        }
    }

    /// Returns whether a rank is one of these.
    pub fn has(self, rank: Rank) -> bool {
        match rank {
            Rank::Member => true,
            Rank::Voice => self.has_voice,
            Rank::Operator => self.is_operator,
        }
    }

    pub(super) fn set(&mut self, rank: Rank, is_on: bool) {
        match rank {
            Rank::Member => {}
            Rank::Voice => self.has_voice = is_on,
            Rank::Operator => self.is_operator = is_on,
        }
    }
}

/// The recipient of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To<'a> {
    /// A room.
    Room {
        /// The room's name.
        name: &'a str,
        /// The lowest rank of the members that the message is for.
        at_least: Rank,
    },
    /// One person, by nickname.
    Person(&'a str),
}

/// One change to a room's modes. All changes are for operators of the room and of the server.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use parloir::relay::hub::{Action, Done, EventLevel, Flag, Host, Hub, List, ModeChange, Nick, Outcome};
/// # use parloir::relay::hub::{Addressee, CommandError, Event, Rank, Recipient, RoomRef, Sink};
/// use parloir::{ConnId, RelayConfig, Time};
///
/// # struct Quiet;
/// # impl Sink for Quiet {
/// #     fn to_room<'e>(&mut self, _: &str, _: impl Iterator<Item = Recipient>,
/// #         _: impl Iterator<Item = Event<'e>> + Clone) {}
/// #     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
/// #     fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
/// #     fn dismissed(&mut self, _: ConnId) {}
/// # }
/// let (mut hub, ann) = (Hub::new(RelayConfig::default()), ConnId::new(0, 0));
/// let now = Time::new(Duration::ZERO, Duration::ZERO);
/// let (level, host, room) = (EventLevel::Room, Host::LOCAL, RoomRef::Named("dev"));
/// let changes = [
///     ModeChange::Flag(Flag::Moderated, true),
///     ModeChange::Flag(Flag::NoExternal, true),
///     ModeChange::List { list: List::Bans, mask: "eve", is_on: true },
///     ModeChange::Rank { rank: Rank::Voice, name: "bob", is_on: true },
/// ];
/// for action in [
///     Action::Admit { level, host, address: None, enters_default: false },
///     Action::Arrive { nick: Nick::Exactly("ann"), names: None },
///     Action::Join { room: "dev", key: None, leaves_others: false },
/// ] {
///     hub.apply(ann, &action, now, &mut Quiet).expect("ann may do all of this");
/// }
/// let done = hub.apply(ann, &Action::ChangeModes { room, changes: &changes }, now, &mut Quiet);
/// let no_bob = Outcome::Refused(CommandError::NoOneCalled("bob"));
/// let expected = vec![Outcome::Applied, Outcome::Unchanged, Outcome::Applied, no_bob];
/// assert_eq!(done, Ok(Done::Changes(expected)), "each change stands by itself");
/// assert_eq!(hub.room("dev").unwrap().list(List::Bans).next().unwrap().mask, "eve!*@*");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeChange<'a> {
    /// A rule is switched on or off.
    Flag(Flag, bool),
    /// The key is set, without which clients cannot enter; none removes the key.
    Key(Option<&'a str>),
    /// The highest number of members, with a nickname or without, is set; none removes the limit.
    Limit(Option<u32>),
    /// A member is given a rank, or loses it.
    Rank {
        /// The rank. It is never [`Rank::Member`], which every member has.
        rank: Rank,
        /// The member's nickname.
        name: &'a str,
        /// True if the rank is given.
        is_on: bool,
    },
    /// A mask is put on a list, or taken off it.
    List {
        /// The list.
        list: List,
        /// The mask, `nick!user@host`, where `*` stands for any characters and `?` for one character.
        mask: &'a str,
        /// True if the mask is put on the list.
        is_on: bool,
    },
}

/// A rule of a room that is switched on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Only invited clients may enter. IRC's mode `i`.
    InviteOnly,
    /// Only members with a voice and operators may speak. IRC's mode `m`.
    Moderated,
    /// Only members may speak in the room. IRC's mode `n`, which is the one rule of a new room.
    NoExternal,
    /// The room is not listed, and only its members and server operators may see that it exists. IRC's
    /// mode `s`.
    Secret,
    /// Only operators may set the topic. IRC's mode `t`.
    TopicLocked,
}

impl Flag {
    /// All flags.
    pub const ALL: [Self; 5] = [
        Self::InviteOnly,
        Self::Moderated,
        Self::NoExternal,
        Self::Secret,
        Self::TopicLocked,
    ];
}

/// A list of masks of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Masks of clients that may neither enter nor speak.
    Bans,
    /// Masks of clients that may enter and speak although a ban or a mute matches them.
    BanExceptions,
    /// Masks of clients that need no invitation.
    InviteExceptions,
    /// Masks of clients that may not speak.
    Mutes,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 4] = [
        Self::Bans,
        Self::BanExceptions,
        Self::InviteExceptions,
        Self::Mutes,
    ];
}
