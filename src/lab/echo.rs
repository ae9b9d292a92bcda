//! `echo`: sends the same bytes back, with or without a newline.

use super::message::{QUIET, unfinished_character};
use super::slots::Slots;
use crate::protocol::{
    CloseReason, ConnId, Consumed, Demand, Input, Monotonic, Output, Peer, Protocol, Time,
};

/// Sends back the bytes that come. A character that was cut by the network goes back whole, so that a
/// client which decodes every piece it reads does not fail; the rest of the character is waited for, but
/// not for long.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::{TcpListener, TcpStream};
///
/// use parloir::lab::Echo;
/// use parloir::{Server, ServerConfig, Tag};
///
/// // A service alone, without the lab around it.
/// let mut server = Server::new(Echo::default(), ServerConfig::default())?;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut student = TcpStream::connect(listener.local_addr()?)?;
/// server.adopt(listener.accept()?.0, Tag::default())?;
/// let handle = server.handle();
/// let thread = std::thread::spawn(move || server.run());
///
/// student.write_all("été".as_bytes())?;
/// let mut back = [0; 5];
/// student.read_exact(&mut back)?;
/// assert_eq!(back, "été".as_bytes());
///
/// handle.stop()?;
/// thread.join().expect("the loop does not panic")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Echo {
    /// Time until which the beginning of a character waits for its rest.
    held_until: Slots<Option<Monotonic>>,
}

impl Protocol for Echo {
    type Call = ();

    fn opened(&mut self, id: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        self.held_until.insert(id, None);
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let all = input.bytes.len();
        let Some(held_until) = self.held_until.get_mut(id) else {
            return taken(all, Demand::More);
        };
        let mut bytes = all - unfinished_character(input.bytes);
        if bytes > 0 {
            *held_until = None;
        }
        if input.end.is_some() || held_until.is_some_and(|at| at <= now) {
            bytes = all;
        }
        *held_until = match *held_until {
            _ if bytes == all => None,
            None => Some(now + QUIET),
            held => held,
        };
        out.reply(id, &input.bytes[..bytes]);
        if input.end.is_some() {
            out.close(id);
        }
        taken(bytes, held_until.map_or(Demand::More, Demand::ReadOrAt))
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.held_until.remove(id);
    }
}

fn taken(bytes: usize, demand: Demand) -> Consumed {
    Consumed { bytes, demand }
}
