//! The chat's own terms: which room, how something is said and to whom, what someone is in a room, what
//! its modes are, why somebody left.

/// A room, once it was found: unlike its name it is never another's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId {
    pub(super) index: u32,
    /// Which of all that were ever made.
    pub(super) number: u32,
}

/// A room as an action names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomRef<'a> {
    /// One that was found before.
    Id(RoomId),
    /// The one that has this name by then, as somebody wrote it.
    Named(&'a str),
}

impl From<RoomId> for RoomRef<'_> {
    fn from(id: RoomId) -> Self {
        Self::Id(id)
    }
}

/// Why someone left. Words of their own are told from the server's, which nobody can forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// What they said on leaving.
    Words(&'a str),
    /// Their connection ended in good order.
    Closed,
    /// It broke.
    Reset,
    /// The server ended it, and this is why.
    Server(&'a str),
    /// Somebody who may do that removed them.
    Removed {
        /// Who did.
        by: &'a str,
        /// Why, if that was said.
        reason: Option<&'a str>,
    },
}

/// How something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speech {
    /// `<bob> hello`
    #[default]
    Message,
    /// `~ bob waves`
    Action,
    /// A message that a program must not answer by itself.
    Notice,
    /// A question for the program at the other end, not for a person. Only for those who hear
    /// [`Each`](super::Hears::Each) thing, and kept in no history.
    Signal,
    /// A program's answer to one.
    Reply,
    /// No text at all: only the tags count. Goes where signals go.
    Bare,
}

impl Speech {
    /// Whether it is for people, who may read it later as well.
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Message | Self::Action | Self::Notice)
    }
}

/// What someone is in a room, at the least: the highest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// One of those who are there.
    #[default]
    Member,
    /// May speak where not everyone may.
    Voice,
    /// Rules the room.
    Operator,
}

/// All that someone is in a room: an operator may have a voice besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ranks {
    /// Rules the room.
    pub is_operator: bool,
    /// May speak where not everyone may.
    pub has_voice: bool,
}

impl Ranks {
    /// The highest of them.
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

    /// Whether it is one of them.
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

/// Whom something said is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To<'a> {
    /// A room.
    Room {
        /// What it is called.
        name: &'a str,
        /// Only those in it who are at least this.
        at_least: Rank,
    },
    /// One person, by nickname.
    Person(&'a str),
}

/// One change of a room's modes. Most are for its operators to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeChange<'a> {
    /// A rule that holds or does not.
    Flag(Flag, bool),
    /// The word without which one does not come in; none: there is none any more.
    Key(Option<&'a str>),
    /// How many may be in the room, named or not; none: any number.
    Limit(Option<u32>),
    /// Someone becomes something, or is it no longer.
    Rank {
        /// What: not [`Rank::Member`], which everybody is.
        rank: Rank,
        /// Their nickname.
        name: &'a str,
        /// Whether they are it.
        is_on: bool,
    },
    /// A mask is put on a list, or taken off it.
    List {
        /// Which list.
        list: List,
        /// `nick!user@host`, where `*` stands for anything and `?` for one character.
        mask: &'a str,
        /// Whether it is on the list.
        is_on: bool,
    },
}

/// A rule of a room that holds or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Only those invited come in.
    InviteOnly,
    /// Only those with a voice speak.
    Moderated,
    /// Only those in the room speak in it.
    NoExternal,
    /// It is not listed, and who is in it is for those in it to know.
    Secret,
    /// Only operators set the topic.
    TopicLocked,
}

impl Flag {
    /// Every one of them.
    pub const ALL: [Self; 5] = [
        Self::InviteOnly,
        Self::Moderated,
        Self::NoExternal,
        Self::Secret,
        Self::TopicLocked,
    ];
}

/// A room's lists of masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Who neither comes in nor speaks.
    Bans,
    /// Who does so all the same.
    BanExceptions,
    /// Who needs no invitation.
    InviteExceptions,
    /// Who does not speak.
    Mutes,
}

impl List {
    /// Every one of them.
    pub const ALL: [Self; 4] = [
        Self::Bans,
        Self::BanExceptions,
        Self::InviteExceptions,
        Self::Mutes,
    ];
}
