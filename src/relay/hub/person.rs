//! Somebody as others see them: a nickname, and what goes with it.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::fold::folded;
use super::values::{Metadata, NOTHING};
use super::watched::Watched;
use crate::protocol::{Address, Time};

/// The user name of whoever gave none. The tilde says that nobody has vouched for it.
pub const USER_DEFAULT: &str = "~user";

/// Someone with a nickname.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// What they are called.
    pub name: &'a str,
    /// What goes with it.
    pub profile: &'a Profile,
}

impl<'a> Person<'a> {
    /// Someone who is not here: the host program, or whoever it speaks for.
    pub fn absent(name: &'a str) -> Self {
        static NOBODY: Profile = Profile::nobody();
        Self {
            name,
            profile: &NOBODY,
        }
    }

    /// Their real name; the nickname where they gave none.
    pub fn real_name(self) -> &'a str {
        match &self.profile.details {
            Some(details) if !details.real_name.is_empty() => &details.real_name,
            _ => self.name,
        }
    }

    /// The nickname as names are compared: see [`fold`](super::names::fold).
    pub fn folded(self) -> Cow<'a, str> {
        match &self.profile.details {
            Some(details) if !details.folded.is_empty() => Cow::Borrowed(&details.folded),
            _ => folded(self.name),
        }
    }

    /// `nick!user@host`, which masks are held against.
    pub fn mask(self) -> impl fmt::Display {
        Source(self)
    }
}

struct Source<'a>(Person<'a>);

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Person { name, profile } = self.0;
        write!(f, "{name}!{}@{}", profile.user(), profile.host())
    }
}

/// What goes with a nickname. Small, as there is one of every client: what few have is kept apart.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    host: Host,
    /// Seconds since 1970, as are all times here: fine until 2106.
    arrived_at: u32,
    active_at: u32,
    details: Option<Box<Details>>,
}

#[derive(Clone, Debug, Default)]
struct Details {
    /// The nickname, folded, where that takes time; empty: it is short work.
    folded: Box<str>,
    user: Box<str>,
    real_name: Box<str>,
    away: Option<Box<str>>,
    address: Option<Box<str>>,
    flags: u8,
    /// Names that this client is told of as they come and go.
    watched: Vec<Watched>,
    keyed: Option<Box<Keyed>>,
}

/// What few have of those who have anything.
#[derive(Clone, Debug, Default)]
struct Keyed {
    metadata: Metadata,
    /// Keys, in order, of which this client is told the values.
    followed: Vec<Box<str>>,
}

/// Something that is so of a person, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonFlag {
    /// Not to be listed for those who are in no room with them.
    Invisible,
    /// A program.
    Bot,
    /// One who rules the whole server.
    Operator,
    /// Wants to hear what operators tell everyone.
    Wallops,
}

impl PersonFlag {
    /// Every one of them.
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

    /// The user name: [`USER_DEFAULT`] unless they gave one.
    pub fn user(&self) -> &str {
        match &self.details {
            Some(details) if !details.user.is_empty() => &details.user,
            _ => USER_DEFAULT,
        }
    }

    /// Where they come from, as others may know it.
    pub fn host(&self) -> Host {
        self.host
    }

    /// The address they come from, where the configuration shows it.
    pub fn address(&self) -> Option<&str> {
        self.details.as_ref()?.address.as_deref()
    }

    /// Why they are away; none: they are not.
    pub fn away(&self) -> Option<&str> {
        self.details.as_ref()?.away.as_deref()
    }

    /// Whether something is so of them.
    pub fn is(&self, flag: PersonFlag) -> bool {
        let details = self.details.as_ref();
        details.is_some_and(|details| details.flags & flag.bit() != 0)
    }

    /// The same without what they say in it: for where they may not speak.
    pub(super) fn without_words(&self) -> Self {
        let mut profile = self.clone();
        if let Some(details) = &mut profile.details {
            details.real_name = "".into();
            details.away = None;
        }
        profile
    }

    /// When they took their first nickname, in seconds since 1970, UTC.
    pub fn arrived_unix_seconds(&self) -> u64 {
        self.arrived_at.into()
    }

    /// How long they have said nothing.
    pub fn idle(&self, now: Time) -> Duration {
        let active = u64::from(self.active_at);
        Duration::from_secs(now.unix_seconds().saturating_sub(active))
    }

    /// Notes what the nickname is, folded. It is kept only where folding takes time: there are
    /// thousands of names in ASCII.
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

    /// What this client watches.
    pub(super) fn watched(&self) -> &[Watched] {
        let details = self.details.as_deref();
        details.map_or(&[], |details| &details.watched)
    }

    pub(super) fn watched_mut(&mut self) -> &mut Vec<Watched> {
        &mut self.details().watched
    }

    /// Keys and values that they have.
    pub fn metadata(&self) -> &Metadata {
        let keyed = self.keyed();
        keyed.map_or(&NOTHING, |keyed| &keyed.metadata)
    }

    pub(super) fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.details().keyed.get_or_insert_default().metadata
    }

    /// The keys that this client follows, in order.
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

    /// The user name, if it is one of their own.
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

/// Where someone comes from, without telling their address: the same for the same address while
/// the server runs, and different after.
///
/// Shown as two labels, of which the second is common to the addresses of one network, an IPv4 /24
/// or an IPv6 /64, so that a mask can mean either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    whole: u32,
    network: u32,
}

impl Host {
    /// Not from the network: a Unix socket, or the host program's own.
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

    /// Where an address is, hidden behind a secret seed: without that, all four thousand million
    /// IPv4 addresses could be tried.
    pub fn cloak(seed: u64, address: Address) -> Self {
        let Some(octets) = address.octets() else {
            return Self::LOCAL;
        };
        let is_v4 = address.ip().is_some_and(|ip| ip.is_ipv4());
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
