//! The loop: takes input from the threads, asks the conversation what to do, and does it.
//!
//! ```text
//!  Input ─▶ take ─▶ Event ─▶ Conversation::handle ─▶ Actions ─▶ perform
//!  time  ─────────────────▶ Conversation::tick   ─▶ Actions ─▶ perform
//! ```
//!
//! It waits for the channel alone, and only as long as the conversation says. It never waits for a socket;
//! it does wait for the terminal or the pipe that it shows lines on.

use std::io::{self, IsTerminal, Read};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use parloir::lines::{Line, LineReader};
use parloir::{Time, describe};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::signal_name;

use super::connections::{FromThread, Sockets, spawn};
use super::conversation::{
    Dialogue, Effect, Failure, LINE_BYTES_MAX, LineKind, LoopEvent, Settings,
};
use super::editor::{Editor, KeyResult};
use super::hangup::Terminal;
use super::keys::Keys;
use super::screen::TerminalScreen;
use super::trust::Trust;
use crate::stdio::Stdin;

/// Number of inputs that may wait for the loop. A thread that brings more has to wait, so a flood is
/// held up, not stored.
const WAITING_MAX: usize = 64;

/// Bytes read at once from a pipe or a terminal.
const READ_BYTES: usize = 16 << 10;

/// Chats until the person leaves or the pipe ends, and returns the exit status. An error is a message
/// for the user who typed the command. With `trust`, connections that the client opens are encrypted.
pub(crate) fn run(
    settings: Settings,
    listeners: Vec<TcpListener>,
    trust: Option<Trust>,
) -> Result<u8, String> {
    let failed = |error: io::Error| format!("cannot chat here: {}", describe(&error));
    let (sender, inputs) = sync_channel(WAITING_MAX);
    let connections = Sockets::new(sender.clone(), trust);
    for listener in listeners {
        connections.listen(listener).map_err(failed)?;
    }
    watch_signals(sender.clone()).map_err(failed)?;
    let screen = TerminalScreen::open().map_err(failed)?;
    let credit = read_input(&screen, sender).map_err(failed)?;
    let mut client = ClientLoop {
        conversation: Dialogue::new(settings),
        editor: Editor::default(),
        screen,
        connections,
        credit,
        owes_credit: false,
        begun: Instant::now(),
        status: None,
    };
    let status = client.go(&inputs);
    client.connections.finish();
    status.map_err(failed)
}

/// Everything that the loop owns. Only [`Dialogue`] and [`Editor`] decide anything.
struct ClientLoop {
    conversation: Dialogue,
    editor: Editor,
    screen: TerminalScreen,
    connections: Sockets,
    /// Lets the thread that reads lines read another line. So a file is read at the pace at which its lines
    /// are delivered.
    credit: Sender<()>,
    /// A line was taken, and no credit given for it: the conversation has had no room for another one.
    owes_credit: bool,
    /// The beginning of time for the conversation, which needs no UTC.
    begun: Instant,
    status: Option<u8>,
}

impl ClientLoop {
    fn now(&self) -> Time {
        Time::new(self.begun.elapsed(), Duration::ZERO)
    }

    fn go(&mut self, inputs: &Receiver<FromThread>) -> io::Result<u8> {
        let actions = self.conversation.start(self.now());
        self.perform(actions)?;
        loop {
            if let Some(status) = self.status {
                return Ok(status);
            }
            self.refresh();
            let Some(input) = self.wait(inputs) else {
                let actions = self.conversation.tick(self.now());
                self.perform(actions)?;
                continue;
            };
            self.take(input)?;
            // Inputs that have come in the meantime are shown together.
            for input in inputs.try_iter().take(WAITING_MAX) {
                self.take(input)?;
            }
        }
    }

    /// Waits for the next input. None: something is due first.
    fn wait(&self, inputs: &Receiver<FromThread>) -> Option<FromThread> {
        let Some(due) = self.conversation.due() else {
            return inputs.recv().ok();
        };
        let left = due.since(self.now());
        if left.is_zero() {
            return None;
        }
        inputs.recv_timeout(left).ok()
    }

    fn refresh(&mut self) {
        let is_secret = self.conversation.asks_for_secret();
        if is_secret != self.editor.is_secret {
            self.editor.is_secret = is_secret;
            self.screen.touch();
        }
        // A terminal that cannot take a prompt back gets it only after the dial under way has come to an
        // end.
        let is_soon = self.conversation.is_connecting() && !self.screen.is_edited();
        if !self.conversation.is_leaving() && !is_soon {
            self.screen.refresh(&self.editor);
        }
        if self.owes_credit && self.conversation.wants_input() {
            self.owes_credit = false;
            // An error means that the input has ended.
            let _ = self.credit.send(());
        }
    }

    /// Takes one input. Behind the end none is taken any more, although threads may still bring some.
    fn take(&mut self, input: FromThread) -> io::Result<()> {
        if self.status.is_some() {
            return Ok(());
        }
        let event = match input {
            FromThread::LoopEvent(event) => event,
            FromThread::Connected { link, connection } => {
                let round_trip = connection.round_trip;
                match self.connections.adopt(link, connection) {
                    Ok(()) => LoopEvent::Dialed { link, round_trip },
                    Err(error) => {
                        let why = format!("cannot be reached: {}", describe(&error));
                        let failure = Failure::passing(why);
                        LoopEvent::Failed { link, failure }
                    }
                }
            }
            FromThread::Resized => {
                self.screen.touch();
                return Ok(());
            }
            FromThread::Key(key) => match self.take_key(key)? {
                Some(event) => event,
                None => return Ok(()),
            },
        };
        if let LoopEvent::Typed(_) | LoopEvent::TypedTooMuch = event {
            self.owes_credit = true;
            self.screen.has_typed();
        }
        let actions = self.conversation.handle(event, self.now());
        self.perform(actions)
    }

    /// Gives a key to the editor, and makes an event of the result if the conversation is to know of it.
    fn take_key(&mut self, key: KeyEvent) -> io::Result<Option<LoopEvent>> {
        let is_secret = self.editor.is_secret;
        self.screen.touch();
        let outcome = self.editor.key(key, self.conversation.names());
        if self.conversation.is_leaving() {
            // There is no prompt any more.
            let is_impatient = outcome == KeyResult::Interrupted;
            return Ok(is_impatient.then_some(LoopEvent::Interrupted));
        }
        Ok(match outcome {
            KeyResult::Edited => None,
            KeyResult::Line(line) => {
                self.screen.keep(&line, is_secret);
                Some(LoopEvent::Typed(line))
            }
            KeyResult::Choices(choices) => {
                self.screen.show(LineKind::Note, &choices.join("  "), true);
                None
            }
            KeyResult::Interrupted => {
                self.screen.keep("", false);
                Some(LoopEvent::Interrupted)
            }
            KeyResult::Ended => {
                self.screen.keep("", false);
                Some(LoopEvent::InputEnded)
            }
            KeyResult::Suspend => {
                self.screen.suspend()?;
                None
            }
            KeyResult::Clear => {
                self.screen.clear();
                None
            }
        })
    }

    /// Carries out actions, in their order: a line about what happened stands above what comes of it.
    fn perform(&mut self, actions: Vec<Effect>) -> io::Result<()> {
        for action in actions {
            match action {
                Effect::Show(kind, text) => {
                    let is_interactive = self.conversation.is_interactive();
                    self.screen.show(kind, &text, is_interactive);
                }
                Effect::Dial {
                    link,
                    target,
                    within,
                } => self.connections.dial(link, target, within)?,
                Effect::Send { link, bytes } => self.connections.send(link, bytes),
                Effect::EndOutput(link) => self.connections.end_output(link),
                Effect::Close(link) => self.connections.close(link),
                Effect::Finish(status) => self.status = Some(status),
            }
        }
        if self.screen.is_broken() && self.status.is_none() {
            // The reader of the output is gone, as in `parloir chat | head`.
            self.status = Some(1);
        }
        Ok(())
    }
}

/// Returns whether a person types.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// Passes signals to the loop. SIGHUP, SIGUSR1 and SIGUSR2, which end a process that does not expect them,
/// end nothing here, except for SIGHUP when it is the end of the terminal.
fn watch_signals(loop_: SyncSender<FromThread>) -> io::Result<()> {
    let terminal = Terminal::look();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH])?;
    spawn("signals", move || {
        for signal in signals.forever() {
            let is_end = match signal {
                SIGINT | SIGTERM => true,
                SIGHUP => terminal.has_gone(),
                _ => false,
            };
            if signal == SIGWINCH {
                if loop_.send(FromThread::Resized).is_err() {
                    return;
                }
            } else if !is_end {
                let name = signal_name(signal).unwrap_or("a signal");
                log::warn!("{name}: nothing to reload; ignored");
            } else if loop_.send(LoopEvent::Interrupted.into()).is_err() {
                return;
            }
        }
    })
}

/// Reads keys, or lines: one line at a time, and another when there is credit.
fn read_input(screen: &TerminalScreen, loop_: SyncSender<FromThread>) -> io::Result<Sender<()>> {
    let (credit, next) = channel();
    if screen.is_edited() {
        spawn("keys", move || read_keys(&loop_))?;
    } else {
        spawn("lines", move || read_lines(&loop_, &next))?;
    }
    Ok(credit)
}

fn read_keys(loop_: &SyncSender<FromThread>) {
    let mut keys = Keys::default();
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count @ 1..) = Stdin.read(&mut buffer) {
        for key in keys.read(&buffer[..count], Instant::now()) {
            if loop_.send(FromThread::Key(key)).is_err() {
                return;
            }
        }
    }
    let _ = loop_.send(LoopEvent::InputEnded.into());
}

fn read_lines(loop_: &SyncSender<FromThread>, credit: &Receiver<()>) {
    let mut lines = LineReader::new(LINE_BYTES_MAX);
    let mut buffer = vec![0; READ_BYTES];
    // The time stands still for this reader: a line without a newline is not taken for a whole one.
    let never = Time::new(Duration::ZERO, Duration::ZERO);
    let say = |event: LoopEvent| loop_.send(event.into()).is_ok() && credit.recv().is_ok();
    while let Ok(count) = Stdin.read(&mut buffer) {
        if count == 0 {
            break;
        }
        for heard in lines.read(&buffer[..count], never) {
            let event = match heard {
                Line::Text(line) => LoopEvent::Typed(line),
                Line::TooLong => LoopEvent::TypedTooMuch,
            };
            if !say(event) {
                return;
            }
        }
    }
    if let Some(line) = lines.flush()
        && !say(LoopEvent::Typed(line))
    {
        return;
    }
    let _ = loop_.send(LoopEvent::InputEnded.into());
}
