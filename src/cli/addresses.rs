//! The addresses at which other machines can reach this one: those that its interfaces have.
//!
//! The interfaces are asked, and the routing table only for the order. The route alone is not enough: on a
//! network without a default route, as many a classroom has, the address would be 127.0.0.1, which is of use
//! to nobody.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Port 9 of an address reserved for documentation (RFC 5737).
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The addresses to tell others for a listener: its own, or, for a listener at all addresses, those that
/// the machine has, the likeliest first.
pub(super) fn shown_for(listener: IpAddr) -> Vec<IpAddr> {
    if !listener.is_unspecified() {
        return vec![listener];
    }
    let mut own = chosen(interfaces(), routed());
    // `[::]` takes both families.
    own.retain(|ip| ip.is_ipv4() || listener.is_ipv6());
    own
}

/// An address that can be connected to, for a listener at this address.
pub(super) fn to_connect(listener: SocketAddr) -> SocketAddr {
    let shown = shown_for(listener.ip());
    let ip = shown.first().copied();
    SocketAddr::new(ip.unwrap_or(Ipv4Addr::LOCALHOST.into()), listener.port())
}

/// Joins addresses in words: `A`, `A and B`, `A, B and C`.
pub(super) fn listed(addresses: &[IpAddr], and: &str) -> String {
    let words: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    match &words[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{}{and}{last}", first.join(", ")),
    }
}

/// Those of the addresses found that another machine can use, the likeliest first.
fn chosen(found: Vec<IpAddr>, routed: Option<IpAddr>) -> Vec<IpAddr> {
    let is_of_use = |ip: &IpAddr| match ip {
        _ if ip.is_loopback() || ip.is_unspecified() => false,
        // A link-local address means nothing without the name of an interface, which differs from
        // machine to machine.
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
        IpAddr::V4(_) => true,
    };
    let order = |ip: &IpAddr| match ip {
        _ if Some(*ip) == routed => 0,
        IpAddr::V4(ip) if !ip.is_link_local() => 1,
        IpAddr::V6(_) => 2,
        // An address that a machine gives itself when it was assigned none.
        IpAddr::V4(_) => 3,
    };
    let mut chosen: Vec<IpAddr> = routed.into_iter().chain(found).filter(is_of_use).collect();
    chosen.sort_by_key(|ip| (order(ip), *ip));
    chosen.dedup();
    chosen
}

/// The addresses of all interfaces that are up.
fn interfaces() -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_default();
    let up = found.iter().filter(|interface| interface.is_oper_up());
    up.map(if_addrs::Interface::ip).collect()
}

/// The address that this machine would use to speak to another network, if it has a route to one.
/// Connecting a UDP socket only asks the routing table: nothing is sent.
fn routed() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    socket.local_addr().as_ref().map(SocketAddr::ip).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(text: &str) -> Vec<IpAddr> {
        text.split_whitespace()
            .map(|ip| ip.parse().unwrap())
            .collect()
    }

    /// On a network without a default route, a class was told to connect to 127.0.0.1.
    #[test]
    fn addresses_are_those_of_the_interfaces_where_there_is_no_default_route() {
        let found = ips("127.0.0.1 169.254.7.7 10.9.8.7 192.0.2.5 ::1 fe80::1 fd00::2");
        for (routed, shown) in [
            (None, "10.9.8.7 192.0.2.5 fd00::2 169.254.7.7"),
            (Some("192.0.2.5"), "192.0.2.5 10.9.8.7 fd00::2 169.254.7.7"),
            (
                Some("198.51.100.1"),
                "198.51.100.1 10.9.8.7 192.0.2.5 fd00::2 169.254.7.7",
            ),
            (Some("0.0.0.0"), "10.9.8.7 192.0.2.5 fd00::2 169.254.7.7"),
        ] {
            let routed = routed.map(|ip| ip.parse().unwrap());
            assert_eq!(chosen(found.clone(), routed), ips(shown), "{routed:?}");
        }
        assert!(chosen(ips("127.0.0.1 ::1"), None).is_empty());
    }

    #[test]
    fn a_listener_at_one_address_is_shown_by_it() {
        assert_eq!(shown_for(ips("127.0.0.1")[0]), ips("127.0.0.1"));
        let four = shown_for(Ipv4Addr::UNSPECIFIED.into());
        assert!(four.iter().all(IpAddr::is_ipv4), "{four:?}");
    }

    #[test]
    fn addresses_are_listed_in_words() {
        for (addresses, words) in [
            ("", ""),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1 ::1", "10.0.0.1 and ::1"),
            ("10.0.0.1 10.0.0.2 ::1", "10.0.0.1, 10.0.0.2 and ::1"),
        ] {
            assert_eq!(listed(&ips(addresses), " and "), words);
        }
    }
}
