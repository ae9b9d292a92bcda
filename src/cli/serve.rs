//! `parloir serve`: from the flags to a running relay.
//!
//! Everything that may be refused comes first, so that an error is the only line on stderr; warnings follow
//! once all else is well, and the announcement comes last, when each address that it names can be connected
//! to.

use std::env::VarError;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use parloir::relay::Role;
use parloir::{
    AddressPrefix, Encryption, Endpoint, Error, ListenOptions, OperatorConfig, Relay, RelayConfig,
    Server, ServerConfig, Tag, WebConfig, describe,
};

use super::args::OperArgument;
use super::args::ServeOptions;
use super::common::{
    self, DESCRIPTORS_RESERVED, flags, is_without_address, open_terminal, own_hosts, random,
    room_for_connections,
};
use super::console::Console;
use super::data;
use super::keep::retention;
use super::opening::{ReachableAt, Tls, opening};
use super::screen::Screen;

/// The port when no other is given.
const PORT: u16 = 4242;

/// Time for which an empty room is kept in a file. A small group goes home in the evening and wants to find
/// its room the next day, or after the holidays.
const ROOMS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Runs until the server is stopped. An error is a message for the user who typed the command.
pub(super) fn serve(options: &ServeOptions) -> Result<(), String> {
    check_listeners(options)?;
    let mut config = relay_config(options)?;
    let keep = retention(&options.keep, options.keep_bytes)?;
    let data = data::open(options.data.as_deref())?;
    config.empty_room_kept = options.keep_rooms.unwrap_or(match data.store {
        Some(_) => ROOMS_KEPT,
        None => config.empty_room_kept,
    });
    let mut relay = Relay::new(config).map_err(|error| advise(&error))?;
    if options.search && data.store.is_none() {
        log::warn!(
            "--search has no effect: the chat is kept in memory, and only a file can be searched"
        );
    }
    if let Some(store) = data.store {
        let store = store.with_retention(keep).with_search(options.search);
        relay = relay.with_store(store).map_err(|error| advise(&error))?;
    }
    let plan = plan(options, &mut relay);
    let host = options.console.then(|| relay.tag(Role::Host));
    // The announcement says what there is room for, and not what was asked for.
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
    let places = connections_max.min(fit);
    let opening = opening(&options.name, &bound, places, &data.line);
    let terminal = match host {
        Some(tag) => Terminal::Console(open_console(&mut server, tag, opening)?),
        None => {
            let screen = open_terminal("announcement", |_| String::new())?;
            screen.push(&opening);
            screen.close();
            Terminal::Screen(screen)
        }
    };
    server.run().map_err(|error| advise(&error))?;
    // This closes the console's connection, whose thread then shows the rest and ends.
    drop(server);
    match terminal {
        Terminal::Console(console) => console.finish(),
        Terminal::Screen(screen) => screen.finish(),
    }
    Ok(())
}

/// The host's terminal, which is written to by a thread of its own, since it may be stopped.
enum Terminal {
    Console(Console),
    Screen(Screen),
}

/// Rejects a setting for a kind of listener of which there is none: a user would believe it to hold for
/// those there are.
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

/// A listener to open: its address, its role and its options. The plan is made before the server, because
/// the number of listeners takes part in how many connections there is room for.
struct Planned {
    role: Role,
    tag: Tag,
    endpoint: Endpoint,
    how: ListenOptions,
    tls: Tls,
    /// The user did not name this address, so a machine that cannot have it is no error.
    is_optional: bool,
}

/// The listeners to open. Without any `--listen` they are the two loopback addresses, so that a first try is
/// open to this machine alone.
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

/// The encryption of a listener, as the announcement is to say it.
fn tls(options: &ServeOptions, is_required: bool) -> Tls {
    match (is_required || options.tls_only, &options.tls_cert) {
        (true, _) => Tls::Required,
        (false, Some(_)) => Tls::Offered,
        (false, None) => Tls::No,
    }
}

/// The options for a listener's connections.
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

/// Opens the listeners, in their order. An address that the user named must be had; a machine without IPv6 is
/// served on the other default one.
fn listen(server: &mut Server<Relay>, plan: &[Planned]) -> Result<Vec<ReachableAt>, String> {
    let mut bound = Vec::new();
    for planned in plan {
        let (endpoint, how) = (planned.endpoint.clone(), planned.how.clone());
        match server.listen_with(endpoint, planned.tag, how) {
            Ok(endpoint) => bound.push(ReachableAt {
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

/// Adopts the host's terminal as a connection, so that it takes no guest's place and has no address.
fn open_console(server: &mut Server<Relay>, tag: Tag, opening: String) -> Result<Console, String> {
    let failed = |error: std::io::Error| format!("cannot open the console: {error}");
    let (console, stream) = Console::open(opening).map_err(failed)?;
    server.adopt(stream, tag).map_err(|error| advise(&error))?;
    Ok(console)
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
        request_within: options.request,
        line_bytes_max: options.max_line,
        // Another one in each run: addresses cannot be worked out from the hosts that people are shown by.
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

/// The password on the first line of a file.
fn first_line(path: &Path, flag: &str) -> Result<String, String> {
    match read(path, flag)?.lines().next().map(str::trim_end) {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(format!(
            "{} has no password on its first line (see {flag})",
            path.display()
        )),
    }
}

/// The password from the environment. A variable that is set wrongly is an error, and no reason to serve
/// without a password: an unset variable of a compose file leaves it empty, and everybody would come in.
fn password_from_environment() -> Result<Option<String>, String> {
    match std::env::var("PARLOIR_PASSWORD") {
        Ok(password) if password.trim().is_empty() => Err(String::from(
            "PARLOIR_PASSWORD is empty (unset it to serve without a password)",
        )),
        Ok(password) if password.contains(char::is_control) => {
            Err(String::from("PARLOIR_PASSWORD is not one line"))
        }
        Ok(password) => Ok(Some(password)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(String::from(
            "PARLOIR_PASSWORD is not UTF-8 (set it from a UTF-8 terminal, or use --password-file)",
        )),
    }
}

/// The lines of the message of the day. A text file may have tabs, and the settings take no controls.
fn motd(options: &ServeOptions) -> Result<Vec<String>, String> {
    let Some(path) = &options.motd else {
        return Ok(Vec::new());
    };
    let shown = |line: &str| line.replace('\t', "    ").replace(char::is_control, "");
    Ok(read(path, "--motd")?.lines().map(shown).collect())
}

fn read(path: &Path, flag: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| {
        let words = describe(&error);
        format!("cannot read {}: {words} (see {flag})", path.display())
    })
}

/// The message for an error, with advice on what to do about it. The table leads from the field that the
/// library names to the flag that the user knows; a field that no flag sets cannot be wrong here.
fn advise(error: &Error) -> String {
    let flags = flags! { ServeOptions:
        RelayConfig {
            name: name, password: password_file, motd: motd, burst: burst, operators: oper,
            reserved_names: reserve, history: history, line_bytes_max: max_line,
            rooms_max: max_rooms, request_within: request,
        }
        WebConfig { allowed_origins: allow_origin, message_bytes_max: max_message }
        ServerConfig {
            connections_max: max_connections, connections_per_address_max: max_per_address,
            queue_bytes_max: queue, queue_total_bytes_max: queue_total, stall: stall,
            keepalive: keepalive, handshake: handshake,
        }
    };
    let listen = match error {
        Error::Listen { address, source } => listen_advice(address, source.kind()),
        _ => None,
    };
    common::advise(error, flags, listen)
}

fn listen_advice(address: &str, kind: ErrorKind) -> Option<String> {
    let Ok(address) = address.parse::<SocketAddr>() else {
        return path_advice(kind).map(String::from);
    };
    let at = |port| format!("--listen {}", SocketAddr::new(address.ip(), port));
    let everywhere = "--listen 0.0.0.0:4242";
    common::listen_advice(kind, "parloir", [&at(PORT), &at(0), everywhere])
}

/// The advice for a Unix socket that cannot be listened on.
fn path_advice(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::PermissionDenied => {
            "that folder is not yours to write to; try --listen unix:parloir.sock"
        }
        ErrorKind::AddrInUse => {
            "another program listens there, or a file that is no stale socket has that name"
        }
        ErrorKind::InvalidInput => {
            "some hundred bytes are the most; try --listen unix:parloir.sock"
        }
        ErrorKind::NotFound => "the folder does not exist",
        _ => return None,
    })
}
