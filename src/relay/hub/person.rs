//! A person as others see it: a nickname and a profile.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::fold::folded;
use super::monitored::Watched;
use super::values::{Metadata, NOTHING};
use crate::protocol::{Address, Time};

/// The user name of clients that gave none. The tilde says that nobody has vouched for the name.
pub const USER_DEFAULT: &str = "~user";

/// A client with a nickname.
///
/// # Examples
///
/// ```
/// use parloir::Address;
/// use parloir::relay::hub::{Host, Person};
///
/// let clock = Person::absent("Clock");
/// assert_eq!(clock.mask().to_string(), "Clock!~user@local.host");
/// assert_eq!((clock.real_name(), &*clock.folded()), ("Clock", "clock"));
/// assert_eq!(clock.profile.host(), Host::cloak(42, Address::Unix));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The nickname.
    pub name: &'a str,
    /// All that others may know besides the nickname.
    pub profile: &'a Profile,
}

impl<'a> Person<'a> {
    /// A person who is not connected: the host program, or a person that it speaks for.
    pub fn absent(name: &'a str) -> Self {
        static NOBODY: Profile = Profile::nobody();
        Self {
            name,
            profile: &NOBODY,
        }
    }

    /// Returns the real name, or the nickname if no real name was given.
    pub fn real_name(self) -> &'a str {
        match &self.profile.details {
            Some(details) if !details.real_name.is_empty() => &details.real_name,
            _ => self.name,
        }
    }

    /// Returns the nickname in the form in which names are compared: see [`fold`](super::names::fold).
    pub fn folded(self) -> Cow<'a, str> {
        match &self.profile.details {
            Some(details) if !details.folded.is_empty() => Cow::Borrowed(&details.folded),
            _ => folded(self.name),
        }
    }

    /// Returns `nick!user@host`, which masks are compared with.
    pub fn mask(self) -> impl fmt::Display {
        FullSource(self)
    }
}

struct FullSource<'a>(Person<'a>);

impl fmt::Display for FullSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Person { name, profile } = self.0;
        write!(f, "{name}!{}@{}", profile.user(), profile.host())
    }
}

/// All that is known of a client besides its nickname. It is small, because each client has one: the
/// values that only few clients have are kept in an allocation of their own.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    host: Host,
    /// Time of the first nickname, in seconds since 1970, like all times here. A `u32` lasts until 2106.
    arrived_at: u32,
    active_at: u32,
    details: Option<Box<Details>>,
}

#[derive(Clone, Debug, Default)]
struct Details {
    /// The folded nickname; empty if the nickname is in ASCII, where folding takes little time.
    folded: Box<str>,
    user: Box<str>,
    real_name: Box<str>,
    away: Option<Box<str>>,
    address: Option<Box<str>>,
    flags: u8,
    /// Nicknames that this client is told of when they come into use or go out of it.
    watched: Vec<Watched>,
    keyed: Option<Box<Keyed>>,
}

/// Values that only few clients have, even of those that have [`Details`]: one pointer to nothing there.
#[derive(Clone, Debug, Default)]
struct Keyed {
    metadata: Metadata,
    /// Metadata keys of which this client is told the values, in order.
    followed: Vec<Box<str>>,
}

/// A property that a person has or does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonFlag {
    /// Not listed for clients that share no room with the person.
    Invisible,
    /// Is a program.
    Bot,
    /// Is a server operator.
    Operator,
    /// Wants to hear the messages that server operators send to everyone.
    Wallops,
}

impl PersonFlag {
    /// All flags.
    pub const ALL: [Self; 4] = [Self::Invisible, Self::Bot, Self::Operator, Self::Wallops];

    pub(super) const COUNT: usize = Self::ALL.len();

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Profile {
    const fn nobody() -> Self {
        Self {
            host: Host::LOCAL,
            arrived_at: 0,
            active_at: 0,
            details: None,
        }
    }

    /// Returns the user name, or [`USER_DEFAULT`] if none was given.
    pub fn user(&self) -> &str {
        match &self.details {
            Some(details) if !details.user.is_empty() => &details.user,
            _ => USER_DEFAULT,
        }
    }

    /// The place that the person connects from, in the form that others may know.
    pub fn host(&self) -> Host {
        self.host
    }

    /// The address that the person connects from, if the configuration shows it.
    pub fn address(&self) -> Option<&str> {
        self.details.as_ref()?.address.as_deref()
    }

    /// The reason why the person is away; none if the person is not away.
    pub fn away(&self) -> Option<&str> {
        self.details.as_ref()?.away.as_deref()
    }

    /// Returns whether the person has a flag.
    pub fn is(&self, flag: PersonFlag) -> bool {
        let details = self.details.as_ref();
        details.is_some_and(|details| details.flags & flag.bit() != 0)
    }

    /// Returns the profile without the real name and the away reason, for rooms in which the person may
    /// not speak: both are the person's own words.
    pub(super) fn without_words(&self) -> Self {
        let mut profile = self.clone();
        if let Some(details) = &mut profile.details {
            details.real_name = "".into();
            details.away = None;
        }
        profile
    }

    /// Time of the first nickname, in seconds since 1970, UTC.
    pub fn arrived_unix_seconds(&self) -> u64 {
        self.arrived_at.into()
    }

    /// Time since the person last said something.
    pub fn idle(&self, now: Time) -> Duration {
        let active = u64::from(self.active_at);
        Duration::from_secs(now.unix_seconds().saturating_sub(active))
    }

    /// Notes the folded nickname. It is kept only if the nickname is not in ASCII: most are, by the
    /// thousands, and those are folded fast.
    pub(super) fn set_folded(&mut self, name: &str, folded: &str) {
        let kept = if name.is_ascii() { "" } else { folded };
        if !kept.is_empty() || self.details.is_some() {
            self.details().folded = kept.into();
        }
    }

    pub(super) fn note_arrival(&mut self, now: Time) {
        self.arrived_at = seconds(now);
        self.active_at = self.arrived_at;
    }

    pub(super) fn note_activity(&mut self, now: Time) {
        self.active_at = seconds(now);
    }

    pub(super) fn set_origin(&mut self, host: Host, address: Option<&str>) {
        self.host = host;
        if address.is_some() {
            self.details().address = address.map(Into::into);
        }
    }

    pub(super) fn set_user(&mut self, user: &str, real_name: &str) {
        let details = self.details();
        details.user = user.into();
        details.real_name = real_name.into();
    }

    pub(super) fn set_real_name(&mut self, real_name: &str) {
        self.details().real_name = real_name.into();
    }

    pub(super) fn set_away(&mut self, away: Option<&str>) {
        if away.is_some() || self.details.is_some() {
            self.details().away = away.map(Into::into);
        }
    }

    pub(super) fn set(&mut self, flag: PersonFlag, is_on: bool) {
        let flags = &mut self.details().flags;
        match is_on {
            true => *flags |= flag.bit(),
            false => *flags &= !flag.bit(),
        }
    }

    /// The nicknames that this client watches.
    pub(super) fn watched(&self) -> &[Watched] {
        let details = self.details.as_deref();
        details.map_or(&[], |details| &details.watched)
    }

    pub(super) fn watched_mut(&mut self) -> &mut Vec<Watched> {
        &mut self.details().watched
    }

    /// The person's metadata.
    pub fn metadata(&self) -> &Metadata {
        let keyed = self.keyed();
        keyed.map_or(&NOTHING, |keyed| &keyed.metadata)
    }

    pub(super) fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.details().keyed.get_or_insert_default().metadata
    }

    /// The metadata keys that this client follows, in order.
    pub(super) fn followed(&self) -> &[Box<str>] {
        self.keyed().map_or(&[], |keyed| &keyed.followed)
    }

    pub(super) fn followed_mut(&mut self) -> &mut Vec<Box<str>> {
        &mut self.details().keyed.get_or_insert_default().followed
    }

    pub(super) fn follows(&self, key: &str) -> bool {
        let found = self.followed().binary_search_by(|other| (**other).cmp(key));
        found.is_ok()
    }

    fn keyed(&self) -> Option<&Keyed> {
        self.details.as_ref()?.keyed.as_deref()
    }

    /// The user name that the client gave; empty if it gave none.
    pub(super) fn own_user(&self) -> &str {
        self.details.as_ref().map_or("", |details| &details.user)
    }

    fn details(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }
}

fn seconds(now: Time) -> u32 {
    u32::try_from(now.unix_seconds()).unwrap_or(u32::MAX)
}

/// A code for the place that a client connects from, which does not reveal the address. The same address
/// has the same code as long as the seed is the same: [`RelayConfig::seed`](crate::RelayConfig::seed), or the
/// one that a store has kept.
///
/// The code is shown as two labels. The second label is common to all addresses of one network (the
/// first 24 bits of an IPv4 address, the first 64 bits of an IPv6 address), so that a mask can mean one
/// address or the whole network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    whole: u32,
    network: u32,
}

impl Host {
    /// A place outside the network: a Unix socket, or the host program itself.
    pub const LOCAL: Self = Self {
        whole: 0,
        network: 0,
    };

    pub(super) fn bits(self) -> u64 {
        u64::from(self.whole) << 32 | u64::from(self.network)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self {
            whole: (bits >> 32) as u32,
            network: bits as u32,
        }
    }

    /// Makes the code of an address, with a secret seed. Without the seed, all four thousand million
    /// IPv4 addresses could be tried.
    pub fn cloak(seed: u64, address: Address) -> Self {
        let Some(octets) = address.octets() else {
            return Self::LOCAL;
        };
        let is_v4 = address.ip().is_some_and(|ip| ip.is_ipv4());
        // An IPv4 address is the last four of the sixteen octets.
        let network = &octets[..if is_v4 { 15 } else { 8 }];
        Self {
            whole: label(seed, &octets),
            network: label(seed, network),
        }
    }
}

fn label(seed: u64, octets: &[u8]) -> u32 {
    let mut hasher = DefaultHasher::new();
    (seed, octets).hash(&mut hasher);
    hasher.finish() as u32
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LOCAL => f.write_str("local.host"),
            Self { whole, network } => write!(f, "{whole:08x}.{network:08x}.ip"),
        }
    }
}

/// A text is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHost;

/// Reads a host as it is shown.
impl std::str::FromStr for Host {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        if text == "local.host" {
            return Ok(Self::LOCAL);
        }
        let label = |text: &str| {
            let is_label = text.len() == 8 && text.bytes().all(|it| it.is_ascii_hexdigit());
            is_label.then(|| u32::from_str_radix(text, 16).ok())?
        };
        let mut labels = text.strip_suffix(".ip").unwrap_or_default().split('.');
        match (
            labels.next().and_then(label),
            labels.next().and_then(label),
            labels.next(),
        ) {
            (Some(whole), Some(network), None) => Ok(Self { whole, network }),
            _ => Err(NoHost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(seed: u64, address: &str) -> String {
        let address = match address.contains(':') {
            true => format!("[{address}]:1"),
            false => format!("{address}:1"),
        };
        Host::cloak(seed, Address::Ip(address.parse().unwrap())).to_string()
    }

    #[test]
    fn a_host_is_read_as_it_is_shown_and_nothing_else_is() {
        for text in ["local.host", "0000002a.ffffffff.ip", "12345678.9abcdef0.ip"] {
            assert_eq!(text.parse::<Host>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "local",
            "2a.ffffffff.ip",
            "0000002a.ffffffff",
            "0000002a.ip",
            "+000002a.ffffffff.ip",
            "0000002a.ffffffff.1.ip",
            "0000002g.ffffffff.ip",
        ] {
            assert_eq!(text.parse::<Host>(), Err(NoHost), "{text:?}");
        }
    }

    #[test]
    fn a_host_tells_networks_apart_and_no_address() {
        let network = |host: &str| host.split_once('.').unwrap().1.to_owned();
        for (one, other, is_same_network) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.200", true),
            ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8::1", "2001:db8::ffff:0:0:2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let (a, b) = (host(7, one), host(7, other));
            assert_eq!(a == b, one == other);
            assert_eq!(network(&a) == network(&b), is_same_network, "{one} {other}");
            assert!(!a.contains(one));
            assert_ne!(a, host(8, one), "the seed makes no difference");
        }
        assert_eq!(Host::cloak(7, Address::Unix).to_string(), "local.host");
    }

    #[test]
    fn most_clients_have_nothing_of_their_own() {
        assert_eq!(size_of::<Profile>(), 24);
        let person = Person::absent("bob");
        assert_eq!(person.mask().to_string(), "bob!~user@local.host");
        assert_eq!(person.real_name(), "bob");
    }
}
