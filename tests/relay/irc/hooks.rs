//! The effects of a host program's hooks on IRC clients.

use parloir::relay::{Answer, Hooks, Verdict};
use parloir::{Relay, RelayConfig};

use crate::script::check_with;

struct Censor;

impl Hooks for Censor {
    fn message(&mut self, from: &str, text: &str) -> Verdict {
        match text {
            "pass" => Verdict::Pass,
            "refuse" => Verdict::Refuse(format!("not so,\n{from}")),
            other => Verdict::Change(format!("{other}!\r\nQUIT")),
        }
    }

    fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
        let rolled = format!("{from} rolls {argument}\n:x 6\u{7}");
        match name {
            "roll" => Some(Answer::Sender(rolled)),
            "show" => Some(Answer::Room(rolled)),
            _ => None,
        }
    }
}

#[test]
fn hooks_change_refuse_and_add_commands() {
    let make = |config: RelayConfig| {
        let relay = Relay::new(config).expect("a valid configuration");
        relay.with_hooks(Censor)
    };
    check_with(
        "
        irc alice bob
        alice> SHOW 2 d6
        alice< :parloir.local NOTICE alice :alice rolls 2 d6
        alice< :parloir.local NOTICE alice ::x 6
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        bob> PRIVMSG #dev :pass
        alice< {bob} PRIVMSG #dev pass
        bob> PRIVMSG #dev :hello
        alice< {bob} PRIVMSG #dev hello!QUIT
        bob> PRIVMSG #dev :refuse
        bob< :parloir.local 404 bob #dev :not so,bob
        bob> PRIVMSG alice :refuse
        bob< :parloir.local 404 bob alice :not so,bob
        bob> ROLL 2 d6
        bob< :parloir.local NOTICE bob :bob rolls 2 d6
        bob< :parloir.local NOTICE bob ::x 6
        bob> SHOW 2 d6
        bob< :parloir.local NOTICE #dev :bob rolls 2 d6
        bob< :parloir.local NOTICE #dev ::x 6
        alice< :parloir.local NOTICE #dev :bob rolls 2 d6
        alice< :parloir.local NOTICE #dev ::x 6
        bob> RALL
        bob< :parloir.local 421 bob RALL …
        ",
        make,
    );
}
