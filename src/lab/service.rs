//! The twelve services, with their names, their ports and the tags of their listeners.

use std::fmt;
use std::str::FromStr;

use crate::protocol::Tag;

/// One of the lab's services.
///
/// ```
/// use parloir::lab::Service;
///
/// let service: Service = "hello".parse()?;
/// assert!(service.is_datagram());
/// // Two services may have one port, if one of them speaks UDP.
/// assert_eq!((service.port(), Service::Echo.port()), (3000, 3000));
/// assert_eq!(Service::of(service.tag()), Some(service));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Sends a line at once and one every second, for ever.
    Feed,
    /// Sends a few lines, then ends the stream.
    Burst,
    /// Sends the same bytes back.
    Echo,
    /// Answers every datagram.
    Hello,
    /// Acknowledges one message, and closes.
    Ack,
    /// A person answers, at the teacher's terminal.
    Operator,
    /// Sends the bytes of one client to all the others, unchanged.
    Broker,
    /// Takes one message.
    Mailbox,
    /// Takes a pseudonym and lines, and shows where they end.
    Pseudo,
    /// Sends the messages of `talk` and `chat` to its clients.
    Listen,
    /// Takes messages for `listen` and `chat`.
    Talk,
    /// The relay itself.
    Chat,
}

impl Service {
    /// All services, in the order of the teacher's table.
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

    /// The name of the service.
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

    /// The port at which students look for the service unless they are told another.
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

    /// Returns whether the service speaks UDP. All others speak TCP.
    pub const fn is_datagram(self) -> bool {
        matches!(self, Self::Hello)
    }

    /// The tag of the service's listeners: its place in [`Self::ALL`], which must keep the order of the
    /// variants.
    pub const fn tag(self) -> Tag {
        Tag(self as u32)
    }

    /// The service whose listeners have this tag.
    pub fn of(tag: Tag) -> Option<Self> {
        Self::ALL.get(tag.0 as usize).copied()
    }

    /// Returns whether the service itself shows its input, message by message; otherwise the input is
    /// shown as it comes in.
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
