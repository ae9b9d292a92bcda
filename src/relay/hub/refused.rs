//! Why something is not done.

use super::command::{List, RoomId};
use super::values::NotSet;

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused<'a> {
    /// It needs a nickname.
    NicknameFirst,
    /// Nobody is called so.
    NoOneCalled(&'a str),
    /// That person's connection only sends.
    ReadsNothing(&'a str),
    /// Someone else is called so.
    NameTaken,
    /// That is no nickname.
    NameIllegal,
    /// Nobody may be called so.
    NameReserved,
    /// One may not speak in a room that one is in, and so takes no other nickname either.
    NameKept {
        /// The room.
        room: RoomId,
        /// What keeps one from speaking there.
        why: &'static Refused<'static>,
    },

    /// There is no such room.
    NoSuchRoom,
    /// That is no name for a room.
    NoRoomName,
    /// No further room can be made.
    TooManyRooms,
    /// One is in as many rooms as one may be.
    InTooManyRooms,
    /// One is there already.
    AlreadyIn,
    /// One is not in the room.
    NotIn,
    /// Nothing has been said in the room.
    NoHistory,
    /// No such message of the room's is kept.
    NoSuchMessage,

    /// The room's key is missing or wrong.
    NeedsKey,
    /// One must be invited.
    InviteOnly,
    /// One is kept out.
    Banned,
    /// As many are in the room as may be.
    Full,

    /// Only those with a voice speak in the room.
    Moderated,
    /// Only those in the room speak in it.
    NoExternal,
    /// One is kept from speaking in the room.
    Muted,
    /// One is kept out, and being in the room still does not speak there.
    BannedThere,

    /// That is for operators of the room.
    NotOperator,
    /// That person is not in the room.
    NotWithYou(&'a str),
    /// That person is in the room already.
    AlreadyThere(&'a str),
    /// That can be no key: see [`is_key`](super::is_key).
    KeyIllegal,
    /// A list of the room's is full.
    ListFull(List),
    /// It is so already.
    Unchanged,
    /// Metadata is not set.
    NotSet(NotSet),
    /// So many names are watched as may be.
    WatchesTooMany,
}
