//! Requests about the modes of a room: mode, ban, mute, and their opposites.

use super::changes::{check_word, mask_of, read_change};
use super::dispatch::CommandContext;
use super::errors::RequestError;
use super::fields::room;
use super::request::JsonRequest;
use super::rooms::visible_room;
use crate::protocol::Output;
use crate::relay::hub::{Action, List, ModeChange, RoomRef};

/// Changes in one request.
const CHANGES_MAX: usize = 20;

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn mode(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let room = RoomRef::Named(room(it)?);
        let asked = it.objects("changes")?;
        if asked.is_empty() || asked.len() > CHANGES_MAX {
            let must_be = format!("a list of 1 to {CHANGES_MAX} objects");
            return Err(RequestError::field("changes", &must_be));
        }
        // All changes are read before any is made: a request with a mistake in it changes nothing.
        let masks: Result<Vec<_>, _> = asked.iter().map(mask_of).collect();
        let masks = masks?;
        let changes = asked.iter().zip(&masks);
        let changes = changes.map(|(it, mask)| read_change(it, mask));
        let changes: Result<Vec<_>, _> = changes.collect();
        let changes = &changes?;
        self.act(&Action::ChangeModes { room, changes });
        Ok(())
    }

    /// ban, unban, mute, unmute: by a nickname, or a mask. As at `nc`, a nickname means whoever comes from
    /// its host, and only the server knows that host.
    pub(super) fn keep_out(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let asked = self.state.asked;
        let name = room(it)?;
        let whom = match it.optional("mask")? {
            Some(mask) => check_word("mask", mask)?,
            None => check_word("nick", it.text("nick")?)?,
        };
        let room = visible_room(self.hub, self.conn.id, name)?.id();
        let list = if asked.ends_with("mute") {
            List::Mutes
        } else {
            List::Bans
        };
        let is_on = !asked.starts_with("un");
        let masks = self.hub.masks_meant(room, list, whom, is_on);
        let change = |mask| ModeChange::List { list, mask, is_on };
        let changes: Vec<_> = masks.iter().map(|mask| change(mask)).collect();
        let (room, changes) = (RoomRef::Named(name), &*changes);
        self.act(&Action::ChangeModes { room, changes });
        Ok(())
    }
}
