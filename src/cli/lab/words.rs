//! The text that the teacher reads, in English or French.
//!
//! Each text stands beside its translation, in one call of `choose`, so that neither is changed without the
//! other in sight. French has a space before a colon and a semicolon.

use std::net::IpAddr;
use std::time::Duration;

use parloir::lab::{LabEvent, Language, Service, Visible, What};
use parloir::{Address, CloseReason};

use crate::cli::addresses::listed;

/// Number of received bytes that are shown at once. The number of all of them is shown beside them.
const SHOWN_BYTES_MAX: usize = 1024;

/// The text in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub(super) Language);

impl Words {
    fn is_french(self) -> bool {
        self.0 == Language::French
    }

    fn choose<T>(self, english: T, french: T) -> T {
        if self.is_french() { french } else { english }
    }

    /// One event as one line, with its end.
    pub(super) fn line(self, event: &LabEvent<'_>) -> String {
        let LabEvent { service, what, .. } = event;
        let who = event
            .address
            .map_or_else(String::new, |address| address.to_string());
        let text = match what {
            What::Came => self.choose(
                format!("{who} connects to {service}"),
                format!("{who} se connecte à {service}"),
            ),
            What::NotEncrypted => self.choose(
                format!("{who} speaks no TLS on {service}: closed"),
                format!("{who} ne parle pas TLS sur {service} : connexion fermée"),
            ),
            What::HandshakeFailed => self.choose(
                format!("{who} did not get through the TLS handshake on {service}: closed"),
                format!(
                    "{who} n’a pas mené à bien la négociation TLS sur {service} : connexion fermée"
                ),
            ),
            What::Left(reason) => {
                let left = self.choose(
                    format!("{who} leaves {service}"),
                    format!("{who} quitte {service}"),
                );
                left + self.reason(*reason)
            }
            What::Received { bytes, total } => {
                format!("{who} → {service}  {}", self.bytes(bytes, *total))
            }
            What::Acknowledged(bytes) => {
                let ip = event.address.and_then(Address::ip);
                let ip = ip.map_or(who, |ip| ip.to_string());
                format!("{ip} sent: {}", self.bytes(bytes, bytes.len() as u64))
            }
            What::Named(name) => self.choose(
                format!("{who} is {}", Visible(name)),
                format!("{who} s’appelle {}", Visible(name)),
            ),
            What::Lines(count) => {
                let s = if *count == 1 { "" } else { "s" };
                self.choose(
                    format!("{who}: {count} line{s}"),
                    format!("{who} : {count} ligne{s}"),
                )
            }
            What::Answered(text) => format!("{who} ← {service}  {}", Visible(text.as_bytes())),
            What::Dismissed => {
                format!("{who} ← {service}  ({})", self.choose("closed", "fermé"))
            }
            What::Waits(_) | What::NobodyWaits | What::NothingTyped => {
                self.operators(service, &who, what)
            }
            // There are no other events, though the library may come to have some.
            _ => return String::new(),
        };
        text + "\n"
    }

    /// The text of an event that concerns only the teacher as the operator.
    fn operators(self, service: &Service, who: &str, what: &What<'_>) -> String {
        let text = match what {
            What::Waits(count) => {
                let text = self.choose(
                    format!("the next line typed here answers {who}"),
                    format!("la prochaine ligne tapée ici répond à {who}"),
                );
                match count {
                    0 | 1 => text,
                    _ => {
                        text + &self
                            .choose(format!(" ({count} wait)"), format!(" ({count} en attente)"))
                    }
                }
            }
            What::NobodyWaits => String::from(self.choose(
                "nobody waits for an answer; nothing was sent",
                "personne n’attend de réponse ; rien n’a été envoyé",
            )),
            _ => String::from(self.choose(
                "an empty line is no answer (exit closes the connection)",
                "une ligne vide n’est pas une réponse (exit ferme la connexion)",
            )),
        };
        format!("{service}{} {text}", self.choose(":", " :"))
    }

    /// The reason for which a client left, in words. An end in good order, by either side, needs none.
    fn reason(self, reason: CloseReason) -> &'static str {
        match reason {
            CloseReason::Reset => self.choose(" (connection reset)", " (connexion rompue)"),
            CloseReason::Stalled => self.choose(" (it stopped reading)", " (ne lisait plus)"),
            CloseReason::QueueFull => {
                self.choose(" (it read too slowly)", " (lisait trop lentement)")
            }
            CloseReason::InputFull => self.choose(" (it sent too much)", " (envoyait trop)"),
            _ => "",
        }
    }

    /// The bytes as they were received; only the beginning, if there are many.
    fn bytes(self, bytes: &[u8], total: u64) -> String {
        if bytes.len() <= SHOWN_BYTES_MAX && bytes.len() as u64 == total {
            return Visible(bytes).to_string();
        }
        let mut end = bytes.len().min(SHOWN_BYTES_MAX);
        // The cut is not inside a UTF-8 character, half of which would be shown as escapes.
        let is_inside = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
        let steps = (0..=3).find(|back| !is_inside(&(end - back.min(&end))));
        end -= steps.unwrap_or_default().min(end);
        let shown = Visible(&bytes[..end]);
        self.choose(
            format!("{shown} … ({total} bytes in all)"),
            format!("{shown} … ({total} octets en tout)"),
        )
    }

    /// The notice of lines that the terminal was too slow to show.
    pub(super) fn notice(self) -> fn(u64) -> String {
        self.choose(
            |count| format!("… {count} lines not shown: the terminal is too slow\n"),
            |count| format!("… {count} lignes non affichées : le terminal est trop lent\n"),
        )
    }

    /// The message about a typed line that could not be handed over.
    pub(super) fn too_busy(self) -> &'static str {
        self.choose(
            "the server is busy: that line was not sent; type it again\n",
            "le serveur est occupé : cette ligne n’a pas été envoyée ; tapez-la à nouveau\n",
        )
    }

    /// The first line: the addresses, and the clients that can reach them.
    pub(super) fn open(self, addresses: &[IpAddr], own: &[IpAddr]) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let everywhere = self.choose("every address", "toutes les adresses");
        let shown = |ip: &IpAddr| match ip.is_unspecified() {
            true => String::from(everywhere),
            false => ip.to_string(),
        };
        let list: Vec<String> = addresses.iter().map(shown).collect();
        let list = list.join(self.choose(" and ", " et "));
        let reach = if addresses.iter().all(IpAddr::is_loopback) {
            String::from(self.choose(
                "this machine only (--bind :: for a class)",
                "cette machine seulement (--bind :: pour une classe)",
            ))
        } else {
            let own = listed(own, self.choose(" and ", " et "));
            let at = match &*own {
                "" => String::new(),
                own => format!("{}{own}", self.choose(", at ", ", à ")),
            };
            let everyone = self.choose(
                "everyone who can reach this machine",
                "tous ceux qui peuvent joindre cette machine",
            );
            format!("{everyone}{at}")
        };
        self.choose(
            format!("The lab is open (parloir {version}) at {list}: {reach}."),
            format!("Le labo est ouvert (parloir {version}) sur {list} : {reach}."),
        )
    }

    /// The purpose of a service, in a few words.
    pub(super) fn purpose(self, service: Service, every: Duration) -> String {
        let (english, french) = match service {
            Service::Feed if every == Duration::from_secs(1) => (
                "a line at once, then every second",
                "une ligne, puis une par seconde",
            ),
            Service::Feed => {
                return self.choose(
                    format!("a line at once, then one every {every:?}"),
                    format!("une ligne, puis une toutes les {every:?}"),
                );
            }
            Service::Burst => ("3 to 10 lines, then the end", "3 à 10 lignes, puis la fin"),
            Service::Echo => ("the same bytes back", "renvoie les mêmes octets"),
            Service::Hello => ("answers every datagram", "répond à chaque datagramme"),
            Service::Ack => ("acknowledges one message", "accuse réception d’un message"),
            Service::Operator => (
                "you answer, on this terminal",
                "vous répondez, sur ce terminal",
            ),
            Service::Broker => (
                "each line to all the others",
                "chaque ligne à tous les autres",
            ),
            Service::Mailbox => (
                "takes one message, no answer",
                "prend un message, sans réponse",
            ),
            Service::Pseudo => (
                "counts lines, never answers",
                "compte les lignes, ne répond pas",
            ),
            Service::Listen => (
                "all said on talk and chat",
                "tout ce qui se dit sur talk et chat",
            ),
            Service::Talk => (
                "a pseudonym, then messages",
                "un pseudonyme, puis des messages",
            ),
            Service::Chat => ("the whole chat; try /help", "la discussion ; essayez /help"),
        };
        String::from(self.choose(english, french))
    }

    /// The note on services that speak TLS on the same ports as plain text.
    pub(super) fn encrypted(self, services: &str, attempt: &str) -> String {
        self.choose(
            format!("TLS as well, on the same ports: {services}; try {attempt}"),
            format!("TLS aussi, sur les mêmes ports : {services} ; essayez {attempt}"),
        )
    }

    /// The text below the table.
    pub(super) fn below(self) -> &'static str {
        self.choose(
            "Below: who comes and goes, and what they send, as it was received.\nCtrl-C stops the server.",
            "Ci-dessous : qui vient et s’en va, et ce qui arrive, tel que reçu.\nCtrl-C arrête le serveur.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(what: What<'_>) -> String {
        let event = LabEvent {
            service: Service::Pseudo,
            address: Some(Address::Ip("127.0.0.1:51034".parse().unwrap())),
            what,
        };
        Words(Language::French).line(&event)
    }

    #[test]
    fn what_was_received_is_shown_as_it_was() {
        let received = |bytes| {
            line(What::Received {
                bytes,
                total: bytes.len() as u64,
            })
        };
        assert_eq!(
            received("Zoé\n".as_bytes()),
            "127.0.0.1:51034 → pseudo  Zoé\\n\n"
        );
        assert_eq!(received(b"\xe9"), "127.0.0.1:51034 → pseudo  \\xe9\n");
    }

    #[test]
    fn much_is_shown_by_its_beginning_and_whole_characters() {
        for (length, shown) in [(1024, 1024), (1025, 1024), (100_000, 1024)] {
            let bytes = vec![b'x'; length];
            let total = length as u64;
            let line = line(What::Received {
                bytes: &bytes,
                total,
            });
            assert_eq!(line.matches('x').count(), shown, "{length}");
            assert_eq!(line.contains(" octets en tout)"), length > 1024);
        }
        let bytes = format!("x{}", "é".repeat(1000)).into_bytes();
        let total = bytes.len() as u64;
        let line = line(What::Received {
            bytes: &bytes,
            total,
        });
        assert_eq!(line.matches('é').count(), 511);
        assert!(!line.contains("\\x"), "{line}");
    }
}
