//! The line protocol, for whoever writes a client of it: a program that reads what a relay sends.
//!
//! The first character of a line says what it is: `<` a message, `-` a private one, `~` an action, `[`
//! a line from before, and `*` the server itself.

use crate::relay::Relay;

/// Whether a line that a relay has sent, without its end, says that something was not done: a message
/// not sent, a command not carried out, a password or a connection not taken, lines left out for
/// someone who reads too slowly. A client that works off a script has failed if it gets one.
///
/// It goes by the same list of sentences as the relay that writes them. Nothing that people say looks
/// like one, in a room, in private, as a topic or as a reason. What the host program's own
/// [hooks](crate::relay::Hooks) say is not in the list, and lines of a
/// [motd](crate::RelayConfig::motd) are the operator's to choose.
///
/// ```
/// use parloir::lines::is_refusal;
///
/// assert!(is_refusal("* no one here is called bob"));
/// assert!(is_refusal("* usage: /msg NAME TEXT"));
/// assert!(!is_refusal("* bob joined"));
/// assert!(!is_refusal("<bob> * usage: /msg NAME TEXT"));
/// ```
pub fn is_refusal(line: &str) -> bool {
    Relay::is_refusal(line)
}
