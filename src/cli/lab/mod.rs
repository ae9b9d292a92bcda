//! `parloir lab`: from the flags to a running lab, and the teacher's terminal.
//!
//! The loop runs on the main thread; one thread reads the teacher's lines, and one shows what happens. The
//! loop waits for neither: a terminal that is stopped holds up no student.

mod flags;
mod table;
mod words;

use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use parloir::lab::{Call, Lab, LabConfig, Service, Watcher};
use parloir::{
    CallError, Encryption, Endpoint, Error, Handle, ListenOptions, Server, ServerConfig,
};

pub(super) use flags::LabOptions;

use super::common::{
    self, flags, is_without_address, open_terminal, own_hosts, random, room_for_connections,
};
use super::opening::Tls;
use super::screen::Screen;
use crate::stdio::Stdin;
use table::{BoundService, table};
use words::Words;

/// Time for which a connection that is ended from here is still read from, so that the bytes that a
/// student's program goes on sending do not turn the end into a reset.
const LINGER: Duration = Duration::from_secs(30);

/// Number of bytes of a typed line that are handled as one line.
const TYPED_BYTES_MAX: u64 = 64 << 10;

/// Runs until the server is stopped. An error is a message for the user who typed the command.
pub(super) fn lab(options: &LabOptions) -> Result<(), String> {
    let words = Words(options.language());
    options.check_ports()?;
    let screen = open_terminal("screen", words.notice())?;
    let watched = screen.clone();
    let watcher = Watcher::new(move |event| watched.push(&words.line(event)));
    let mut config = LabConfig {
        language: words.0,
        seed: random(),
        every: options.every,
        ..LabConfig::default()
    };
    config.relay.seed = random();
    config.relay.web.own_hosts = own_hosts();
    let lab = Lab::new(config, watcher).map_err(|error| advise(&error, None))?;
    let mut server =
        Server::new(lab, server_config(options)).map_err(|error| advise(&error, None))?;
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        let set = server.set_tls_from_files(certificate, key);
        set.map_err(|error| advise(&error, None))?;
    }
    let places = open_all(&mut server, options)?;
    server
        .stop_on_signals()
        .map_err(|error| advise(&error, None))?;
    screen.push(&table(&places, options.every, words));
    read_what_is_typed(server.handle(), screen.clone(), words)?;
    let result = server.run().map_err(|error| advise(&error, None));
    drop(server);
    screen.finish();
    result
}

fn server_config(options: &LabOptions) -> ServerConfig {
    // Two addresses are used when none is given.
    let addresses = options.addresses().len().max(2);
    let (connections_max, _) = room_for_connections(options.services().count() * addresses);
    ServerConfig {
        connections_max,
        // A class may well come from behind one address, or sit at one machine.
        connections_per_address_max: connections_max,
        linger: LINGER,
        ..ServerConfig::default()
    }
}

/// Opens every service at every address, in the order of the table. An address that was asked for must be
/// had; without one, a machine that has no IPv6 is content with IPv4.
fn open_all(server: &mut Server<Lab>, options: &LabOptions) -> Result<Vec<BoundService>, String> {
    let mut addresses = options.addresses();
    if addresses.is_empty() {
        addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    let is_asked_for = !options.addresses().is_empty();
    let mut places: Vec<BoundService> = Vec::new();
    for service in options.services() {
        let mut place = BoundService {
            service,
            bound: Vec::new(),
            tls: options.tls(service),
        };
        let mut missing = None;
        for ip in &addresses {
            match open(server, &place, *ip, options.port(service)) {
                Ok(bound) => place.bound.push(bound),
                Err(error) if !is_asked_for && ip.is_ipv6() && is_without_address(&error) => {
                    log::warn!("{error}; going on without {ip}");
                    missing = Some(*ip);
                }
                Err(error) => return Err(advise(&error, Some(service))),
            }
        }
        // Said once, and not for each of the services.
        addresses.retain(|ip| Some(*ip) != missing);
        places.push(place);
    }
    Ok(places)
}

/// Opens one service at one more address. A free port is the same at all addresses, if it can be, so that the
/// table has one port to say.
fn open(
    server: &mut Server<Lab>,
    place: &BoundService,
    ip: IpAddr,
    port: u16,
) -> Result<SocketAddr, Error> {
    if port == 0
        && let Some(other) = place.bound.first()
        && let Ok(bound) = listen(server, place, SocketAddr::new(ip, other.port()))
    {
        return Ok(bound);
    }
    listen(server, place, SocketAddr::new(ip, port))
}

fn listen(
    server: &mut Server<Lab>,
    place: &BoundService,
    address: SocketAddr,
) -> Result<SocketAddr, Error> {
    let tag = place.service.tag();
    if place.service.is_datagram() {
        return server.bind_datagram(address, tag);
    }
    let plain_after = server.protocol().plain_after(place.service);
    let how = ListenOptions::new().plain_after(plain_after);
    let how = how.encryption(match place.tls {
        Tls::No => Encryption::Off,
        Tls::Offered => Encryption::Offered,
        Tls::Required => Encryption::Required,
    });
    Ok(match server.listen_with(address, tag, how)? {
        Endpoint::Tcp(bound) => bound,
        Endpoint::Unix(_) => address,
    })
}

/// Reads the operator's console: lines that are typed, until the input ends. The thread is not waited
/// for, because it may be in a read that never returns.
fn read_what_is_typed(handle: Handle<Call>, screen: Screen, words: Words) -> Result<(), String> {
    let read = move || {
        let mut input = BufReader::new(Stdin);
        let mut line = Vec::new();
        loop {
            line.clear();
            let piece = input
                .by_ref()
                .take(TYPED_BYTES_MAX)
                .read_until(b'\n', &mut line);
            if !matches!(piece, Ok(count) if count > 0) {
                return;
            }
            let text = String::from_utf8_lossy(&line);
            match handle.typed(text.trim_end_matches(['\n', '\r'])) {
                Ok(()) => {}
                Err(CallError::Busy) => screen.push(words.too_busy()),
                Err(CallError::Stopped) => return,
            }
        }
    };
    let thread = thread::Builder::new().name("typed".into()).spawn(read);
    match thread {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot read the terminal: {error}")),
    }
}

/// The message for an error, with advice on what to do about it.
fn advise(error: &Error, service: Option<Service>) -> String {
    let flags = flags! { LabOptions: LabConfig { every: every } };
    let listen = match (error, service) {
        (Error::Listen { address, .. }, _) if is_without_family(error, address) => {
            Some(String::from("this machine has no IPv6; try --bind 0.0.0.0"))
        }
        (Error::Listen { source, .. }, Some(service)) => {
            let at = |port| format!("--port {service}={port}");
            common::listen_advice(
                source.kind(),
                "lab",
                [&at(service.port()), &at(0), "--bind ::"],
            )
        }
        _ => None,
    };
    common::advise(error, flags, listen)
}

/// Returns whether all addresses were asked for, and the machine does not have that family.
fn is_without_family(error: &Error, address: &str) -> bool {
    address.starts_with("[::]:") && is_without_address(error)
}
