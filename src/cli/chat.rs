//! `parloir chat`: from the flags to the terminal client.
//!
//! A mistake in the flags, the file of `--ca` or the port of `--listen` is found here, before the terminal
//! changes its mode: such an error is one line, and status 2.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use parloir::describe;
use socket2::{Domain, Protocol, Socket, Type};

use super::units::time;
use crate::client::{self, Destination, Settings, Trust};

/// Number of peers that may wait to be accepted.
const BACKLOG: i32 = 128;

#[derive(Debug, Args)]
pub(super) struct ChatOptions {
    /// A relay, or a peer; without a port, 4242. Without a host, begin with /join HOST PORT
    #[arg(value_name = "HOST[:PORT]")]
    target: Option<Destination>,
    /// What to be called on a relay; else the first line is the nickname
    #[arg(long, value_name = "NAME", value_parser = nick)]
    nick: Option<String>,
    /// Let peers connect here, at all addresses of this machine if none is given
    #[arg(long, value_name = "[ADDR:]PORT")]
    listen: Option<Listening>,
    /// Encrypt the connections that are opened from here, and look whom they are with. Peers who
    /// connect to --listen are spoken to in plain
    #[arg(long)]
    tls: bool,
    /// Whose certificates to trust, in PEM: those in this file, and whoever they vouch for [default:
    /// those that the system trusts]
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca: Option<PathBuf>,
    /// How long a connection may take, and how long lines from a pipe wait for somebody to be there
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    timeout: Duration,
}

/// The place where peers can connect: one address, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listening {
    ip: Option<IpAddr>,
    port: u16,
}

impl FromStr for Listening {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(port) = text.parse() {
            return Ok(Self { ip: None, port });
        }
        match text.parse::<SocketAddr>() {
            Ok(SocketAddr::V6(address)) if address.ip().is_unicast_link_local() => {
                let port = address.port();
                Err(format!(
                    "an address on a link alone cannot be had; use all of them (try {port})"
                ))
            }
            Ok(address) => Ok(Self {
                ip: Some(address.ip().to_canonical()),
                port: address.port(),
            }),
            Err(_) => Err(String::from(
                "a port, or an address and a port, such as 3000, 127.0.0.1:3000 or [::1]:3000",
            )),
        }
    }
}

/// Parses seconds, with or without a fraction, or a time with its unit.
fn seconds(text: &str) -> Result<Duration, String> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?,
        Err(_) => time(text)?,
    };
    match duration.is_zero() {
        true => Err(String::from("it must be longer than nothing")),
        false => Ok(duration),
    }
}

/// Checks a nickname: one line, and no command, because it is sent as it is.
fn nick(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(String::from(
            "a nickname has letters in it, and no controls",
        ));
    }
    if text.starts_with('/') {
        return Err(String::from("a nickname does not begin with a slash"));
    }
    Ok(text.to_owned())
}

/// Chats, and returns the exit status.
pub(super) fn chat(options: &ChatOptions) -> Result<u8, String> {
    let trust = trust(options)?;
    let listener = options.listen.map(listen).transpose()?;
    if let Some(listener) = &listener
        && options.listen.is_some_and(|listening| listening.port == 0)
        && let Ok(address) = listener.local_addr()
    {
        // A closed stdout is no reason to fail.
        let _ = writeln!(std::io::stdout(), "listening on {address}");
    }
    let settings = Settings {
        target: options.target.clone(),
        nick: options.nick.clone(),
        password: password()?,
        is_interactive: client::is_interactive(),
        is_listening: listener.is_some(),
        is_encrypted: trust.is_some(),
        timeout: options.timeout,
    };
    client::run(settings, listener.into_iter().collect(), trust)
}

/// The certificates to trust, if connections are to be encrypted.
fn trust(options: &ChatOptions) -> Result<Option<Trust>, String> {
    match (&options.ca, options.tls) {
        (Some(path), _) => Trust::of_file(path).map(Some),
        (None, true) => Trust::of_system().map(Some),
        (None, false) => Ok(None),
    }
}

fn listen(listening: Listening) -> Result<TcpListener, String> {
    let port = listening.port;
    let bound = match listening.ip {
        Some(ip) => bind(SocketAddr::new(ip, port)),
        // A machine without IPv6 has IPv4.
        None => bind(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)).or_else(|error| {
            match error.kind() {
                std::io::ErrorKind::AddrInUse => Err(error),
                _ => bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)),
            }
        }),
    };
    bound.map_err(|error| {
        let words = describe(&error);
        format!("cannot listen on port {port}: {words} (try --listen 0 for a free port)")
    })
}

/// Listens at one address. The standard library's own listener would leave it to the system's settings
/// whether `[::]` takes IPv4 as well.
fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The password from the environment, where `ps` does not show it. An empty one is none, unlike for `serve`:
/// a client without a password is merely asked for it.
fn password() -> Result<Option<String>, String> {
    match std::env::var("PARLOIR_PASSWORD") {
        Ok(password) if password.is_empty() => Ok(None),
        Ok(password) if password.contains(char::is_control) => {
            Err(String::from("PARLOIR_PASSWORD is not one line"))
        }
        Ok(password) => Ok(Some(password)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(String::from("PARLOIR_PASSWORD is not UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_to_listen() {
        let at = |ip: &str, port| Listening {
            ip: Some(ip.parse().unwrap()),
            port,
        };
        for (text, listening) in [
            (
                "3000",
                Listening {
                    ip: None,
                    port: 3000,
                },
            ),
            ("127.0.0.1:0", at("127.0.0.1", 0)),
            ("[::1]:3000", at("::1", 3000)),
            ("[::ffff:127.0.0.1]:1", at("127.0.0.1", 1)),
        ] {
            assert_eq!(text.parse(), Ok(listening), "{text}");
        }
        for text in [
            "",
            "x",
            "65536",
            "localhost:1",
            "::1",
            "127.0.0.1",
            "[fe80::1]:1",
        ] {
            assert!(text.parse::<Listening>().is_err(), "{text}");
        }
    }

    #[test]
    fn how_long_to_wait() {
        for (text, millis) in [("10", 10_000), ("0.5", 500), ("2m", 120_000), ("50ms", 50)] {
            assert_eq!(seconds(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "0", "-1", "nan", "inf", "1e30", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_nickname() {
        assert_eq!(nick("Zoé"), Ok("Zoé".into()));
        for text in ["", " ", "a\nb", "/quit", "a\x1b"] {
            assert!(nick(text).is_err(), "{text:?}");
        }
    }
}
