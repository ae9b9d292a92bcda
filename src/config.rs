//! Settings: plain data with units and defaults, checked once when a server or a relay is made.

use std::time::Duration;

use crate::error::Error;

/// The limits of the event loop, whatever runs on it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use parloir::ServerConfig;
///
/// // A small machine: fewer connections, and less that waits for those who read slowly.
/// let config = ServerConfig {
///     connections_max: 500,
///     queue_bytes_max: 64 << 10,
///     queue_total_bytes_max: 8 << 20,
///     stall: Duration::from_secs(30),
///     ..ServerConfig::default()
/// };
/// assert_eq!(config.connections_per_address_max, 64);
/// ```
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Connections at once; the next one is refused. Default 10,000. Keep it some 20 below the
    /// process's descriptor limit; beyond that limit a spare descriptor still refuses in good order.
    pub connections_max: usize,
    /// Connections at once from one IPv4 address or one IPv6 /64 (what one machine gets to choose
    /// addresses from), loopback excepted. Default 64.
    pub connections_per_address_max: usize,
    /// Bytes that may wait for one slow reader before skippable messages are left out for it and its
    /// own input is paused; past four times as many it is closed. Default 1 MiB.
    pub queue_bytes_max: usize,
    /// Bytes that may wait for all slow readers together; past it whoever holds most is skipped or
    /// closed first. Default 64 MiB.
    pub queue_total_bytes_max: usize,
    /// Bytes that a protocol may leave untaken while it asks for more. Default 64 KiB.
    pub unread_bytes_max: usize,
    /// Time for which a peer may take no byte while some wait for it. Default 60 s.
    pub stall: Duration,
    /// Silence after which TCP probes whether the peer still lives. Default 120 s; zero: never.
    /// The kernel counts in whole seconds and holds them in 15 bits: 1 s to 32,767 s.
    pub keepalive: Duration,
    /// Time in which a peer that connects must be through what comes before the protocol: a proxy's
    /// header, if there is to be one, and a TLS handshake. Default 10 s.
    pub handshake: Duration,
    /// Time for which queues are flushed when the server stops. Default 5 s.
    pub stop_grace: Duration,
    /// Time for which a closing connection is read from after our end of stream, so that the farewell is
    /// not lost to a reset. Default 2 s.
    pub linger: Duration,
    /// Bytes read from one connection in one turn, at most. Default 32 KiB.
    pub read_bytes_per_turn: usize,
    /// Bytes encoded after which a turn is flushed early. Default 256 KiB.
    pub arena_bytes_max: usize,
    /// Connections written to between two looks at the sockets. Default 64. A thousand writes take
    /// milliseconds in which nobody is read from; a look costs one more system call.
    pub writes_per_turn: usize,
    /// Connections accepted from one listener in one turn. Default 256.
    pub accepts_per_turn: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_address_max: 64,
            queue_bytes_max: 1 << 20,
            queue_total_bytes_max: 64 << 20,
            unread_bytes_max: 64 << 10,
            stall: Duration::from_secs(60),
            keepalive: Duration::from_secs(120),
            handshake: Duration::from_secs(10),
            stop_grace: Duration::from_secs(5),
            linger: Duration::from_secs(2),
            read_bytes_per_turn: 32 << 10,
            arena_bytes_max: 256 << 10,
            writes_per_turn: 64,
            accepts_per_turn: 256,
        }
    }
}

impl ServerConfig {
    /// Checks each rule in turn; the first that does not hold is the error. Rules of the same setting stand
    /// one behind the other, each with words of its own.
    pub(crate) fn validate(self) -> Result<Self, Error> {
        let rules = [
            ("connections_max", self.connections_max >= 1, "at least 1"),
            (
                "connections_max",
                self.connections_max <= 1 << 24,
                "at most 16,777,216",
            ),
            (
                "connections_per_address_max",
                self.connections_per_address_max >= 1,
                "at least 1",
            ),
            (
                "queue_bytes_max",
                (1 << 10..=1 << 30).contains(&self.queue_bytes_max),
                "between 1 KiB and 1 GiB",
            ),
            (
                "queue_total_bytes_max",
                self.queue_total_bytes_max >= self.queue_bytes_max,
                "at least queue_bytes_max",
            ),
            (
                "unread_bytes_max",
                self.unread_bytes_max >= 1,
                "at least 1 byte",
            ),
            ("stall", !self.stall.is_zero(), "longer than zero"),
            (
                "keepalive",
                self.keepalive.is_zero() || (1..=32_767).contains(&self.keepalive.as_secs()),
                "0, or between 1 and 32,767 seconds",
            ),
            ("handshake", !self.handshake.is_zero(), "longer than zero"),
            (
                "read_bytes_per_turn",
                (512..=1 << 24).contains(&self.read_bytes_per_turn),
                "between 512 bytes and 16 MiB",
            ),
            (
                "arena_bytes_max",
                (1 << 12..=1 << 28).contains(&self.arena_bytes_max),
                "between 4 KiB and 256 MiB",
            ),
            ("writes_per_turn", self.writes_per_turn >= 1, "at least 1"),
            ("accepts_per_turn", self.accepts_per_turn >= 1, "at least 1"),
        ];
        check(&rules)?;
        Ok(self)
    }
}

/// The rules of the chat.
///
/// ```
/// use std::time::Duration;
///
/// use parloir::{Relay, RelayConfig};
///
/// let config = RelayConfig {
///     name: "salon".into(),
///     password: Some("sesame".into()),
///     history: 50,
///     empty_room_kept: Duration::from_secs(60),
///     ..RelayConfig::default()
/// };
/// assert!(Relay::new(config).is_ok());
/// // A setting that cannot work is an error that names it.
/// let config = RelayConfig { burst: 0, ..RelayConfig::default() };
/// let error = Relay::new(config).unwrap_err();
/// assert!(error.to_string().contains("burst"), "{error}");
/// ```
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// The name of the relay in its greeting. Default `parloir`.
    pub name: String,
    /// The password of the whole server. Default none.
    pub password: Option<String>,
    /// Lines shown to each person on arrival. Default none.
    pub motd: Vec<String>,
    /// The room people arrive in, by a name that could be typed. Default `lobby`.
    pub default_room: String,
    /// Lines a second that one client may send in the long run; zero: no limit. Default 10.
    pub rate: u32,
    /// Lines that one client may send at once. Default 50.
    pub burst: u32,
    /// As how many clients all those from one address (IPv6: one /64) may send together; this machine
    /// is as eight addresses. What goes over that slows down those who say most, and while as many
    /// wait, nobody else comes in from there. Default 16; zero: as many as they are. (A limit for each
    /// connection alone is none for those who say their burst, close and come again.)
    pub allowances_per_address: u32,
    /// Bytes in a line, as received, without its end. Default 4096.
    pub line_bytes_max: usize,
    /// Lines kept of each room. Default 200.
    pub history: usize,
    /// Bytes kept of all rooms' lines together; past it the room that holds most loses the older
    /// half of its own. Default 64 MiB.
    pub history_total_bytes_max: usize,
    /// Lines shown on arrival in a room. Default 20.
    pub replay: usize,
    /// Rooms at once. Default 10,000.
    pub rooms_max: usize,
    /// Empty rooms that keep their history and topic; past it the one empty longest goes first. Default 1,000.
    pub empty_rooms_max: usize,
    /// Time for which an empty room is kept. Default one hour.
    pub empty_room_kept: Duration,
    /// Named people in a room past which comings and goings are gathered. Default 50.
    pub gather_above: usize,
    /// The least time between two gathered announcements. Default 1 s.
    pub gather_every: Duration,
    /// Silence after which a new connection is greeted. Default 300 ms; for another value, see
    /// [`Relay::plain_after`](crate::Relay::plain_after).
    pub greet_after: Duration,
    /// Quiet after which an unterminated first chunk counts as a line. Default 200 ms.
    pub forgive_after: Duration,
    /// Time within which the bytes of such a chunk must come. Default 50 ms.
    pub forgive_within: Duration,
    /// Time that a connection may take to finish a request line that it has begun. Default 10 s.
    pub request_within: Duration,
    /// Time for which a connection that is nobody yet may leave the first line that it has begun without
    /// an end; zero: as long as it likes. Default five minutes: people type slowly.
    pub first_line_within: Duration,
    /// Lines of one connection handled in one turn of the loop. Default 256.
    pub lines_per_turn: usize,
    /// Nicknames that nobody takes, besides the server's own name, `host`, `server`, `root`, `admin`,
    /// `operator`, `system` and whatever ends in `serv`. Default none.
    pub reserved_names: Vec<String>,
    /// The names and passwords of server operators (IRC's OPER). Default none.
    pub operators: Vec<OperatorConfig>,
    /// Silence after which a client is asked whether it is still there, where its protocol has a
    /// question for that; as much again without a word, and it is gone. Default 120 s; zero: never.
    pub ping_after: Duration,
    /// True if the members of a room are listed with their addresses. For a room where
    /// people learn about addresses; elsewhere they are nobody's business. Default false.
    pub who_shows_addresses: bool,
    /// A secret that hosts are shown by instead of addresses: the same address looks the same to
    /// everyone as long as this is. Give it a random number; with the default, 0, addresses can be
    /// worked out.
    pub seed: u64,
    /// The rules for browsers.
    pub web: WebConfig,
}

/// Someone who may rule the whole server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorConfig {
    /// The name to give: not a nickname.
    pub name: String,
    /// The password to give.
    pub password: String,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            name: String::from("parloir"),
            password: None,
            motd: Vec::new(),
            default_room: String::from("lobby"),
            rate: 10,
            burst: 50,
            allowances_per_address: 16,
            line_bytes_max: 4096,
            history: 200,
            history_total_bytes_max: 64 << 20,
            replay: 20,
            rooms_max: 10_000,
            empty_rooms_max: 1_000,
            empty_room_kept: Duration::from_secs(3600),
            gather_above: 50,
            gather_every: Duration::from_secs(1),
            greet_after: Duration::from_millis(300),
            forgive_after: Duration::from_millis(200),
            forgive_within: Duration::from_millis(50),
            request_within: Duration::from_secs(10),
            first_line_within: Duration::from_secs(300),
            lines_per_turn: 256,
            reserved_names: Vec::new(),
            operators: Vec::new(),
            ping_after: Duration::from_secs(120),
            who_shows_addresses: false,
            seed: 0,
            web: WebConfig::default(),
        }
    }
}

impl RelayConfig {
    /// Names that are reserved for nobody here, besides those that always are.
    pub(crate) fn reserved(&self) -> impl Iterator<Item = &str> {
        let more = self.reserved_names.iter().map(String::as_str);
        std::iter::once(&*self.name).chain(more)
    }

    pub(crate) fn validate(self) -> Result<Self, Error> {
        let plain = |text: &str| !text.chars().any(char::is_control);
        let rules = [
            (
                "name",
                !self.name.is_empty() && plain(&self.name),
                "some text on one line",
            ),
            (
                "password",
                self.password
                    .as_deref()
                    .is_none_or(|word| !word.trim().is_empty() && plain(word)),
                "some text on one line",
            ),
            (
                "motd",
                self.motd.iter().all(|line| plain(line)),
                "lines without control characters",
            ),
            (
                "reserved_names",
                self.reserved_names
                    .iter()
                    .all(|name| !name.trim().is_empty() && plain(name)),
                "nicknames",
            ),
            (
                "operators",
                self.operators
                    .iter()
                    .all(|it| is_word(&it.name) && is_word(&it.password)),
                "names and passwords of one word each",
            ),
            ("burst", self.burst >= 1, "at least 1"),
            (
                "line_bytes_max",
                (64..=1 << 20).contains(&self.line_bytes_max),
                "between 64 bytes and 1 MiB",
            ),
            ("history", self.history <= 100_000, "at most 100,000 lines"),
            ("rooms_max", self.rooms_max >= 1, "at least 1"),
            // Zero would close each connection that begins a request.
            (
                "request_within",
                !self.request_within.is_zero(),
                "longer than zero",
            ),
            ("lines_per_turn", self.lines_per_turn >= 1, "at least 1"),
        ];
        check(&rules)?;
        check(&self.web.rules())?;
        Ok(self)
    }
}

/// Something that fits into one parameter of a command: IRC's OPER takes a name and a password, of which
/// the last may begin with a colon that is not part of it (RFC 1459, 2.3.1).
fn is_word(text: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    !text.is_empty() && !text.starts_with(':') && !text.contains(is_odd)
}

/// The rules for HTTP and WebSocket. How long a request may take is
/// [`RelayConfig::request_within`].
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Pages that may open a WebSocket here, besides those of this server: `https://chat.example.org`,
    /// `null` for pages in files, `*` for any page at all. Default none.
    pub allowed_origins: Vec<String>,
    /// The names of this machine: by these, as by `localhost` and addresses, a page that is
    /// loaded on the machine itself may join. A name that is not the machine's own would let in whoever
    /// points it here. Default none.
    pub own_hosts: Vec<String>,
    /// Bytes in the head of a request. Default 16 KiB.
    pub head_bytes_max: usize,
    /// Bytes in a WebSocket message, which may be several lines. Default 64 KiB.
    pub message_bytes_max: usize,
    /// Silence of a WebSocket after which it is pinged; after as long again it is closed. Zero: never.
    /// Default 50 s, since proxies often give up after 60 s.
    pub ping_after: Duration,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            own_hosts: Vec::new(),
            head_bytes_max: 16 << 10,
            message_bytes_max: 64 << 10,
            ping_after: Duration::from_secs(50),
        }
    }
}

impl WebConfig {
    /// Returns whether a text can be one of [`allowed_origins`](Self::allowed_origins): for a program that
    /// reads them from flags or a file, and wants to say which one cannot.
    ///
    /// ```
    /// use parloir::WebConfig;
    ///
    /// assert!(WebConfig::is_origin("https://chat.example.org"));
    /// assert!(!WebConfig::is_origin("https://chat.example.org/page"), "an origin has no path");
    /// ```
    pub fn is_origin(text: &str) -> bool {
        is_origin(text)
    }

    pub(crate) fn rules(&self) -> [(&'static str, bool, &'static str); 4] {
        let are_origins = self.allowed_origins.iter().all(|text| is_origin(text));
        [
            (
                "allowed_origins",
                are_origins,
                "origins, such as https://chat.example.org",
            ),
            (
                "own_hosts",
                !self.own_hosts.iter().any(String::is_empty),
                "names, each of some text",
            ),
            (
                "head_bytes_max",
                (1 << 10..=1 << 16).contains(&self.head_bytes_max),
                "between 1 KiB and 64 KiB",
            ),
            (
                "message_bytes_max",
                (128..=1 << 24).contains(&self.message_bytes_max),
                "between 128 bytes and 16 MiB",
            ),
        ]
    }
}

/// Returns whether an operator's word can be an origin (RFC 6454, 6.1), or mean several.
pub(crate) fn is_origin(text: &str) -> bool {
    let Some((scheme, place)) = text.split_once("://") else {
        return matches!(text, "*" | "null");
    };
    let in_scheme = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let in_place = |b: u8| b.is_ascii_graphic() && !b"/?#@*,".contains(&b);
    !scheme.is_empty()
        && scheme.bytes().all(in_scheme)
        && !place.is_empty()
        && place.bytes().all(in_place)
}

fn check(rules: &[(&'static str, bool, &'static str)]) -> Result<(), Error> {
    match rules.iter().find(|(_, holds, _)| !holds) {
        None => Ok(()),
        Some((setting, _, must)) => Err(Error::Config { setting, must }),
    }
}
