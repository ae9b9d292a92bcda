//! The output for a person or a pipe: lines, a prompt, and colours that distinguish kinds of lines.
//!
//! | mode | terminal | a line is shown | the prompt |
//! | --- | --- | --- | --- |
//! | `Edited` | raw | over the prompt, which is painted again below it | with what is being typed |
//! | `Plain` | edits by itself | below the prompt, on a line of its own | once, until a line ends it |
//! | `Piped` | none | as it is, at once | none |
//!
//! In raw mode LF alone does not return to the first column, so lines end in CR LF there.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use crossterm::terminal;

use super::conversation::LineKind;
use super::editor::{Editor, paint};
use crate::stdio::Stdout;

const PROMPT: &str = "> ";

/// Number of columns of a terminal that does not report its width.
const COLUMNS: usize = 80;

/// The output that lines are written to.
pub(super) struct TerminalScreen {
    mode: ScreenMode,
    is_coloured: bool,
    /// The prompt must be painted again.
    is_stale: bool,
    /// The output takes no more bytes.
    is_broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScreenMode {
    /// A terminal in raw mode, with the line being typed on its bottom row.
    Edited,
    /// A terminal that edits lines by itself, such as a dumb one. Its prompt may be shown already.
    Plain { has_prompt: bool },
    /// Standard input or standard output is no terminal.
    Piped,
}

impl TerminalScreen {
    /// Opens the output in the mode that standard input and output and the environment call for.
    pub(super) fn open() -> io::Result<Self> {
        let is_typed = io::stdin().is_terminal();
        let is_read = io::stdout().is_terminal();
        let is_dumb = variable("TERM").is_none_or(|term| term == "dumb");
        let mode = match (is_typed && is_read, is_dumb) {
            (true, false) => ScreenMode::Edited,
            (true, true) => ScreenMode::Plain { has_prompt: false },
            (false, _) => ScreenMode::Piped,
        };
        if mode == ScreenMode::Edited {
            terminal::enable_raw_mode()?;
        }
        Ok(Self {
            mode,
            is_coloured: is_read && !is_dumb && variable("NO_COLOR").is_none(),
            is_stale: true,
            is_broken: false,
        })
    }

    /// Returns whether keys are to be read one by one.
    pub(super) fn is_edited(&self) -> bool {
        self.mode == ScreenMode::Edited
    }

    /// Returns whether the output takes no more bytes.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub(super) fn show(&mut self, kind: LineKind, text: &str, is_interactive: bool) {
        // Standard output of a script is what others say, and may be read by a program.
        if kind == LineKind::Trouble && !is_interactive {
            // A closed stderr is no reason to fail.
            let _ = writeln!(io::stderr(), "parloir: {text}");
            return;
        }
        let text = match self.is_coloured {
            true => colour(kind, text),
            false => Cow::Borrowed(text),
        };
        let line = match self.mode {
            ScreenMode::Edited => format!("\r\x1b[K{text}\r\n"),
            // The text being typed belongs to the terminal, and is still there when the line ends.
            ScreenMode::Plain { has_prompt: true } => format!("\n{text}\n"),
            ScreenMode::Plain { .. } | ScreenMode::Piped => format!("{text}\n"),
        };
        self.has_prompt(false);
        self.is_stale = true;
        self.write(&line);
    }

    /// Shows the prompt, and the line being typed.
    pub(super) fn refresh(&mut self, editor: &Editor) {
        match self.mode {
            ScreenMode::Edited if self.is_stale => {
                let columns = columns_of(terminal::size().ok());
                let (text, cursor) = (editor.text(), editor.cursor());
                self.write(&paint(PROMPT, text, cursor, editor.is_secret, columns));
                self.is_stale = false;
            }
            ScreenMode::Plain { has_prompt: false } => {
                self.write(PROMPT);
                self.has_prompt(true);
            }
            _ => {}
        }
    }

    /// Notes that the line being typed has changed, or the terminal has.
    pub(super) fn touch(&mut self) {
        self.is_stale = true;
    }

    /// Leaves a typed line on the screen: it stays, whole, and is no longer edited.
    pub(super) fn keep(&mut self, line: &str, is_secret: bool) {
        if self.is_edited() {
            let shown = if is_secret { "" } else { line };
            let shown = shown.replace(char::is_control, " ");
            self.write(&format!("\r\x1b[K{PROMPT}{shown}\r\n"));
            self.is_stale = true;
        }
    }

    /// Notes that the terminal itself has shown a line and its end.
    pub(super) fn has_typed(&mut self) {
        self.has_prompt(false);
    }

    pub(super) fn clear(&mut self) {
        self.write("\x1b[H\x1b[2J");
        self.is_stale = true;
    }

    /// Handles Ctrl-Z: gives the terminal back, and takes it again when the program goes on.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.write("\r\x1b[K");
        terminal::disable_raw_mode()?;
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        terminal::enable_raw_mode()?;
        self.is_stale = true;
        Ok(())
    }

    fn has_prompt(&mut self, it_has: bool) {
        if let ScreenMode::Plain { has_prompt } = &mut self.mode {
            *has_prompt = it_has;
        }
    }

    /// Writes at once, so that a reader at the other end of a pipe gets each line as it comes.
    fn write(&mut self, text: &str) {
        let written = Stdout.write_all(text.as_bytes());
        self.is_broken |= written.and_then(|()| Stdout.flush()).is_err();
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        if self.is_edited() {
            // Removes a prompt that was painted again after the last line.
            self.write("\r\x1b[K");
            let _ = terminal::disable_raw_mode();
        }
    }
}

/// The width of the terminal in columns. Terminals that were never told their width, such as those of
/// `expect` and serial lines, report 0; taken at face value, that would hide all but the last character
/// typed.
fn columns_of(size: Option<(u16, u16)>) -> usize {
    size.filter(|(columns, _)| *columns > 0)
        .map_or(COLUMNS, |(columns, _)| columns.into())
}

/// The value of an environment variable, if it is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Colours a line: bold for the sender's name, dim for lines without a sender, and a colour each for
/// private messages and for errors.
fn colour(kind: LineKind, text: &str) -> Cow<'_, str> {
    const BOLD: &str = "1";
    const DIM: &str = "2";
    const ALONE: &str = "35";
    const WRONG: &str = "31";
    let (style, length) = match kind {
        LineKind::Welcome | LineKind::Note => return text.into(),
        LineKind::Trouble => (WRONG, text.len()),
        LineKind::Said(length) => (BOLD, length),
        LineKind::Relay => match text.as_bytes().first() {
            Some(b'*' | b'[') => (DIM, text.len()),
            Some(b'-') => (ALONE, text.len()),
            Some(b'<') => (BOLD, text.find('>').map_or(0, |at| at + 1)),
            _ => return text.into(),
        },
    };
    let (styled, plain) = text.split_at(length);
    format!("\x1b[{style}m{styled}\x1b[0m{plain}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_of_no_width_hid_what_was_typed() {
        assert_eq!(columns_of(Some((132, 50))), 132);
        assert_eq!(columns_of(Some((1, 1))), 1);
        assert_eq!(columns_of(Some((0, 0))), COLUMNS);
        assert_eq!(columns_of(None), COLUMNS);
    }

    #[test]
    fn colours_say_what_a_line_is() {
        for (kind, text, coloured) in [
            (LineKind::Note, "a:1 JOINED", "a:1 JOINED"),
            (LineKind::Trouble, "oh", "\x1b[31moh\x1b[0m"),
            (LineKind::Said(6), "a said: b", "\x1b[1ma said\x1b[0m: b"),
            (
                LineKind::Relay,
                "* bob joined",
                "\x1b[2m* bob joined\x1b[0m",
            ),
            (LineKind::Relay, "<bob> a > b", "\x1b[1m<bob>\x1b[0m a > b"),
            (LineKind::Relay, "<odd", "\x1b[1m\x1b[0m<odd"),
            (LineKind::Relay, "-bob- hi", "\x1b[35m-bob- hi\x1b[0m"),
            (LineKind::Relay, "~ bob waves", "~ bob waves"),
            (LineKind::Relay, "", ""),
        ] {
            assert_eq!(colour(kind, text), coloured, "{text}");
        }
    }
}
