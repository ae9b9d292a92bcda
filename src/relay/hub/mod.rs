//! The chat itself: rooms, nicknames, topics and history, without sockets, clock or protocol.
//!
//! The chat changes in one way only: a client's [`Action`] is [applied](Hub::apply), one at a time. The
//! client that acts gets its result, a [`Done`], or the reason why the action was [`CommandError`]. All
//! clients that the change concerns, the acting client included, are told by [`Event`]s through a
//! [`Sink`], each event with its audience and in the order in which the events are to be read. The same
//! actions give the same events on every machine. Questions (who is in a room, what was said, which
//! modes hold) are methods that change nothing.
//!
//! A client is first [admitted](Action::Admit) as a listener, then [arrives](Action::Arrive) by taking a
//! nickname, acts, and [leaves](Action::Leave). An action names its room: most people are in one room at
//! a time, which their dialect knows, but programs show several rooms at once.
//!
//! Actions are made from lines, and events are written as lines, but neither is a line itself: a dialect
//! translates between the two.
//!
//! The hub is called by the relay, by programs with I/O of their own (`examples/hub_alone.rs`) and by the
//! simulator, which holds it to a model. Nothing in this folder may read a clock, draw a random number, log,
//! or let the order of a hash table show in a result: two hubs that are given the same actions at the same
//! times must agree, whatever the ids of their connections (`tests/twins.rs`).
//!
//! # State that is stored twice
//!
//! A broadcast runs over a room, a question over a client. So some facts have two places, which change
//! together and in these functions alone:
//!
//! | fact | places | functions |
//! | --- | --- | --- |
//! | members of rooms | `Memberships`, `Members` | `add_member`, `remove_member`, `renew_member`, `leave` |
//! | the format of a client | `Client`, each of its `Member`s | [`Hub::set_format`] |
//! | the owner of a nickname | `Client::name`, `Nicks` | `People::claim`, `set_name`, `release`, `take` |
//! | watched nicknames | `Profile`, `Watch` | `People::watch`, `unwatch`, `unwatch_all` |
//! | empty rooms | `Room::empty_since`, `Rooms::empty` | `Rooms::note_empty`, `keep_empty`, `forget` |
//! | bytes of history | `History`, `Rooms::history_bytes` | `Rooms::change_history`, `forget` |
//! | number of masks | `Rules`, `Rooms::masks` | `add_mask`, `remove_mask`, `forget` |
//!
//! # Modules
//!
//! | module | its one job |
//! | --- | --- |
//! | `state` | the chat as a whole: its parts, subscriptions, and the next deadline |
//! | `people`, `person`, `whowas` | connected clients, their profiles, and names that were given up |
//! | `nicks`, `index` | the owner of each nickname |
//! | `names`, `fold`, `confusables` | legal names, and names that are equal or look alike |
//! | `rooms`, `room`, `members`, `empty_rooms`, `limits` | all rooms, one room, its members, rooms without any, and how many |
//! | `memberships` | the rooms that one client is in |
//! | `recipient`, `roster` | the recipients of events, and lists of members as clients are shown them |
//! | `rules`, `masks` | the permissions in a room, and the clients that they apply to |
//! | `action`, `apply` | the possible actions, and the one way to carry them out |
//! | `identity` | actions of clients on themselves |
//! | `joining` | entering and leaving rooms, and leaving the server |
//! | `messaging`, `history`, `conversations` | messages, and the messages that are kept |
//! | `past` | the messages that a question about the past means |
//! | `moderation` | actions of operators |
//! | `announce`, `join_digest`, `visited` | the audience and the time of announcements of joins and departures |
//! | `watch`, `monitored` | watched nicknames and followed metadata keys |
//! | `metadata`, `values` | keys and values |
//! | [`cost`] | the cost of actions and questions |
//! | `record` | rooms, messages and changes as data, for what outlives the process |
//! | `queries`, `view`, `digest` | read access to all of the chat, and comparison of two chats |

mod action;
mod announce;
mod apply;
mod command_error;
mod confusables;
mod conversations;
pub mod cost;
mod digest;
mod empty_rooms;
mod event;
mod flood;
mod fold;
mod history;
mod identity;
mod index;
mod join_digest;
mod joining;
mod limits;
mod masks;
mod members;
mod memberships;
mod messaging;
mod metadata;
mod moderation;
mod monitored;
pub mod names;
mod nicks;
mod past;
mod people;
mod person;
mod queries;
mod recipient;
mod record;
mod room;
mod rooms;
mod roster;
mod rules;
mod state;
mod terms;
mod values;
mod view;
mod visited;
mod watch;
mod whowas;

pub use action::{Action, Done, Outcome, Receipt, Texts, TextsIter, Utterance, Whose};
pub use command_error::CommandError;
pub use conversations::CONVERSATION_LINES_MAX;
pub use event::{Event, Said, Sink};
pub use flood::{Allowance, Flood};
pub use history::{Entry, MessageId};
pub use joining::ROOMS_OF_ONE_MAX;
pub use masks::{MASK_PART_CHARS_MAX, mask_in_full, mask_of, matches};
pub use members::EventLevel;
pub use nicks::Nick;
pub use past::{ArchiveKey, Reference, Selection};
pub use person::{Host, NoHost, Person, PersonFlag, Profile, USER_DEFAULT};
pub use queries::Counts;
pub use recipient::{Addressee, Format, Recipient};
pub use record::{Change, MaskRecord, PersonRecord, RoomRecord};
pub use room::Topic;
pub use roster::{NAMES_SHOWN_MAX, Names};
pub use rules::{KEY_BYTES_MAX, MASKS_MAX, MASKS_TOTAL_MAX, is_key};
pub use state::Hub;
pub use terms::{Flag, List, ModeChange, Rank, Ranks, Reason, RoomId, RoomRef, Speech, To};
pub use values::{
    METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_VALUE_BYTES_MAX, Metadata, MetadataError,
    is_metadata_key,
};
pub use view::{MaskView, MemberView, RoomView};
pub use watch::{FOLLOWED_MAX, WATCHED_MAX};
pub use whowas::{PAST_MAX, Past};

#[cfg(test)]
use crate::{
    config::RelayConfig,
    protocol::{ConnId, Time},
};

#[cfg(test)]
pub(super) mod tests;
