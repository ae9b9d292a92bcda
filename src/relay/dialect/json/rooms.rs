//! Rooms that a client may look at.
//!
//! A secret room that one is not in is answered as one that does not exist, in the same words.

use super::errors::RequestError;
use crate::protocol::ConnId;
use crate::relay::hub::{CommandError, Hub, RoomView};

/// A room that a client may know of.
pub(super) fn visible_room<'h>(
    hub: &'h Hub,
    id: ConnId,
    name: &str,
) -> Result<RoomView<'h>, RequestError> {
    let view = hub.room(name).filter(|view| view.is_visible_to(id));
    view.ok_or_else(|| RequestError::refused(&CommandError::NoSuchRoom, name))
}

/// A room that a client is in: the past of a room is for its members. That a room is there, but not theirs,
/// others may know.
pub(super) fn own_room<'h>(
    hub: &'h Hub,
    id: ConnId,
    name: &str,
) -> Result<RoomView<'h>, RequestError> {
    let view = visible_room(hub, id, name)?;
    match view.ranks_of(id) {
        Some(_) => Ok(view),
        None => Err(RequestError::refused(&CommandError::NotIn, name)),
    }
}
