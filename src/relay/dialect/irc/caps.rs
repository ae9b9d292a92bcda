//! The capabilities on offer, sets of them, and the wire format that a set results in.
//!
//! IRCv3 capability-negotiation; each capability names its own specification.
//!
//! Ten capabilities in a format make a thousand formats. An event is written once for each format that
//! differs for it, so formats are first reduced to the capabilities that matter to the event (`only_in`): a
//! short message is then written in four ways at most, whoever is in the room.

use std::ops::{BitOr, BitOrAssign, Sub};

use crate::relay::hub::Format;
use crate::store::Abilities;

/// A set of capabilities. A capability that concerns answers alone is not part of a format, and has its bit
/// from 16 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::relay) struct Caps(u32);

impl Caps {
    /// The capabilities that change how an event is written come first, in the bits 1 to 11: they make
    /// up a client's wire format.
    pub(super) const SERVER_TIME: Self = Self(1 << 1);
    pub(super) const MESSAGE_TAGS: Self = Self(1 << 2);
    pub(super) const EXTENDED_JOIN: Self = Self(1 << 3);
    pub(super) const SETNAME: Self = Self(1 << 4);
    pub(super) const AWAY_NOTIFY: Self = Self(1 << 5);
    pub(super) const INVITE_NOTIFY: Self = Self(1 << 6);
    pub(super) const EXTENDED_MONITOR: Self = Self(1 << 7);
    pub(super) const REDACTION: Self = Self(1 << 8);
    /// The same capability as `EXTENDED_MONITOR`, under its draft name.
    pub(super) const EXTENDED_MONITOR_DRAFT: Self = Self(1 << 9);
    pub(super) const MULTILINE: Self = Self(1 << 10);
    pub(super) const METADATA: Self = Self(1 << 11);

    /// All capabilities that are part of a wire format. The bits from 12 on belong to `wire_format`: JSON,
    /// and the framing of lines.
    const IN_FORMATS: Self = Self(0xffe);

    pub(super) const BATCH: Self = Self(1 << 16);
    pub(super) const LABELED_RESPONSE: Self = Self(1 << 17);
    pub(super) const ECHO_MESSAGE: Self = Self(1 << 18);
    pub(super) const MULTI_PREFIX: Self = Self(1 << 19);
    pub(super) const USERHOST_IN_NAMES: Self = Self(1 << 20);
    pub(super) const ACCOUNT_NOTIFY: Self = Self(1 << 21);
    pub(super) const CHGHOST: Self = Self(1 << 22);
    pub(super) const CAP_NOTIFY: Self = Self(1 << 23);
    pub(super) const STANDARD_REPLIES: Self = Self(1 << 24);
    pub(super) const CHATHISTORY: Self = Self(1 << 25);
    pub(super) const NO_IMPLICIT_NAMES: Self = Self(1 << 26);
    pub(super) const READ_MARKER: Self = Self(1 << 27);
    /// The same capability as `NO_IMPLICIT_NAMES`, under its draft name.
    pub(super) const NO_IMPLICIT_NAMES_DRAFT: Self = Self(1 << 28);
    pub(super) const SEARCH: Self = Self(1 << 29);

    /// The bit that marks a format as IRC. A format of the line dialect is 0 apart from its framing.
    const IRC: u16 = 1;

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns whether a client that joins a channel is sent the names of its members without asking.
    pub(super) fn wants_names(self) -> bool {
        !self.has(Self::NO_IMPLICIT_NAMES) && !self.has(Self::NO_IMPLICIT_NAMES_DRAFT)
    }

    /// Returns the capabilities that have an effect: `draft/multiline` and `draft/metadata-3` have none
    /// without `batch`. A client may give up `batch` after it asked for them; it must then be sent nothing
    /// that stands in a batch.
    pub(super) fn in_effect(self) -> Self {
        match self.has(Self::BATCH) {
            true => self,
            false => self - Self::MULTILINE - Self::METADATA,
        }
    }

    /// Returns the wire format of events for a client with these capabilities.
    pub(in crate::relay) fn format(self) -> Format {
        Format((self.in_effect().0 & Self::IN_FORMATS.0) as u16 | Self::IRC)
    }

    /// Returns a format without the capabilities that are not in this set. The other bits of the format,
    /// such as its framing, are kept.
    pub(in crate::relay) fn only_in(self, format: Format) -> Format {
        Format(format.0 & !((Self::IN_FORMATS.0 & !self.0) as u16))
    }

    /// Returns the capabilities that are part of a format.
    pub(super) fn of(format: Format) -> Self {
        Self(u32::from(format.0) & Self::IN_FORMATS.0)
    }

    fn named(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, cap)| *cap)
    }
}

impl BitOr for Caps {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Caps {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl Sub for Caps {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Returns whether a client with this format is told of changes to the people it watches, and not only
/// that they come and go (IRCv3 extended-monitor).
pub(in crate::relay) fn hears_of_watched(format: Format) -> bool {
    let caps = Caps::of(format);
    caps.has(Caps::EXTENDED_MONITOR) || caps.has(Caps::EXTENDED_MONITOR_DRAFT)
}

/// The capabilities, by name. `account-notify` and `chghost` announce events that never occur, since
/// there are no accounts and hosts do not change: silence is a true answer to a client that asks for
/// them.
const ALL: [(&str, Caps); 25] = [
    ("account-notify", Caps::ACCOUNT_NOTIFY),
    ("away-notify", Caps::AWAY_NOTIFY),
    ("batch", Caps::BATCH),
    ("cap-notify", Caps::CAP_NOTIFY),
    ("chghost", Caps::CHGHOST),
    ("draft/chathistory", Caps::CHATHISTORY),
    ("draft/extended-monitor", Caps::EXTENDED_MONITOR_DRAFT),
    ("draft/message-redaction", Caps::REDACTION),
    ("draft/metadata-3", Caps::METADATA),
    ("draft/multiline", Caps::MULTILINE),
    ("draft/no-implicit-names", Caps::NO_IMPLICIT_NAMES_DRAFT),
    ("draft/read-marker", Caps::READ_MARKER),
    ("echo-message", Caps::ECHO_MESSAGE),
    ("extended-join", Caps::EXTENDED_JOIN),
    ("extended-monitor", Caps::EXTENDED_MONITOR),
    ("invite-notify", Caps::INVITE_NOTIFY),
    ("labeled-response", Caps::LABELED_RESPONSE),
    ("message-tags", Caps::MESSAGE_TAGS),
    ("multi-prefix", Caps::MULTI_PREFIX),
    ("no-implicit-names", Caps::NO_IMPLICIT_NAMES),
    ("server-time", Caps::SERVER_TIME),
    ("setname", Caps::SETNAME),
    ("soju.im/search", Caps::SEARCH),
    ("standard-replies", Caps::STANDARD_REPLIES),
    ("userhost-in-names", Caps::USERHOST_IN_NAMES),
];

/// Returns the capabilities on offer: all but those that need what this server has not.
pub(super) fn offered(abilities: Abilities) -> Caps {
    let all = ALL.iter().fold(Caps::default(), |all, (_, cap)| all | *cap);
    match abilities.has_search {
        true => all,
        false => all - Caps::SEARCH,
    }
}

/// Returns the names of the capabilities in a set.
pub(super) fn names(caps: Caps) -> impl Iterator<Item = &'static str> {
    let held = ALL.iter().filter(move |(_, cap)| caps.has(*cap));
    held.map(|(name, _)| *name)
}

/// Returns the capabilities of a client after a request for `list`; none if the list has a name that is
/// not on offer, since a request is granted as a whole or not at all.
pub(super) fn request(held: Caps, offered: Caps, list: &str) -> Option<Caps> {
    let mut caps = held;
    let named = |name| Caps::named(name).filter(|cap| offered.has(*cap));
    for word in list.split_ascii_whitespace() {
        match word.strip_prefix('-') {
            Some(name) => caps = caps - named(name)?,
            None => caps |= named(word)?,
        }
    }
    Some(caps)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_ABILITIES: Abilities = Abilities {
        has_history: true,
        has_search: true,
    };

    #[test]
    fn a_request_is_granted_whole_or_not_at_all() {
        let held = Caps::BATCH | Caps::SETNAME;
        for (list, granted) in [
            ("", Some(held)),
            ("batch", Some(held)),
            ("message-tags", Some(held | Caps::MESSAGE_TAGS)),
            ("-batch", Some(Caps::SETNAME)),
            ("-echo-message", Some(held)),
            (" -batch  batch ", Some(held)),
            ("batch nonsense", None),
            ("-nonsense", None),
            ("BATCH", None),
            ("batch=1", None),
        ] {
            assert_eq!(
                request(held, offered(ALL_ABILITIES), list),
                granted,
                "{list:?}"
            );
        }
    }

    #[test]
    fn names_and_sets_are_one_to_one() {
        let all = offered(ALL_ABILITIES);
        let list: Vec<_> = names(all).collect();
        assert_eq!(request(Caps::default(), all, &list.join(" ")), Some(all));
        assert_eq!(names(Caps::default()).count(), 0);
        assert_eq!(list.len(), ALL.len());
        assert!(list.is_sorted());
    }

    #[test]
    fn searching_is_offered_only_where_it_is_possible() {
        let offered = offered(Abilities::default());
        assert!(!names(offered).any(|name| name == "soju.im/search"));
        assert_eq!(request(Caps::default(), offered, "soju.im/search"), None);
    }

    #[test]
    fn a_format_is_what_changes_events_and_is_never_the_line_dialect_s() {
        assert_ne!(Caps::default().format(), Format(0));
        let caps = Caps::SERVER_TIME | Caps::ECHO_MESSAGE;
        assert_eq!(caps.format(), Caps::SERVER_TIME.format());
        assert_eq!(Caps::of(caps.format()), Caps::SERVER_TIME);
    }
}
