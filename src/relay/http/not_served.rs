//! Nothing is served: this build has no page and no WebSockets.
//!
//! It has the functions of `serve`, so that nothing else has to ask for the feature. A request's head is
//! waited for as in the other build, and then answered 404.

use super::{Asked, HttpStatus, Served, answer};
use crate::config::WebConfig;
use crate::protocol::Time;

/// The text of every answer.
pub(super) const ADVICE: &str = "This is a chat relay that speaks plain lines of text: join it with nc or telnet, at this address \
     and port.\n";

/// No date is told: what formats one is a dependency of the feature.
pub(super) fn date(_: Time) -> Option<String> {
    None
}

/// Tells whoever made a request that there is nothing to be had.
pub(in crate::relay) fn serve(
    head: &[u8],
    asked: Asked<'_>,
    _: &WebConfig,
    out: &mut Vec<u8>,
) -> Served {
    let has_body = !head.trim_ascii_start().starts_with(b"HEAD ");
    answer(HttpStatus::NOT_FOUND, Asked { has_body, ..asked }, out);
    Served::Answered
}
