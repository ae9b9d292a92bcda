//! Telnet's own bytes among the text: understood, removed, and never started (RFC 854, 855, 860, 1184).
//!
//! ```text
//!  Text --IAC--> Command --IAC--------------------> Text   (an 0xFF of the text)
//!                   |----WILL, WONT, DO, DONT-----> Option --any byte--> Text   (refused)
//!                   |----SB--> Subnegotiation --IAC--> SubnegotiationCommand --SE--> Text
//!                   |                ^-----------any other byte---------'
//!                   |----another command----------> Text   (AYT, EC and EL mean something, others nothing)
//!                   '----no command at all--------> Text   (the 0xFF was text, and so is this byte)
//! ```
//!
//! Nothing is ever offered: a client that has not begun to negotiate would show the bytes on its screen. Each
//! offer and request of its own is refused, which RFC 854 allows always, so the terminal stays as it is, echo
//! and line editing included. `Lines` calls `step` for each byte from an IAC on, until the state is `Text`
//! again.

/// Interpret As Command.
pub(super) const IAC: u8 = 0xff;

/// The first of the commands: EOF, SUSP, ABORT and EOR (RFC 1184, 885) stand below those of RFC 854. They are
/// no text either.
const FIRST: u8 = 0xec;
const SE: u8 = 0xf0;
/// Are You There.
const AYT: u8 = 0xf6;
/// Erase Character, Erase Line.
const EC: u8 = 0xf7;
const EL: u8 = 0xf8;
const SB: u8 = 0xfa;
const WILL: u8 = 0xfb;
const WONT: u8 = 0xfc;
const DO: u8 = 0xfd;
const DONT: u8 = 0xfe;

/// RFC 860. A client that sends it discards its screen's output until it is answered.
const TIMING_MARK: u8 = 6;

/// Refusals in the life of a connection; whoever asks on is no telnet client.
const REFUSALS_MAX: u8 = 32;

/// The place in a telnet sequence at which a connection is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Telnet {
    state: TelnetState,
    refusals: u8,
    /// It has sent what only a terminal's telnet sends. Its lines then go out with CR LF, and its keys that
    /// take back what was typed take effect.
    is_terminal: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TelnetState {
    #[default]
    Text,
    /// Behind IAC.
    Command,
    /// Behind IAC and WILL, WONT, DO or DONT.
    Option(u8),
    /// Behind IAC SB.
    Subnegotiation,
    /// Behind IAC, within that.
    SubnegotiationCommand,
}

/// The meaning of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TelnetByte {
    /// Telnet's own: gone.
    Consumed,
    /// The sequence was none: an 0xFF that is text, and this byte is yet to be looked at.
    LiteralBefore,
    /// IAC IAC: an 0xFF that is text.
    Literal,
    /// A request that wants this answer.
    Answer([u8; 3]),
    /// Wants to see that somebody is there.
    AreYouThere,
    /// Takes back the last character of the line being typed.
    EraseCharacter,
    /// Takes back the whole of it.
    EraseLine,
}

impl Telnet {
    pub(super) fn is_in_sequence(&self) -> bool {
        self.state != TelnetState::Text
    }

    /// Returns whether a terminal is at the other end.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Looks at the byte behind text, which is IAC, or at the next one of a sequence. A byte behind IAC that
    /// is no command shows that the IAC was an 0xFF of the text, such as ÿ in Windows-1252; the byte itself
    /// is left to be looked at, since it may end the line.
    pub(super) fn step(&mut self, byte: u8) -> TelnetByte {
        let (state, step) = match (self.state, byte) {
            (TelnetState::Text, _) => (TelnetState::Command, TelnetByte::Consumed),
            (TelnetState::Command, IAC) => (TelnetState::Text, TelnetByte::Literal),
            (TelnetState::Command, SB) => (TelnetState::Subnegotiation, TelnetByte::Consumed),
            (TelnetState::Command, WILL | WONT | DO | DONT) => {
                (TelnetState::Option(byte), TelnetByte::Consumed)
            }
            (TelnetState::Command, AYT) => (TelnetState::Text, TelnetByte::AreYouThere),
            (TelnetState::Command, EC) => (TelnetState::Text, TelnetByte::EraseCharacter),
            (TelnetState::Command, EL) => (TelnetState::Text, TelnetByte::EraseLine),
            (TelnetState::Command, FIRST..) => (TelnetState::Text, TelnetByte::Consumed),
            (TelnetState::Command, _) => (TelnetState::Text, TelnetByte::LiteralBefore),
            (TelnetState::Option(verb), option) => (TelnetState::Text, self.answer(verb, option)),
            (TelnetState::Subnegotiation, IAC) => {
                (TelnetState::SubnegotiationCommand, TelnetByte::Consumed)
            }
            (TelnetState::Subnegotiation, _) => (TelnetState::Subnegotiation, TelnetByte::Consumed),
            (TelnetState::SubnegotiationCommand, SE) => (TelnetState::Text, TelnetByte::Consumed),
            (TelnetState::SubnegotiationCommand, _) => {
                (TelnetState::Subnegotiation, TelnetByte::Consumed)
            }
        };
        // A lone IAC proves nothing, since it may be a letter; a negotiation or a question of telnet's has
        // come from a client that speaks it.
        let negotiates = matches!(
            self.state,
            TelnetState::Option(_) | TelnetState::Subnegotiation
        );
        let asks = matches!(
            step,
            TelnetByte::AreYouThere | TelnetByte::EraseCharacter | TelnetByte::EraseLine
        );
        self.is_terminal |= negotiates || asks;
        self.state = state;
        step
    }

    /// The answer to an option: refused, except for the timing mark. WONT and DONT ask for what is so
    /// already, and get no answer (RFC 854).
    fn answer(&mut self, verb: u8, option: u8) -> TelnetByte {
        if (verb, option) == (DO, TIMING_MARK) {
            return TelnetByte::Answer([IAC, WILL, TIMING_MARK]);
        }
        let refusal = match verb {
            DO => WONT,
            WILL => DONT,
            _ => return TelnetByte::Consumed,
        };
        if self.refusals == REFUSALS_MAX {
            return TelnetByte::Consumed;
        }
        self.refusals += 1;
        TelnetByte::Answer([IAC, refusal, option])
    }
}
