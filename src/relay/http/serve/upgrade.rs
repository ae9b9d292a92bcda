//! From a request to a WebSocket (RFC 6455, 4.2): what must be in it, and what is agreed.
//!
//! A request is a WebSocket if it asks for one. Then all of it must be right, or it is refused with the
//! status that says what is wrong: it never falls back to the page, which a client would take for an answer
//! of the wrong kind. What is agreed is only the subprotocol. Extensions are not answered, which declines
//! them (RFC 6455, 9.1).

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

use super::head::{Method, Request};
use super::origin;
use crate::config::WebConfig;
use crate::relay::dialect::json;
use crate::relay::http::answer::write_head;
use crate::relay::http::{Asked, HttpStatus, Subprotocol};

/// The constant that the answer's hash is made of, besides the key (RFC 6455, 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The names by which a client may ask for a subprotocol. The names of IRC are IRCv3's; the other two are
/// this server's own.
const SUBPROTOCOLS: [(&str, Subprotocol); 4] = [
    ("text.ircv3.net", Subprotocol::TextIrc),
    ("binary.ircv3.net", Subprotocol::BinaryIrc),
    ("line.parloir", Subprotocol::Line),
    ("json.parloir", Subprotocol::Json),
];

/// The result of the negotiation between client and server.
#[derive(Debug)]
pub(super) struct Agreed {
    accept: String,
    /// None: no one of ours was asked for.
    subprotocol: Option<(&'static str, Subprotocol)>,
}

/// Returns whether a WebSocket is asked for. HTTP/1.0 cannot (RFC 9110, 7.8), and what else one may upgrade
/// to is ignored, as it may be.
pub(super) fn is_wanted(request: &Request<'_>) -> bool {
    let names_it = |protocol: &str| protocol.eq_ignore_ascii_case("websocket");
    request.is_1_1 && request.list("upgrade").any(names_it)
}

/// Advice to the operator of a proxy, for a request that [`is_stripped`]. nginx leaves them out unless told
/// otherwise, and the client then got the page.
pub(super) const STRIPPED: &str = "\
    A WebSocket was asked for, but a proxy on the way has left out what makes it one.\n\
    It has to speak version 1.1 of HTTP to this server, and to pass on these two lines:\n\
    Upgrade: websocket\n\
    Connection: Upgrade\n";

/// Returns whether a WebSocket was asked for, and a proxy has dropped that: the fields that are for one hop
/// alone (RFC 9110, 7.6.1), unless it is told about them. The key has come through.
pub(super) fn is_stripped(request: &Request<'_>) -> Result<bool, HttpStatus> {
    let has_key = request.field("sec-websocket-key")?.is_some();
    let is_whole = is_wanted(request) && request.list("connection").any(is_upgrade);
    Ok(request.method == Method::Get && has_key && !is_whole)
}

fn is_upgrade(option: &str) -> bool {
    option.eq_ignore_ascii_case("upgrade")
}

/// Negotiates with a request that becomes a WebSocket.
pub(super) fn agree(
    request: &Request<'_>,
    is_local: bool,
    rules: &WebConfig,
) -> Result<Agreed, HttpStatus> {
    if request.method != Method::Get
        || request.has_body()
        || !request.list("connection").any(is_upgrade)
    {
        return Err(HttpStatus::BAD_REQUEST);
    }
    if request.field("sec-websocket-version")? != Some("13") {
        return Err(HttpStatus::UPGRADE_REQUIRED);
    }
    let key = request.field("sec-websocket-key")?.unwrap_or_default();
    let nonce = BASE64.decode(key.as_bytes()).unwrap_or_default();
    // RFC 6455, 4.1: the key is sixteen bytes in base64.
    if nonce.len() != 16 {
        return Err(HttpStatus::BAD_REQUEST);
    }
    let origin = request.field("origin")?;
    if !origin::may_join(origin, request.host, is_local, rules) {
        return Err(HttpStatus::FORBIDDEN);
    }
    // The client's order counts, as it lists what it prefers first (RFC 6455, 4.1). None of ours among them
    // is no error: the first line tells then.
    let mut asked = request.list("sec-websocket-protocol");
    let known = |asked: &str| {
        let spoken = |it: &Subprotocol| *it != Subprotocol::Json || json::IS_SPOKEN;
        let mut ours = SUBPROTOCOLS.iter().filter(|(_, it)| spoken(it));
        ours.find(|(name, _)| *name == asked).copied()
    };
    Ok(Agreed {
        accept: accept(key),
        subprotocol: asked.find_map(known),
    })
}

/// The answer to a key (RFC 6455, 4.2.2). It proves that the server has understood the request as one for a
/// WebSocket; it is no secret and protects nothing else.
fn accept(key: &str) -> String {
    BASE64.encode(&Sha1::digest(format!("{key}{GUID}")))
}

impl Agreed {
    pub(super) fn subprotocol(&self) -> Option<Subprotocol> {
        self.subprotocol.map(|(_, subprotocol)| subprotocol)
    }

    /// Tells the client so. The messages begin right behind it.
    pub(super) fn write(&self, asked: Asked<'_>, out: &mut Vec<u8>) {
        let fields = [
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Accept", &self.accept),
        ];
        let subprotocol = self.subprotocol;
        let subprotocol = subprotocol.map(|(name, _)| ("Sec-WebSocket-Protocol", name));
        write_head(
            HttpStatus::SWITCHING,
            asked,
            fields.into_iter().chain(subprotocol),
            out,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, 1.3.
    #[test]
    fn a_key_has_its_answer() {
        assert_eq!(
            accept("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}
