//! The numerics, with the text that stands behind the parameters of each.
//!
//! Numbers and parameters are those of Modern IRC, "Numerics", which has most of them from RFC 1459 and
//! RFC 2812, 5. A numeric from another source has that source named beside it.
//!
//! A table in one place keeps a number from being used for two things, which a test asks for. The words are
//! for people; clients go by number and parameters, so words may be changed and parameters may not.

/// A numeric: its number, and its last parameter, which is empty here if it is not always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) struct Numeric {
    pub(super) code: &'static str,
    pub(super) words: &'static str,
}

/// Declares the table: name, number, words.
macro_rules! numerics {
    ($($name:ident $code:literal $words:literal)*) => {
        $(pub(super) const $name: Numeric = Numeric { code: $code, words: $words };)*

        #[cfg(test)]
        const ALL: &[Numeric] = &[$($name),*];
    };
}

numerics! {
    WELCOME "001" ""
    YOUR_HOST "002" ""
    CREATED "003" ""
    MY_INFO "004" ""
    SUPPORTED "005" "are supported by this server"

    END_OF_STATS "219" "End of STATS report"
    USER_MODE_IS "221" ""
    STATS_UPTIME "242" ""
    USERS "251" ""
    OPERATORS "252" "operator(s) online"
    UNKNOWN_CONNECTIONS "253" "unknown connection(s)"
    CHANNELS "254" "channels formed"
    MY_USERS "255" ""
    ADMIN_ME "256" "Administrative info"
    ADMIN_PLACE "257" ""
    ADMIN_DETAILS "258" ""
    ADMIN_MAIL "259" ""
    TRY_AGAIN "263" ""
    LOCAL_USERS "265" ""
    GLOBAL_USERS "266" ""

    AWAY "301" ""
    USERHOST "302" ""
    IS_ON "303" ""
    UN_AWAY "305" "You are no longer marked as being away"
    NOW_AWAY "306" "You have been marked as being away"
    WHOIS_USER "311" ""
    WHOIS_SERVER "312" ""
    WHOIS_OPERATOR "313" "is a server operator"
    WHOWAS_USER "314" ""
    END_OF_WHO "315" "End of WHO list"
    WHOIS_IDLE "317" "seconds idle, signon time"
    END_OF_WHOIS "318" "End of WHOIS list"
    WHOIS_CHANNELS "319" ""
    LIST_START "321" "Users  Name"
    LIST "322" ""
    LIST_END "323" "End of LIST"
    CHANNEL_MODE_IS "324" ""
    CREATION_TIME "329" ""
    NO_TOPIC "331" "No topic is set"
    TOPIC "332" ""
    TOPIC_BY "333" ""
    // IRCv3 bot-mode
    WHOIS_BOT "335" "is a bot"
    WHOIS_SECURE "671" "is using a secure connection"
    INVITED_TO "336" ""
    END_OF_INVITATIONS "337" "End of /INVITE list"
    INVITING "341" ""
    INVITE_EXCEPTION "346" ""
    END_OF_INVITE_EXCEPTIONS "347" "End of channel invite exception list"
    BAN_EXCEPTION "348" ""
    END_OF_BAN_EXCEPTIONS "349" "End of channel exception list"
    VERSION "351" ""
    WHO "352" ""
    NAMES "353" ""
    // IRCv3 WHOX
    WHO_SPECIAL "354" ""
    END_OF_LINKS "365" "End of LINKS list"
    END_OF_NAMES "366" "End of NAMES list"
    BAN "367" ""
    END_OF_BANS "368" "End of channel ban list"
    END_OF_WHOWAS "369" "End of WHOWAS"
    INFO "371" ""
    MOTD "372" ""
    END_OF_INFO "374" "End of INFO list"
    MOTD_START "375" ""
    END_OF_MOTD "376" "End of MOTD command"
    WHOIS_ACTUALLY "338" "is actually using host"
    YOU_ARE_OPERATOR "381" "You are now a server operator"
    REHASHING "382" "Nothing is read again while the server runs"
    TIME "391" ""

    UNKNOWN_ERROR "400" ""
    NO_SUCH_NICK "401" "No such nick or channel"
    NO_SUCH_SERVER "402" "No such server"
    NO_SUCH_CHANNEL "403" "No such channel"
    CANNOT_SEND "404" "Cannot send to channel"
    TOO_MANY_CHANNELS "405" "You have joined too many channels"
    WAS_NO_SUCH_NICK "406" "There was no such nickname"
    TOO_MANY_TARGETS "407" "Too many recipients"
    NO_ORIGIN "409" "No origin specified"
    INVALID_CAP_COMMAND "410" "Invalid CAP command"
    NO_RECIPIENT "411" "No recipient given"
    NO_TEXT "412" "No text to send"
    // Modern IRC, and the numeric list of the IRC definition files
    INPUT_TOO_LONG "417" "Input line was too long"
    UNKNOWN_COMMAND "421" "Unknown command"
    NO_MOTD "422" "There is no message of the day"
    NO_NICKNAME "431" "No nickname given"
    BAD_NICKNAME "432" "Erroneous nickname"
    NICKNAME_IN_USE "433" "Nickname is already in use"
    NOT_IN_CHANNEL "441" "They aren't on that channel"
    NOT_ON_CHANNEL "442" "You're not on that channel"
    ALREADY_ON_CHANNEL "443" "is already on channel"
    CANNOT_CHANGE_NICK "447" "Cannot change nickname"
    NOT_REGISTERED "451" "You have not registered"
    NEED_MORE_PARAMS "461" "Not enough parameters"
    ALREADY_REGISTERED "462" "You may not reregister"
    WRONG_PASSWORD "464" "Password incorrect"
    // The numeric list of the IRC definition files
    BAD_USER_NAME "468" "Your user name cannot be shown, so it is user"
    // Modern IRC
    CHANNEL_FULL "471" "Cannot join channel (+l)"
    UNKNOWN_MODE "472" "is unknown mode char to me"
    INVITE_ONLY "473" "Cannot join channel (+i)"
    BANNED "474" "Cannot join channel (+b)"
    BAD_KEY "475" "Cannot join channel (+k)"
    LIST_FULL "478" "Channel list is full"
    NO_PRIVILEGES "481" "Permission denied: you're not a server operator"
    NOT_OPERATOR "482" "You're not a channel operator"
    NO_OPERATOR_HOST "491" "No operator is known to this server"
    UNKNOWN_USER_MODE "501" "Unknown mode flag"
    NOT_YOU "502" "Cannot change mode for other users"
    HELP_NOT_FOUND "524" "No help available on this topic"
    // Modern IRC
    INVALID_MODE_PARAM "696" ""

    HELP_START "704" ""
    HELP_TEXT "705" ""
    END_OF_HELP "706" "End of HELP"
    // Solanum's quiet list, which other servers and clients know as well
    MUTE "728" ""
    END_OF_MUTES "729" "End of channel quiet list"
    // IRCv3 monitor
    ONLINE "730" ""
    OFFLINE "731" ""
    MONITORED "732" ""
    END_OF_MONITORED "733" "End of MONITOR list"
    MONITOR_FULL "734" "Monitor list is full"
    // IRCv3 draft/metadata-3
    WHOIS_KEY_VALUE "760" ""
    KEY_VALUE "761" ""
    KEY_NOT_SET "766" "Key not set"
    FOLLOWING "770" ""
    NOT_FOLLOWING "771" ""
    FOLLOWED "772" ""
    SYNC_LATER "774" "Ask for it with METADATA SYNC"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_three_digits_and_is_there_once() {
        let mut codes: Vec<&str> = ALL.iter().map(|numeric| numeric.code).collect();
        for code in &codes {
            assert!(code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()));
        }
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
