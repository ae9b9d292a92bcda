//! The features and limits of the server: the tokens of 005 (Modern IRC, "RPL_ISUPPORT").
//!
//! The limits come from the constants that are held to, so that nothing is told which is not so. The tokens
//! stand in the order of the alphabet, and a test asks for that.

pub(super) use super::super::text::{AWAY_BYTES_MAX, KICK_BYTES_MAX, TOPIC_BYTES_MAX};
use super::history_query::CHATHISTORY_MAX;
use super::modes;
use crate::relay::hub;

/// Maximum bytes of a real name.
pub(super) const REAL_NAME_BYTES_MAX: usize = 128;
/// Maximum bytes of a user name, its tilde included.
pub(super) const USER_BYTES_MAX: usize = 18;
/// Maximum bytes of a channel's key (RFC 2812, 2.3.1).
pub(super) const KEY_BYTES_MAX: usize = 23;
/// Maximum number of targets of one PRIVMSG, NOTICE, TAGMSG, KICK, NAMES or WHOWAS. Each further one counts
/// as one more line of the client.
pub(super) const TARGETS_MAX: usize = 4;
/// Maximum number of tokens in one line: of its 15 parameters, the first and the last are not tokens.
const TOKENS_MAX: usize = 13;

/// Returns the tokens, with as many in each line as one line may have.
///
/// `CASEMAPPING` has no value for the rule of this server: names are the same if they are equal after
/// NFKC and case folding. `ascii` is what this rule comes to for the names that all clients know how to
/// compare.
pub(super) fn lines(network: &str) -> Vec<String> {
    let targets = TARGETS_MAX;
    let tokens = [
        format!("AWAYLEN={AWAY_BYTES_MAX}"),
        String::from("BOT=B"),
        String::from("CASEMAPPING=ascii"),
        format!("CHANLIMIT=#:{}", hub::ROOMS_OF_ONE_MAX),
        format!("CHANMODES={}", modes::channel_modes()),
        format!("CHANNELLEN={}", hub::names::NAME_CHARS_MAX + 1),
        String::from("CHANTYPES=#"),
        format!("CHATHISTORY={CHATHISTORY_MAX}"),
        String::from("ELIST=CMNTU"),
        String::from("EXCEPTS=e"),
        String::from("HOSTLEN=32"),
        String::from("INVEX=I"),
        format!("KEYLEN={KEY_BYTES_MAX}"),
        format!("KICKLEN={KICK_BYTES_MAX}"),
        format!("MAXLIST=beIq:{}", hub::MASKS_MAX),
        format!("MODES={}", modes::PARAMS_MAX),
        format!("MONITOR={}", hub::WATCHED_MAX),
        String::from("MSGREFTYPES=msgid,timestamp"),
        format!("NAMELEN={REAL_NAME_BYTES_MAX}"),
        format!("NETWORK={network}"),
        format!("NICKLEN={}", hub::names::NAME_CHARS_MAX),
        String::from("PREFIX=(ov)@+"),
        String::from("SAFELIST"),
        String::from("STATUSMSG=@+"),
        format!(
            "TARGMAX=JOIN:,KICK:{targets},LIST:1,NAMES:{targets},NOTICE:{targets},PART:,\
             PRIVMSG:{targets},TAGMSG:{targets},WHOIS:1,WHOWAS:{targets}"
        ),
        format!("TOPICLEN={TOPIC_BYTES_MAX}"),
        format!("USERLEN={USER_BYTES_MAX}"),
        String::from("UTF8ONLY"),
        String::from("WHOX"),
    ];
    tokens
        .chunks(TOKENS_MAX)
        .map(|tokens| tokens.join(" "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stand_at_most_thirteen_in_a_line_and_in_order() {
        let lines = lines("example");
        let tokens: Vec<&str> = lines.iter().flat_map(|line| line.split(' ')).collect();
        for line in &lines {
            assert!(line.split(' ').count() <= TOKENS_MAX);
            assert!(line.is_ascii() && line.len() < 400, "{line}");
        }
        let mut sorted = tokens.clone();
        sorted.sort_unstable();
        assert_eq!(tokens, sorted);
        assert!(tokens.iter().all(|token| token.matches('=').count() <= 1));
    }
}
