//! A protocol of your own on parloir's loop: each complete line is sent back to the client that
//! sent it.
//!
//! ```text
//! cargo run --example echo [ADDRESS]
//! nc 127.0.0.1 4242
//! ```

use std::error::Error;

use parloir::{
    CloseReason, ConnId, Consumed, Demand, Endpoint, Input, Output, Peer, Protocol, Server,
    ServerConfig, Tag, Time,
};

struct Echo;

impl Protocol for Echo {
    /// The type of calls from other threads. This protocol has none.
    type Call = ();

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        println!("{id} is {}", peer.address);
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        _: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let mut bytes = 0;
        for line in input.bytes.split_inclusive(|b| *b == b'\n') {
            // An incomplete line is not taken. The loop keeps its bytes and shows them again
            // together with the bytes that follow, so the protocol needs no buffer of its own.
            if !line.ends_with(b"\n") && input.end.is_none() {
                break;
            }
            // The output for one turn of the loop is full. `Demand::Yield` lets the other
            // connections have their turn; the rest of this input is shown again afterwards.
            if out.is_full() {
                let demand = Demand::Yield;
                return Consumed { bytes, demand };
            }
            out.reply(id, line);
            bytes += line.len();
        }
        if input.end.is_some() {
            // The connection closes once everything that was sent to it has been delivered.
            out.close(id);
        }
        let demand = Demand::More;
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, reason: CloseReason, _: Time, _: &mut impl Output) {
        println!("{id} is gone: {reason}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address: Endpoint = address.as_deref().unwrap_or("127.0.0.1:4242").parse()?;

    let mut server = Server::new(Echo, ServerConfig::default())?;
    println!("listening on {}", server.listen(address, Tag::default())?);
    server.run()?;
    Ok(())
}
