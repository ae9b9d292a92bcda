//! The flags of `parloir lab`.

use std::net::{IpAddr, Ipv6Addr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use parloir::lab::{Language, Service};

use crate::cli::opening::Tls;

#[derive(Debug, Args)]
pub(in crate::cli) struct LabOptions {
    /// Where to listen: an address of this machine, or :: for all it has, IPv4 included. May be
    /// given several times [default: 127.0.0.1 and ::1]
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<BindArgument>,
    /// Where a service is found instead of at its usual port; 0 takes a free one. May be given
    /// several times
    #[arg(long, value_name = "SERVICE=PORT")]
    port: Vec<PortArgument>,
    /// Open these services alone: of feed, burst, echo, hello, ack, operator, broker, mailbox,
    /// pseudo, listen, talk, chat
    #[arg(long, value_name = "SERVICE,...", value_delimiter = ',')]
    only: Vec<Service>,
    /// What the lab speaks [default: as LC_ALL, LC_MESSAGES or LANG say]
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<LanguageArgument>,
    /// A certificate in PEM: whoever begins TLS gets it, at every service where the client speaks
    /// first. Read again on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Close whoever does not begin with TLS, at every service but hello, which speaks UDP
    #[arg(long, requires = "tls_cert")]
    pub(super) tls_only: bool,
    /// The time between two lines of feed; fractions are fine
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(super) every: Duration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageArgument {
    Fr,
    En,
}

/// One `--bind`. A host name may stand for several addresses. It has no port: each service has its
/// own, which `--port` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BindArgument(Vec<IpAddr>);

/// One `--port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PortArgument {
    service: Service,
    port: u16,
}

impl LabOptions {
    /// The addresses to listen on; empty if none is given.
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for ip in self.bind.iter().flat_map(|bind| &bind.0) {
            if !addresses.contains(ip) {
                addresses.push(*ip);
            }
        }
        // `::` takes all addresses, and would find its ports taken by any other one.
        let everywhere = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        if addresses.contains(&everywhere) {
            addresses = vec![everywhere];
        }
        addresses
    }

    /// The services to open, in the order of the table.
    pub(super) fn services(&self) -> impl Iterator<Item = Service> {
        let is_asked_for = |it: &Service| self.only.is_empty() || self.only.contains(it);
        Service::ALL.into_iter().filter(is_asked_for)
    }

    /// The port of a service. The last `--port` that names it counts.
    pub(super) fn port(&self, service: Service) -> u16 {
        let asked = self.port.iter().rfind(|it| it.service == service);
        asked.map_or(service.port(), |it| it.port)
    }

    /// Checks that no two services have the same port.
    ///
    /// # Errors
    ///
    /// A message that names two services with the same port.
    pub(super) fn check_ports(&self) -> Result<(), String> {
        for one in self.services() {
            for other in self.services().filter(|other| *other > one) {
                let port = self.port(one);
                let is_same = port == self.port(other) && port != 0;
                if is_same && one.is_datagram() == other.is_datagram() {
                    return Err(format!(
                        "{one} and {other} cannot both have port {port} (see --port)"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The encryption of a service. A service that may speak first cannot offer both, because it cannot
    /// wait for first bytes.
    pub(super) fn tls(&self, service: Service) -> Tls {
        match service {
            _ if service.is_datagram() || self.tls_cert.is_none() => Tls::No,
            _ if self.tls_only => Tls::Required,
            Service::Feed | Service::Burst | Service::Listen => Tls::No,
            _ => Tls::Offered,
        }
    }

    pub(super) fn language(&self) -> Language {
        match self.lang {
            Some(LanguageArgument::Fr) => Language::French,
            Some(LanguageArgument::En) => Language::English,
            None => of_locale(|name| std::env::var(name).ok()),
        }
    }
}

/// The language of the locale. The first of these variables that is set decides (POSIX, Base
/// Definitions, 8.2).
fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let locale = set.unwrap_or_default().to_ascii_lowercase();
    let language = locale.split(['_', '.', '@', '-']).next();
    match language {
        Some("fr" | "french") => Language::French,
        _ => Language::English,
    }
}

impl FromStr for BindArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let host = inner.unwrap_or(text);
        let link_local = || String::from("an address on a link alone is none for a class (try ::)");
        match host.parse() {
            Ok(IpAddr::V6(ip)) if ip.is_unicast_link_local() => return Err(link_local()),
            Ok(ip) => return Ok(Self(vec![ip.to_canonical()])),
            Err(_) if host.contains('%') => return Err(link_local()),
            Err(_) => {}
        }
        if text.contains(':') {
            return Err(String::from(
                "it is an address without a port (ports are set with --port)",
            ));
        }
        let found = (host, 0)
            .to_socket_addrs()
            .map_err(|_| format!("no host is called {host}"))?;
        Ok(Self(found.map(|address| address.ip()).collect()))
    }
}

impl FromStr for PortArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((service, port)) = text.split_once('=') else {
            return Err(String::from("it is a service and its port (try echo=3000)"));
        };
        let port = port
            .parse()
            .map_err(|_| format!("{port:?} is no port (use 0 to 65535)"))?;
        let service = service.parse()?;
        Ok(Self { service, port })
    }
}

/// Parses a time in seconds: `1`, `0.5`, `1.5s`, `200ms`.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1.0),
    };
    let number: f64 = number
        .trim()
        .parse()
        .map_err(|_| format!("{text:?} is no number of seconds (try 0.5)"))?;
    Duration::try_from_secs_f64(number * unit)
        .map_err(|_| String::from("it must be a time to come, and not too far off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides_the_language() {
        let language = |values: [&str; 3]| {
            of_locale(|name| {
                let at = ["LC_ALL", "LC_MESSAGES", "LANG"]
                    .iter()
                    .position(|it| *it == name);
                at.map(|at| values[at].to_owned())
            })
        };
        for (values, expected) in [
            (["", "", ""], Language::English),
            (["", "", "fr_FR.UTF-8"], Language::French),
            (["", "fr_CA", "en_GB"], Language::French),
            (["C", "fr_FR", "fr_FR"], Language::English),
            (["fr", "", "en_US"], Language::French),
            (["FR_be@euro", "", ""], Language::French),
            (["fry_NL", "", ""], Language::English),
        ] {
            assert_eq!(language(values), expected, "{values:?}");
        }
    }

    #[test]
    fn seconds_may_be_fractions() {
        for (text, millis) in [
            ("1", 1000),
            ("0.5", 500),
            (".25", 250),
            ("1.5s", 1500),
            ("20ms", 20),
        ] {
            assert_eq!(seconds(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "soon", "0,5", "-1", "nan", "inf", "1e99"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn flags_that_are_wrong_say_what_is_right() {
        let bind = |text: &str| text.parse::<BindArgument>();
        assert_eq!(bind("[::1]").unwrap(), bind("::1").unwrap());
        assert_eq!(
            bind("::ffff:127.0.0.1").unwrap(),
            bind("127.0.0.1").unwrap()
        );
        assert!(bind("127.0.0.1:80").unwrap_err().contains("--port"));
        for text in ["fe80::1", "[fe80::1]", "fe80::1%eth0"] {
            assert!(bind(text).unwrap_err().contains("try ::"), "{text}");
        }
        let port = |text: &str| text.parse::<PortArgument>();
        assert_eq!(port("echo=7").unwrap().port, 7);
        for (text, advice) in [
            ("echo", "try echo=3000"),
            ("echo=", "0 to 65535"),
            ("echo=70000", "0 to 65535"),
            ("ech=7", "use feed, burst, echo"),
        ] {
            assert!(port(text).unwrap_err().contains(advice), "{text}");
        }
    }
}
