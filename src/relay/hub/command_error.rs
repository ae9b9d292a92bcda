//! The reasons why an action is refused.
//!
//! One list for all dialects, in the terms of the chat: each dialect has its own words and numbers for a
//! reason (`line/refusals.rs`, `irc/channel.rs`, `json/errors.rs`). A reason borrows the name that was
//! asked for, so that a refusal costs no allocation; a hostile client can cause as many as it likes.

use super::terms::{List, RoomId};
use super::values::MetadataError;

/// The reason why an action was not carried out.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::CommandError;
///
/// fn words(why: CommandError<'_>) -> String {
///     match why {
///         CommandError::NoOneCalled(name) => format!("no one is called {name}"),
///         CommandError::NeedsKey => "this room has a key".to_owned(),
///         other => format!("{other:?}"),
///     }
/// }
/// assert_eq!(words(CommandError::NoOneCalled("bob")), "no one is called bob");
/// assert_eq!(words(CommandError::Full), "Full");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError<'a> {
    /// The action needs a nickname.
    NicknameFirst,
    /// No client has this nickname.
    NoOneCalled(&'a str),
    /// The connection of the person with this nickname only sends. A message to it would be lost without
    /// a word, so its sender is told.
    ReadsNothing(&'a str),
    /// Another client has the nickname, or one that looks like it.
    NameTaken,
    /// The text is not a legal nickname.
    NameIllegal,
    /// The nickname is reserved.
    NameReserved,
    /// The client may not speak in one of its rooms, or the new nickname is banned there, so the client
    /// keeps its nickname.
    NameKept {
        /// The room.
        room: RoomId,
        /// The reason why the client may not speak in that room, or could not under the new nickname. It is
        /// a reference because an enum cannot hold itself; a box would be an allocation for each refusal.
        why: &'static CommandError<'static>,
    },

    /// There is no such room, or it is secret and the client may not know that it exists.
    NoSuchRoom,
    /// The text is not a legal room name.
    NoRoomName,
    /// No further room can be made.
    TooManyRooms,
    /// The client is in as many rooms as it may be.
    InTooManyRooms,
    /// The client is in the room already.
    AlreadyIn,
    /// The client is not in the room.
    NotIn,
    /// No messages of the room are kept.
    NoHistory,
    /// The room keeps no such message.
    NoSuchMessage,

    /// The room's key is missing or wrong.
    NeedsKey,
    /// The room is for invited clients only.
    InviteOnly,
    /// The client is banned from the room, and so may not enter.
    Banned,
    /// The room has as many members as it may have.
    Full,

    /// Only members with a voice and operators may speak in the room.
    Moderated,
    /// Only members may speak in the room.
    NoExternal,
    /// The client is muted in the room.
    Muted,
    /// The client is banned from the room. Even if it is still a member, it may not speak there. People who
    /// were told in this case that they are muted looked for a mute that was not there.
    BannedThere,

    /// The action is for operators of the room.
    NotOperator,
    /// The person with this nickname is not in the room.
    NotWithYou(&'a str),
    /// The person with this nickname is in the room already.
    AlreadyThere(&'a str),
    /// The text cannot be a room's key: see [`is_key`](super::is_key).
    KeyIllegal,
    /// The lists of the room, or those of all rooms together, have no place for another mask.
    ListFull(List),
    /// The room already had the mode, so nothing changed.
    Unchanged,
    /// Metadata was not set.
    MetadataError(MetadataError),
    /// The client watches as many nicknames as it may.
    WatchesTooMany,
}
