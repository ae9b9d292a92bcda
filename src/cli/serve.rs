//! `parloir serve`: from the flags to a running relay.

use std::env::VarError;
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::args::OperArgument;
use super::args::ServeOptions;
use super::console::Console;
use super::opening::{Place, Tls, opening};
use super::screen::Screen;
use crate::config::OperatorConfig;
use crate::config::{RelayConfig, ServerConfig, WebConfig};
use crate::error::Error;
use crate::net::{AddressPrefix, Encryption, Endpoint, ListenOptions, Server};
use crate::protocol::Tag;
use crate::relay::{Relay, Role};

/// The port where it is found when nothing else is said.
const PORT: u16 = 4242;

/// Descriptors that are not for connections: standard streams, event queue, waker, spare, signals,
/// console, refused peers that are let go with patience, and a few to be safe.
const DESCRIPTORS_RESERVED: usize = 24;

/// Runs until it is stopped. An error is a message for whoever typed the command.
pub(super) fn serve(options: &ServeOptions) -> Result<(), String> {
    check_listeners(options)?;
    let mut relay = Relay::new(relay_config(options)?).map_err(|error| advise(&error))?;
    let plan = plan(options, &mut relay);
    let host = options.console.then(|| relay.tag(Role::Host));
    let (fit, limit) = room_for_connections(plan.len());
    let connections_max = options.max_connections.unwrap_or(fit);
    let config = server_config(options, connections_max);
    let mut server = Server::new(relay, config).map_err(|error| advise(&error))?;
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        let set = server.set_tls_from_files(certificate, key);
        set.map_err(|error| advise(&error))?;
    }
    let bound = listen(&mut server, &plan)?;
    server.stop_on_signals().map_err(|error| advise(&error))?;
    if connections_max > fit {
        log::warn!(
            "--max-connections {connections_max}: the descriptor limit of {limit} leaves room \
             for {fit} (try ulimit -n {})",
            connections_max + DESCRIPTORS_RESERVED + plan.len()
        );
    }
    let opening = opening(&options.name, &bound, connections_max.min(fit));
    let terminal = match host {
        Some(tag) => Terminal::Console(open_console(&mut server, tag, opening)?),
        None => Terminal::Screen(announce(&opening)?),
    };
    server.run().map_err(|error| advise(&error))?;
    drop(server);
    match terminal {
        Terminal::Console(console) => console.finish(),
        Terminal::Screen(screen) => screen.finish(),
    }
    Ok(())
}

/// How the host's terminal is written to: by a thread of its own, since it may be stopped.
enum Terminal {
    Console(Console),
    Screen(Screen),
}

/// A setting for listeners of a kind that there is none of would be believed to hold for those there are.
fn check_listeners(options: &ServeOptions) -> Result<(), String> {
    if !options.proxy_from.is_empty() && !options.listen.iter().any(|it| it.proxy) {
        return Err(String::from(
            "--proxy-from is for +proxy listeners, and there is none (try --listen \
             auto+proxy://127.0.0.1:4242)",
        ));
    }
    let mut endpoints = options.listen.iter().flat_map(|it| &it.endpoints);
    let is_unix = |it: &Endpoint| matches!(it, Endpoint::Unix(_));
    if options.unix_mode.is_some() && !endpoints.any(is_unix) {
        return Err(String::from(
            "--unix-mode is for unix: listeners, and there is none (try --listen \
             unix:parloir.sock)",
        ));
    }
    Ok(())
}

/// Where to listen, and as what.
struct Planned {
    role: Role,
    tag: Tag,
    endpoint: Endpoint,
    how: ListenOptions,
    tls: Tls,
    /// Nobody asked for it by name, so a machine that cannot have it is no error.
    is_optional: bool,
}

fn plan(options: &ServeOptions, relay: &mut Relay) -> Vec<Planned> {
    let mut plan = Vec::new();
    for argument in &options.listen {
        let role = argument.role;
        let tag = relay.tag(role);
        plan.extend(argument.endpoints.iter().map(|endpoint| Planned {
            role,
            tag,
            endpoint: endpoint.clone(),
            how: how(options, argument.tls, argument.proxy).plain_after(relay.plain_after(role)),
            tls: tls(options, argument.tls),
            is_optional: false,
        }));
    }
    if plan.is_empty() {
        let local = [IpAddr::V4(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
        plan.extend(local.map(|ip| Planned {
            role: Role::Auto,
            tag: Tag::default(),
            endpoint: SocketAddr::new(ip, PORT).into(),
            how: how(options, false, false).plain_after(relay.plain_after(Role::Auto)),
            tls: tls(options, false),
            is_optional: ip.is_ipv6(),
        }));
    }
    plan
}

fn tls(options: &ServeOptions, is_required: bool) -> Tls {
    match (is_required || options.tls_only, &options.tls_cert) {
        (true, _) => Tls::Required,
        (false, Some(_)) => Tls::Offered,
        (false, None) => Tls::No,
    }
}

/// How those who connect are taken in.
fn how(options: &ServeOptions, is_encrypted: bool, proxy: bool) -> ListenOptions {
    let mut how = ListenOptions::new();
    if tls(options, is_encrypted) == Tls::Required {
        how = how.encryption(Encryption::Required);
    }
    if proxy {
        how = match options.proxy_from.is_empty() {
            true => how.proxied_by(AddressPrefix::LOOPBACK),
            false => how.proxied_by(options.proxy_from.iter().copied()),
        };
    }
    match options.unix_mode {
        Some(mode) => how.unix_mode(mode),
        None => how,
    }
}

fn listen(server: &mut Server<Relay>, plan: &[Planned]) -> Result<Vec<Place>, String> {
    let mut bound = Vec::new();
    for planned in plan {
        let (endpoint, how) = (planned.endpoint.clone(), planned.how.clone());
        match server.listen_with(endpoint, planned.tag, how) {
            Ok(endpoint) => bound.push(Place {
                role: planned.role,
                endpoint,
                tls: planned.tls,
            }),
            Err(error) if planned.is_optional && is_without_address(&error) => {
                log::warn!("{error}; going on without it");
            }
            Err(error) => return Err(advise(&error)),
        }
    }
    Ok(bound)
}

/// The machine has no such address, or not that family at all.
pub(super) fn is_without_address(error: &Error) -> bool {
    let Error::Listen { source, .. } = error else {
        return false;
    };
    // EAFNOSUPPORT, which has no kind of its own.
    const FAMILY_NOT_SUPPORTED: i32 = 97;
    matches!(
        source.kind(),
        ErrorKind::AddrNotAvailable | ErrorKind::Unsupported
    ) || source.raw_os_error() == Some(FAMILY_NOT_SUPPORTED)
}

fn open_console(server: &mut Server<Relay>, tag: Tag, opening: String) -> Result<Console, String> {
    let failed = |error: std::io::Error| format!("cannot open the console: {error}");
    let (console, stream) = Console::open(opening).map_err(failed)?;
    server.adopt(stream, tag).map_err(|error| advise(&error))?;
    Ok(console)
}

fn announce(text: &str) -> Result<Screen, String> {
    let opened = Screen::open("announcement", std::io::stdout(), |_| String::new());
    let screen = opened.map_err(|error| format!("cannot open the terminal: {error}"))?;
    screen.push(text);
    screen.close();
    Ok(screen)
}

/// How many connections the descriptor limit leaves room for, once it is as high as it may be; and
/// that limit.
pub(super) fn room_for_connections(listeners: usize) -> (usize, usize) {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let fit = limit.saturating_sub(DESCRIPTORS_RESERVED + listeners);
    // More than a slab of them can be addressed is more than anyone has.
    (fit.clamp(1, 1 << 20), limit)
}

fn server_config(options: &ServeOptions, connections_max: usize) -> ServerConfig {
    ServerConfig {
        connections_max,
        connections_per_address_max: options.max_per_address,
        queue_bytes_max: options.queue,
        queue_total_bytes_max: options.queue_total,
        stall: options.stall,
        keepalive: options.keepalive,
        handshake: options.handshake,
        ..ServerConfig::default()
    }
}

fn relay_config(options: &ServeOptions) -> Result<RelayConfig, String> {
    Ok(RelayConfig {
        name: options.name.clone(),
        password: password(options)?,
        motd: motd(options)?,
        rate: options.rate,
        burst: options.burst,
        allowances_per_address: options.allowances_per_address,
        history: options.history,
        history_total_bytes_max: options.history_total,
        replay: options.replay,
        rooms_max: options.max_rooms,
        empty_rooms_max: options.max_empty_rooms,
        empty_room_kept: options.keep_rooms,
        request_within: options.request,
        line_bytes_max: options.max_line,
        seed: random(),
        reserved_names: options.reserve.clone(),
        operators: operators(options)?,
        ping_after: options.ping,
        web: WebConfig {
            allowed_origins: options.allow_origin.clone(),
            own_hosts: own_hosts(),
            message_bytes_max: options.max_message,
            ping_after: options.web_ping,
            ..WebConfig::default()
        },
        ..RelayConfig::default()
    })
}

/// What this machine is called: as it says itself, without its domain, and in its own network
/// (RFC 6762, 3).
pub(super) fn own_hosts() -> Vec<String> {
    let system = rustix::system::uname();
    let full = system.nodename().to_string_lossy();
    let short = full.split('.').next().unwrap_or_default();
    if short.is_empty() {
        return Vec::new();
    }
    vec![full.to_string(), short.to_owned(), format!("{short}.local")]
}

/// A number that nobody can guess, from what the standard library seeds its tables with.
fn random() -> u64 {
    RandomState::new().hash_one("parloir")
}

fn operators(options: &ServeOptions) -> Result<Vec<OperatorConfig>, String> {
    let operator = |it: &OperArgument| {
        let password = first_line(&it.password_file, "--oper")?;
        Ok(OperatorConfig {
            name: it.name.clone(),
            password,
        })
    };
    options.oper.iter().map(operator).collect()
}

fn password(options: &ServeOptions) -> Result<Option<String>, String> {
    let Some(path) = &options.password_file else {
        return password_from_environment();
    };
    first_line(path, "--password-file").map(Some)
}

/// The password that stands on the first line of a file.
fn first_line(path: &Path, flag: &str) -> Result<String, String> {
    match read(path, flag)?.lines().next().map(str::trim_end) {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(format!(
            "{} has no password on its first line (see {flag})",
            path.display()
        )),
    }
}

/// A variable that is set wrongly is no reason to serve without a password.
fn password_from_environment() -> Result<Option<String>, String> {
    match std::env::var("PARLOIR_PASSWORD") {
        Ok(password) if password.trim().is_empty() => Err(String::from(
            "PARLOIR_PASSWORD is empty (unset it to serve without a password)",
        )),
        Ok(password) => Ok(Some(password)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(String::from(
            "PARLOIR_PASSWORD is not UTF-8 (set it from a UTF-8 terminal, or use --password-file)",
        )),
    }
}

fn motd(options: &ServeOptions) -> Result<Vec<String>, String> {
    let Some(path) = &options.motd else {
        return Ok(Vec::new());
    };
    let shown = |line: &str| line.replace('\t', "    ").replace(char::is_control, "");
    Ok(read(path, "--motd")?.lines().map(shown).collect())
}

fn read(path: &Path, flag: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| {
        let words = crate::error::describe(&error);
        format!("cannot read {}: {words} (see {flag})", path.display())
    })
}

/// An error, and what to do about it.
fn advise(error: &Error) -> String {
    let advice = match error {
        Error::Listen { address, source } => listen_advice(address, source.kind()),
        Error::Certificate(_) => Some(String::from(" (see --tls-cert and --tls-key)")),
        Error::Config { setting, .. } => flag_of(setting).map(|flag| format!(" (see {flag})")),
        _ => None,
    };
    format!("{error}{}", advice.unwrap_or_default())
}

fn listen_advice(address: &str, kind: ErrorKind) -> Option<String> {
    let tcp: Option<SocketAddr> = address.parse().ok();
    let at = |port| tcp.map(|address| SocketAddr::new(address.ip(), port));
    Some(match (kind, tcp) {
        (ErrorKind::PermissionDenied, Some(_)) => format!(
            " (ports below 1024 need privileges; try --listen {})",
            at(PORT)?
        ),
        (ErrorKind::PermissionDenied, None) => {
            String::from(" (that folder is not yours to write to; try --listen unix:parloir.sock)")
        }
        (ErrorKind::AddrInUse, Some(_)) => format!(
            " (another program listens there, perhaps another parloir; try --listen {} for a free port)",
            at(0)?
        ),
        (ErrorKind::AddrInUse, None) => String::from(
            " (another program listens there, or a file that is no stale socket has that name)",
        ),
        (ErrorKind::AddrNotAvailable, Some(_)) => String::from(
            " (this machine does not have that address; try --listen 0.0.0.0:4242 for all it has)",
        ),
        (ErrorKind::InvalidInput, None) => {
            String::from(" (some hundred bytes are the most; try --listen unix:parloir.sock)")
        }
        (ErrorKind::NotFound, None) => String::from(" (the folder does not exist)"),
        _ => return None,
    })
}

fn flag_of(setting: &str) -> Option<&'static str> {
    Some(match setting {
        "name" => "--name",
        "password" => "--password-file",
        "motd" => "--motd",
        "burst" => "--burst",
        "operators" => "--oper",
        "reserved_names" => "--reserve",
        "history" => "--history",
        "line_bytes_max" => "--max-line",
        "connections_max" => "--max-connections",
        "connections_per_address_max" => "--max-per-address",
        "queue_bytes_max" => "--queue",
        "queue_total_bytes_max" => "--queue-total",
        "stall" => "--stall",
        "allowed_origins" => "--allow-origin",
        "keepalive" => "--keepalive",
        "handshake" => "--handshake",
        "rooms_max" => "--max-rooms",
        "request_within" => "--request",
        "message_bytes_max" => "--max-message",
        _ => return None,
    })
}
