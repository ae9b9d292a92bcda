//! The flags, as clap reads them.
//!
//! The documentation of each field is its help text, so reasons stand elsewhere: beside the settings, in
//! `config.rs`. Defaults stand here as well, for the help to show.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use parloir::{AddressPrefix, WebConfig};

use super::chat::ChatOptions;
use super::data::DataOptions;
use super::keep::KeepArgument;
use super::lab::LabOptions;
use super::listener::ListenArgument;
use super::units::{mode, size, time};

/// A chat relay that anything can connect to: nc, telnet, a ten-line script.
#[derive(Debug, Parser)]
#[command(name = "parloir", version, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<CliCommand>,
    #[command(flatten)]
    pub(super) serve: ServeOptions,
    #[command(flatten)]
    pub(super) logging: LoggingOptions,
}

#[derive(Debug, Subcommand)]
pub(super) enum CliCommand {
    /// Run the relay; what parloir does when told nothing else
    Serve(Box<ServeOptions>),
    /// Run every server that exercises on sockets need, for a whole class at once
    Lab(LabOptions),
    /// Chat from this terminal, on a relay or with a peer
    Chat(ChatOptions),
    /// Look at the file that the chat is kept in, check it, copy it; take in logs, delete, repair
    Data(DataOptions),
}

#[derive(Debug, Args)]
pub(super) struct LoggingOptions {
    /// Log more to stderr: -v what happens, -vv every connection
    #[arg(short, long, action = ArgAction::Count, global = true, conflicts_with = "quiet")]
    pub(super) verbose: u8,
    /// Log errors only
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    pub(super) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// One `--oper`. The password is in a file, because a command line is seen by everybody on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OperArgument {
    pub(super) name: String,
    pub(super) password_file: PathBuf,
}

impl std::str::FromStr for OperArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.to_owned(),
                password_file: file.into(),
            }),
            _ => Err(String::from(
                "a name, a colon and a file are wanted (try admin:admin.txt)",
            )),
        }
    }
}

/// Sizes take k, M, KiB and MiB; times take ms, s and m.
#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    /// Where to listen: [ROLE://]HOST:PORT or [ROLE+]unix:PATH; roles are auto, line, irc, json,
    /// web, listen, talk, broker, and ROLE+tls is encrypted, ROLE+proxy behind a proxy. May be given
    /// several times [default: 127.0.0.1:4242 and [::1]:4242]
    #[arg(long, value_name = "LISTENER")]
    pub(super) listen: Vec<ListenArgument>,
    /// A certificate in PEM: whoever begins TLS gets it, on every listener, and whoever is silent for
    /// 300 ms is plain. Read again on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Close whoever does not begin with TLS, on every listener
    #[arg(long, requires = "tls_cert")]
    pub(super) tls_only: bool,
    /// Who may connect to a +proxy listener and speak for others, as ADDRESS or ADDRESS/BITS. May be
    /// given several times [default: this machine]
    #[arg(long, value_name = "NETWORK")]
    pub(super) proxy_from: Vec<AddressPrefix>,
    /// The mode of unix: sockets, such as 0660: whoever may write to one can connect [default: what
    /// the umask leaves]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub(super) unix_mode: Option<u32>,
    /// What the server calls itself
    #[arg(long, value_name = "NAME", default_value = "parloir")]
    pub(super) name: String,
    /// A file whose first line is the password of the whole server; or set PARLOIR_PASSWORD
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// A file whose lines are shown to everyone on arrival
    #[arg(long, value_name = "FILE")]
    pub(super) motd: Option<PathBuf>,
    /// A nickname that nobody may take, besides those that people trust anyway. May be given several
    /// times
    #[arg(long, value_name = "NAME")]
    pub(super) reserve: Vec<String>,
    /// Someone who may rule the server by IRC's OPER, and a file whose first line is their password.
    /// May be given several times
    #[arg(long, value_name = "NAME:FILE")]
    pub(super) oper: Vec<OperArgument>,
    /// Silence after which an IRC client is asked whether it is still there; 0: never
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = time)]
    pub(super) ping: Duration,
    /// Lines a second that one client may send in the long run; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) rate: u32,
    /// Lines that one client may send at once
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) burst: u32,
    /// As how many clients all those from one address may send together, this machine being as eight
    /// addresses; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(super) allowances_per_address: u32,
    /// Lines kept of each room
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(super) history: usize,
    /// Lines shown on arrival
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) replay: usize,
    /// Bytes of history in all rooms; past it the room that holds most forgets half
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub(super) history_total: usize,
    /// Rooms at once
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(super) max_rooms: usize,
    /// Empty rooms that keep their history and topic
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(super) max_empty_rooms: usize,
    /// How long an empty room is kept, with its messages [default: 30d; 60m if the chat is kept in
    /// memory]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) keep_rooms: Option<Duration>,
    /// The file that the chat is kept in, with rooms, topics, bans and messages; none: memory alone
    /// [default: chat.db in $STATE_DIRECTORY, or in parloir in your folder for state]
    #[arg(long, value_name = "FILE|none", env = "PARLOIR_DATA")]
    pub(super) data: Option<PathBuf>,
    /// How long messages are kept in that file, such as 90d, or dev=30d for one room; 0: as long as
    /// there is room. May be given several times [default: 0]
    #[arg(long, value_name = "[ROOM=]TIME")]
    pub(super) keep: Vec<KeepArgument>,
    /// Bytes of that file, past which the oldest messages of the largest rooms are deleted; 0: no
    /// limit
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size)]
    pub(super) keep_bytes: usize,
    /// Keep an index of all words in that file, for /search; it makes the file a quarter larger, or more
    #[arg(long)]
    pub(super) search: bool,
    /// Connections at once [default: what the descriptor limit allows]
    #[arg(long, value_name = "N")]
    pub(super) max_connections: Option<usize>,
    /// Connections at once from one address, an IPv6 /64 counting as one; loopback has no limit
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(super) max_per_address: usize,
    /// Bytes in a line
    #[arg(long, value_name = "SIZE", default_value = "4096", value_parser = size)]
    pub(super) max_line: usize,
    /// Bytes that may wait for one slow reader
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = size)]
    pub(super) queue: usize,
    /// Bytes that may wait for all slow readers
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub(super) queue_total: usize,
    /// How long a reader may take nothing while lines wait for it
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    pub(super) stall: Duration,
    /// Silence after which TCP asks whether a peer still lives; 0: never
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = time)]
    pub(super) keepalive: Duration,
    /// How long someone may take for a TLS handshake, and for a proxy's header
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(super) handshake: Duration,
    /// How long someone who has begun an HTTP request may take for the rest of it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(super) request: Duration,
    /// Bytes in a WebSocket message, which may be several lines
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = size)]
    pub(super) max_message: usize,
    /// Silence after which a WebSocket is asked whether it is still there; 0: never
    #[arg(long, value_name = "TIME", default_value = "50s", value_parser = time)]
    pub(super) web_ping: Duration,
    /// Where pages may come from that join the chat, besides this server; * for anywhere. May be given
    /// several times
    #[arg(long, value_name = "https://HOST[:PORT]", value_parser = origin)]
    pub(super) allow_origin: Vec<String>,
    /// Be in the room from this terminal: lines are said as the host; /who, /kick NAME, /quit
    #[arg(long)]
    pub(super) console: bool,
}

/// Checks an origin. The usual mistake is the address of a page, with a slash or a path behind it, so that
/// has words of its own.
fn origin(text: &str) -> Result<String, String> {
    if WebConfig::is_origin(text) {
        return Ok(text.to_owned());
    }
    let place = text.trim_end_matches('/');
    Err(match WebConfig::is_origin(place) {
        true => format!("an origin has no path (try {place})"),
        false => String::from("no origin (use one such as https://chat.example.org)"),
    })
}
