//! The unit that counts as one address, for the limit on connections per address.

use std::net::{IpAddr, SocketAddr};

use crate::protocol::Address;

/// The unit of the limit on connections per address: an IPv4 address, or an IPv6 /64, because a single
/// machine may choose its addresses freely within a /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AddressKey {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl AddressKey {
    /// The key of an address; None for addresses without a limit: loopback, Unix sockets, and streams
    /// that the host program handed over.
    pub(crate) fn of(address: Address) -> Option<Self> {
        match address.ip()? {
            ip if ip.is_loopback() => None,
            IpAddr::V4(ip) => Some(Self::V4(ip.octets())),
            IpAddr::V6(ip) => ip.octets().first_chunk().copied().map(Self::V6),
        }
    }
}

/// Turns `::ffff:192.0.2.1` into the IPv4 address that it stands for: no socket can be bound to the
/// mapped form.
pub(crate) fn canonical(mut address: SocketAddr) -> SocketAddr {
    address.set_ip(address.ip().to_canonical());
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_machine_is_one_address_and_loopback_is_none() {
        let key = |ip: &str| {
            let ip: IpAddr = ip.parse().unwrap();
            AddressKey::of(Address::Ip((ip, 1).into()))
        };
        assert_eq!(key("127.0.0.1"), None);
        assert_eq!(key("::1"), None);
        assert_eq!(AddressKey::of(Address::Unix), None);
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:0:0:2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    }
}
