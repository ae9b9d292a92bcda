//! A second implementation of WebSocket frames: reads a client's byte by byte, and checks the
//! relay's.

/// The result of reading a client's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    /// A byte of a message.
    Byte(u8),
    /// The end of a message.
    Over {
        is_empty: bool,
    },
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
    /// A violation of the protocol, and the code of the close frame that answers it.
    Fault(u16),
}

/// The bytes that the relay sends besides messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// The accept value, which proves that the server has read the request, and the agreed
    /// subprotocol.
    Agreed(String, String),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
}

const PROTOCOL: u16 = 1002;
const NOT_UTF8: u16 = 1007;
const TOO_BIG: u16 = 1009;

/// Reads the frames of one client, byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// The beginning of a frame's head, or of a control frame.
    begun: Vec<u8>,
    /// The current frame of a message: its mask, the number of bytes that have come, and its
    /// length.
    frame: Option<([u8; 4], u64, u64)>,
    is_final: bool,
    message: Option<Message>,
    message_bytes_max: u64,
}

#[derive(Debug, Default)]
struct Message {
    is_text: bool,
    bytes: u64,
    /// The beginning of an unfinished character.
    character: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(message_bytes_max: usize) -> Self {
        Self {
            message_bytes_max: message_bytes_max as u64,
            ..Self::default()
        }
    }

    pub(crate) fn feed(&mut self, byte: u8) -> Vec<Framed> {
        let framed = self.read(byte);
        framed.unwrap_or_else(|code| vec![Framed::Fault(code)])
    }

    fn read(&mut self, byte: u8) -> Result<Vec<Framed>, u16> {
        let Some((mask, at, length)) = self.frame else {
            self.begun.push(byte);
            return self.read_head();
        };
        let byte = byte ^ mask[at as usize % 4];
        let message = self.message.as_mut().unwrap();
        if message.is_text {
            message.character.push(byte);
            match std::str::from_utf8(&message.character) {
                Ok(_) => message.character.clear(),
                Err(e) if e.error_len().is_some() => return Err(NOT_UTF8),
                Err(_) => {}
            }
        }
        let mut framed = vec![Framed::Byte(byte)];
        self.frame = Some((mask, at + 1, length)).filter(|_| at + 1 < length);
        framed.extend(self.end_frame()?);
        Ok(framed)
    }

    /// If a frame is complete, and its message with it, the end of the message is reported as well.
    fn end_frame(&mut self) -> Result<Option<Framed>, u16> {
        if self.frame.is_some() || !self.is_final {
            return Ok(None);
        }
        let message = self.message.take().unwrap();
        if !message.character.is_empty() {
            return Err(NOT_UTF8);
        }
        let is_empty = message.bytes == 0;
        Ok(Some(Framed::Over { is_empty }))
    }

    fn read_head(&mut self) -> Result<Vec<Framed>, u16> {
        let it = &self.begun;
        let (is_final, opcode) = (it[0] & 0x80 != 0, it[0] & 0x0f);
        let is_control = opcode >= 8;
        if it[0] & 0x70 != 0 || !matches!(opcode, 0..=2 | 8..=10) || is_control && !is_final {
            return Err(PROTOCOL);
        }
        let Some(second) = it.get(1) else {
            return Ok(Vec::new());
        };
        let short = second & 0x7f;
        if second & 0x80 == 0 || is_control && short > 125 {
            return Err(PROTOCOL);
        }
        let (digits, least) = match short {
            126 => (2, 126),
            127 => (8, 1 << 16),
            _ => (0, 0),
        };
        if it.len() < 2 + digits {
            return Ok(Vec::new());
        }
        let number = it[2..2 + digits].iter();
        let number = number.fold(0_u64, |number, digit| number << 8 | u64::from(*digit));
        let length = if digits == 0 {
            u64::from(short)
        } else {
            number
        };
        if length < least || length >> 63 == 1 {
            return Err(PROTOCOL);
        }
        let Some(&mask) = it[2 + digits..].first_chunk::<4>() else {
            return Ok(Vec::new());
        };
        if !is_control {
            self.begun.clear();
            return self.begin(opcode, is_final, mask, length);
        }
        let body = 2 + digits + 4;
        if it.len() < body + length as usize {
            return Ok(Vec::new());
        }
        let payload = it[body..].iter().zip(mask.iter().cycle());
        let payload = payload.map(|(byte, mask)| byte ^ mask).collect();
        self.begun.clear();
        read_control(opcode, payload).map(|framed| vec![framed])
    }

    /// Begins a frame of a message.
    fn begin(
        &mut self,
        opcode: u8,
        is_final: bool,
        mask: [u8; 4],
        length: u64,
    ) -> Result<Vec<Framed>, u16> {
        if (opcode == 0) != self.message.is_some() {
            return Err(PROTOCOL);
        }
        let is_text = opcode == 1;
        let message = self.message.get_or_insert_with(|| Message {
            is_text,
            ..Message::default()
        });
        message.bytes += length;
        if message.bytes > self.message_bytes_max {
            return Err(TOO_BIG);
        }
        self.is_final = is_final;
        self.frame = Some((mask, 0, length)).filter(|_| length > 0);
        Ok(self.end_frame()?.into_iter().collect())
    }
}

fn read_control(opcode: u8, payload: Vec<u8>) -> Result<Framed, u16> {
    Ok(match opcode {
        8 => Framed::Close(read_close(&payload)?),
        9 => Framed::Ping(payload),
        _ => Framed::Pong,
    })
}

fn read_close(payload: &[u8]) -> Result<Option<u16>, u16> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() {
            Ok(None)
        } else {
            Err(PROTOCOL)
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(PROTOCOL);
    }
    let is_text = std::str::from_utf8(reason).is_ok();
    if is_text {
        Ok(Some(code))
    } else {
        Err(NOT_UTF8)
    }
}

/// Reads frames of the relay. Returns the lines, each with `end` behind it, and the control frames.
pub(crate) fn hear(mut bytes: &[u8], is_binary: bool, end: &str) -> (Vec<u8>, Vec<Control>) {
    let (mut lines, mut controls) = (Vec::new(), Vec::new());
    while !bytes.is_empty() {
        let is_over = controls
            .last()
            .is_some_and(|it| matches!(it, Control::Close(_)));
        assert!(!is_over, "sent behind a goodbye: {}", bytes.escape_ascii());
        let (first, second) = (bytes[0], bytes[1]);
        let (head, length) = match second {
            0..126 => (2, usize::from(second)),
            126 => (4, usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))),
            127 => {
                let length = bytes[2..].first_chunk().expect("frames are sent whole");
                (10, u64::from_be_bytes(*length) as usize)
            }
            _ => panic!("a mask: {}", bytes.escape_ascii()),
        };
        let is_needed = second != 126 || length > 125;
        assert!(
            is_needed && (second != 127 || length > 0xffff),
            "a head longer than need be"
        );
        let frame = bytes.split_at_checked(head + length);
        let (frame, rest) = frame.expect("frames are sent whole");
        let payload = &frame[head..];
        bytes = rest;
        match first {
            0x81 | 0x82 => {
                assert_eq!(first == 0x82, is_binary, "{}", payload.escape_ascii());
                assert!(!payload.contains(&b'\n'), "{}", payload.escape_ascii());
                assert!(!payload.ends_with(b"\r"), "{}", payload.escape_ascii());
                lines.extend_from_slice(payload);
                lines.extend_from_slice(end.as_bytes());
            }
            0x88 => controls.push(Control::Close(read_close(payload).expect("a right code"))),
            0x89 => controls.push(Control::Ping),
            0x8a => controls.push(Control::Pong(payload.to_vec())),
            other => panic!("no frame begins with {other:#x}"),
        }
    }
    (lines, controls)
}
