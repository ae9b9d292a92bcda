//! The twelve services by name: where each is found, and what it is found by.

use std::fmt;
use std::str::FromStr;

use crate::protocol::Tag;

/// One of the lab's services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// A line at once and one every second, for ever.
    Feed,
    /// A few lines, then the end of the stream.
    Burst,
    /// The same bytes back.
    Echo,
    /// Answers every datagram.
    Hello,
    /// Acknowledges one message, and closes.
    Ack,
    /// A person answers, at the teacher's terminal.
    Operator,
    /// What one says goes to all the others, as it is.
    Broker,
    /// Takes one message.
    Mailbox,
    /// Takes a pseudonym and lines, and shows where they end.
    Pseudo,
    /// Hears what is said on `talk` and `chat`.
    Listen,
    /// Says things to `listen` and `chat`.
    Talk,
    /// The relay itself.
    Chat,
}

impl Service {
    /// All of them, in the order of the teacher's table.
    pub const ALL: [Self; 12] = [
        Self::Feed,
        Self::Burst,
        Self::Echo,
        Self::Hello,
        Self::Ack,
        Self::Operator,
        Self::Broker,
        Self::Mailbox,
        Self::Pseudo,
        Self::Listen,
        Self::Talk,
        Self::Chat,
    ];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Burst => "burst",
            Self::Echo => "echo",
            Self::Hello => "hello",
            Self::Ack => "ack",
            Self::Operator => "operator",
            Self::Broker => "broker",
            Self::Mailbox => "mailbox",
            Self::Pseudo => "pseudo",
            Self::Listen => "listen",
            Self::Talk => "talk",
            Self::Chat => "chat",
        }
    }

    /// The port where students look for it when they are told nothing else.
    pub const fn port(self) -> u16 {
        match self {
            Self::Feed => 2000,
            Self::Burst => 2001,
            Self::Echo | Self::Hello => 3000,
            Self::Ack => 3001,
            Self::Operator => 3002,
            Self::Broker => 3003,
            Self::Mailbox => 3004,
            Self::Pseudo => 4240,
            Self::Listen => 4241,
            Self::Talk => 4242,
            Self::Chat => 5000,
        }
    }

    /// Whether it speaks UDP. All others speak TCP.
    pub const fn is_datagram(self) -> bool {
        matches!(self, Self::Hello)
    }

    /// The tag of its listeners.
    pub const fn tag(self) -> Tag {
        Tag(self as u32)
    }

    /// Whose listeners have this tag.
    pub fn of(tag: Tag) -> Option<Self> {
        Self::ALL.get(tag.0 as usize).copied()
    }

    /// Whether what it receives is shown message by message, by the service itself, and not as it
    /// comes in.
    pub(super) const fn shows_messages(self) -> bool {
        matches!(self, Self::Ack | Self::Operator | Self::Mailbox)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            format!("{text:?} is no service (use {})", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_name_and_by_its_tag() {
        for service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
            assert_eq!(Service::of(service.tag()), Some(service));
        }
        assert!(
            "ech"
                .parse::<Service>()
                .unwrap_err()
                .contains("echo, hello")
        );
        assert_eq!(Service::of(Tag(12)), None);
    }
}
