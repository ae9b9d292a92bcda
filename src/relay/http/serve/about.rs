//! What answers say of the time, and of this server.

use std::time::{Duration, UNIX_EPOCH};

use crate::protocol::Time;

/// What whoever asks for something else is told.
pub(in crate::relay::http) const ADVICE: &str =
    "The chat is at / in a browser, or by nc or telnet at this address and port.\n";

/// A time as answers say it (RFC 9110, 5.6.7).
pub(in crate::relay::http) fn date(now: Time) -> Option<String> {
    let now = UNIX_EPOCH + Duration::from_secs(now.unix_seconds());
    Some(httpdate::fmt_http_date(now))
}
