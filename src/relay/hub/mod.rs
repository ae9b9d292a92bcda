//! The chat itself, pure: rooms, nicknames, topics, history. No socket, no clock, no protocol.
//!
//! There is one way to change it: somebody's [`Action`], [applied](Hub::apply) at a time. What came of it
//! is a [`Done`] for whoever did it, or why it was [`Refused`]; whom else it concerns, and they
//! themselves, are told by [`Event`]s through a [`Sink`], each with its audience and in the order in
//! which they are to be read. The same actions give the same events, whatever the machine. Questions
//! (who is here, what was said, what holds in a room) are methods that change nothing.
//!
//! Someone is first [admitted](Action::Admit) as a listener, then [arrives](Action::Arrive) by taking a
//! nickname, does things, and [leaves](Action::Leave). An action names its room: most people are in one
//! at a time, and their dialect knows which; programs show several at once.
//!
//! Lines are what an action is made of and an event is written as, but neither is one: that is what a
//! dialect is for.
//!
//! | module | its one job |
//! | --- | --- |
//! | `state` | the parts together: letting somebody in, and what passes with time |
//! | `people`, `person`, `past` | who is here, what others see of them, and who was here |
//! | `nicks`, `index` | who is called what |
//! | `names`, `fold`, `looks` | what one may be called, and which names are the same or look so |
//! | `rooms`, `room`, `members` | which rooms there are, and who is in them |
//! | `memberships` | which rooms somebody is in |
//! | `recipient`, `roster` | to whom something is sent, and who is there, as it is told |
//! | `rules`, `masks` | what is allowed in a room, and to whom |
//! | `action`, `apply` | what can be done, and the one way to do it |
//! | `act` | what people do about themselves |
//! | `enter` | coming into rooms, going out, and leaving for good |
//! | `speak`, `history`, `conversations` | what is said, and what is kept of it |
//! | `govern` | what operators do |
//! | `announce`, `gather`, `seen` | who is told of whose coming and going, and when |
//! | `watch`, `watched` | who waits for whom, and which keys they follow |
//! | `metadata`, `values` | keys and values |
//! | [`work`] | what it costs |
//! | `queries`, `view`, `digest` | all of it to look at, and to compare |

mod act;
mod action;
mod announce;
mod apply;
mod command;
mod conversations;
mod digest;
mod enter;
mod event;
mod flood;
mod fold;
mod gather;
mod govern;
mod history;
mod index;
mod looks;
mod masks;
mod members;
mod memberships;
mod metadata;
pub mod names;
mod nicks;
mod past;
mod people;
mod person;
mod queries;
mod recipient;
mod refused;
mod room;
mod rooms;
mod roster;
mod rules;
mod seen;
mod speak;
mod state;
mod values;
mod view;
mod watch;
mod watched;
pub mod work;

pub use action::{Action, Done, Outcome, Receipt, Texts, TextsIter, Utterance, Whose};
pub use command::{Flag, List, ModeChange, Rank, Ranks, Reason, RoomId, RoomRef, Speech, To};
pub use conversations::CONVERSATION_LINES_MAX;
pub use enter::ROOMS_OF_ONE_MAX;
pub use event::{Event, Said, Sink};
pub use flood::{Allowance, Flood};
pub use history::{Entry, MessageId};
pub use masks::{MASK_PART_CHARS_MAX, mask_in_full, mask_of, matches};
pub use members::Hears;
pub use nicks::Nick;
pub use past::{PAST_MAX, Past};
pub use person::{Host, Person, PersonFlag, Profile, USER_DEFAULT};
pub use queries::Counts;
pub use recipient::{Addressee, Format, Recipient};
pub use refused::Refused;
pub use room::Topic;
pub use roster::{NAMES_SHOWN_MAX, Names};
pub use rules::{KEY_BYTES_MAX, MASKS_MAX, MASKS_TOTAL_MAX, is_key};
pub use state::Hub;
pub use values::{
    METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_VALUE_BYTES_MAX, Metadata, NotSet,
    is_metadata_key,
};
pub use view::{MaskView, MemberView, RoomView};
pub use watch::{FOLLOWED_MAX, WATCHED_MAX};

#[cfg(test)]
use crate::{
    config::RelayConfig,
    protocol::{ConnId, Time},
};

#[cfg(test)]
mod tests;
