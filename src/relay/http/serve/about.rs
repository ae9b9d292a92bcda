//! The date and the server's name in answers, and the answer to a request for anything else.

use std::time::{Duration, UNIX_EPOCH};

use crate::protocol::Time;

/// The text of an answer to a request for anything else.
pub(in crate::relay::http) const ADVICE: &str =
    "The chat is at / in a browser, or by nc or telnet at this address and port.\n";

/// A time as answers say it (RFC 9110, 5.6.7).
pub(in crate::relay::http) fn date(now: Time) -> Option<String> {
    let now = UNIX_EPOCH + Duration::from_secs(now.unix_seconds());
    Some(httpdate::fmt_http_date(now))
}
