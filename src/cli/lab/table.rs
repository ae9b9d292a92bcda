//! The text shown when the lab opens: the services, their ports, and a command to try each of them.
//!
//! The ports are those that were really bound: with `--port echo=0` the table is the only place that says
//! which one it is. Columns are as wide as their widest entry, in characters and not in bytes, for French.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use parloir::lab::Service;

use super::words::Words;
use crate::cli::addresses::{shown_for, to_connect};
use crate::cli::opening::Tls;

/// A service, and the addresses at which it really listens.
pub(super) struct BoundService {
    pub(super) service: Service,
    pub(super) bound: Vec<SocketAddr>,
    pub(super) tls: Tls,
}

/// The whole table.
pub(super) fn table(places: &[BoundService], every: Duration, words: Words) -> String {
    let first = places.first().map_or(&[][..], |place| &place.bound);
    let addresses: Vec<IpAddr> = first.iter().map(SocketAddr::ip).collect();
    let everywhere = addresses.iter().find(|ip| ip.is_unspecified());
    let own = everywhere.map_or_else(Vec::new, |ip| shown_for(*ip));
    let mut text = words.open(&addresses, &own);
    text.push_str("\n\n");
    let rows: Vec<[String; 4]> = places
        .iter()
        .map(|place| {
            [
                place.service.to_string(),
                ports(place),
                attempt(place),
                words.purpose(place.service, every),
            ]
        })
        .collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: [usize; 3] = std::array::from_fn(width);
    for [service, port, attempt, purpose] in &rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {service:0$}  {port:1$}  {attempt:2$}  {purpose}",
            widths[0], widths[1], widths[2]
        );
    }
    text.push('\n');
    if let Some((services, attempt)) = encrypted(places) {
        let _ = writeln!(text, "{}", words.encrypted(&services, &attempt));
    }
    let _ = writeln!(text, "{}", words.below());
    text
}

/// The services that speak TLS as well, and a command to try one of them. None if no service offers both, as
/// without a certificate, or where TLS is required and the table says so itself.
fn encrypted(places: &[BoundService]) -> Option<(String, String)> {
    let offers: Vec<&BoundService> = places.iter().filter(|it| it.tls == Tls::Offered).collect();
    let names: Vec<&str> = offers.iter().map(|place| place.service.name()).collect();
    Some((names.join(", "), attempt_encrypted(offers.last()?)))
}

fn attempt_encrypted(place: &BoundService) -> String {
    let address = first_of(place);
    address.map_or_else(String::new, |address| {
        format!("openssl s_client -quiet -connect {address}")
    })
}

/// The port, or all ports if they differ.
fn ports(place: &BoundService) -> String {
    let mut ports: Vec<u16> = place.bound.iter().map(SocketAddr::port).collect();
    ports.dedup();
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let udp = if place.service.is_datagram() {
        "/udp"
    } else {
        ""
    };
    format!("{}{udp}", ports.join(", "))
}

/// The command to try a service.
fn attempt(place: &BoundService) -> String {
    let Some(address) = first_of(place) else {
        return String::new();
    };
    if place.tls == Tls::Required {
        return attempt_encrypted(place);
    }
    let udp = if place.service.is_datagram() {
        "-u "
    } else {
        ""
    };
    format!("nc {udp}{} {}", address.ip(), address.port())
}

/// The first address of a service, as one that can be connected to.
fn first_of(place: &BoundService) -> Option<SocketAddr> {
    place.bound.first().copied().map(to_connect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parloir::lab::Language;

    #[test]
    fn ports_that_differ_are_all_there() {
        let bound = ["127.0.0.1:4001", "[::1]:4002"].map(|it| it.parse().unwrap());
        let place = BoundService {
            service: Service::Hello,
            bound: bound.to_vec(),
            tls: Tls::No,
        };
        let text = table(&[place], Duration::from_secs(1), Words(Language::English));
        assert!(
            text.contains("  hello  4001, 4002/udp  nc -u 127.0.0.1 4001  "),
            "{text}"
        );
    }
}
