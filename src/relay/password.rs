//! The password that lets somebody in.
//!
//! A connection has three guesses; a place has as many as it likes, but after the first three each takes
//! longer (`origins.rs`), and leaves a line in the log. So a new connection does not begin to guess anew.

use super::conn::Conn;
use super::context::Context;
use super::dialect::line::Sentence;
use crate::protocol::Output;

/// Wrong passwords after which a connection is closed.
pub(super) const WRONG_PASSWORDS_MAX: u8 = 3;

/// The result of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    Right,
    Wrong,
    /// The password was wrong, and was the last one of this connection that is looked at.
    LastWrong,
}

/// Looks at a password. `wrong` is the number of wrong ones that the connection gave before.
pub(super) fn look_at(
    text: &str,
    wrong: &mut u8,
    conn: &Conn,
    cx: &mut Context<'_, impl Output>,
) -> Guess {
    let now = cx.now;
    let is_it = is_password(cx.config().password.as_deref().unwrap_or_default(), text);
    let origin = conn.budget.origin(cx.origins());
    if is_it {
        log::info!("{} from {origin} gave the password", conn.id);
        return Guess::Right;
    }
    *wrong += 1;
    let count = conn.budget.note_wrong(cx.origins(), now);
    log::warn!(
        "{} from {origin} gave a wrong password ({count} in all from there)",
        conn.id
    );
    cx.answer(conn, &Sentence::WrongPassword.words(&[]));
    // A connection that is told nothing cannot know that it may try again.
    match !conn.role.converses() || *wrong == WRONG_PASSWORDS_MAX {
        true => Guess::LastWrong,
        false => Guess::Wrong,
    }
}

/// Returns whether a text is the password. All bytes of both are compared, so that the time it takes does not
/// tell how many of them were right.
pub(super) fn is_password(password: &str, text: &str) -> bool {
    let longest = password.len().max(text.len());
    let byte = |text: &str, n: usize| text.as_bytes().get(n).copied().unwrap_or_default();
    let differing = (0..longest).fold(password.len() ^ text.len(), |differing, n| {
        differing | usize::from(byte(password, n) ^ byte(text, n))
    });
    differing == 0
}
