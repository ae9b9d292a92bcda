//! The chat's own terms: references to rooms, manners of speaking, ranks, room modes, and reasons for
//! leaving.

/// The id of a room that was found. Unlike a name, an id never means another room later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId {
    pub(super) index: u32,
    /// The serial number of the room among all rooms that were ever made.
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
    /// A message that programs must not answer automatically.
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

/// All ranks of a member: an operator may have a voice as well.
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

/// One change to a room's modes. Most changes are for the room's operators only.
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
    /// Only invited clients may enter.
    InviteOnly,
    /// Only members with a voice and operators may speak.
    Moderated,
    /// Only members may speak in the room.
    NoExternal,
    /// The room is not listed, and only its members and server operators may see that it exists.
    Secret,
    /// Only operators may set the topic.
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
