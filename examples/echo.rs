//! A protocol of one's own on the loop: each whole line comes back to whoever sent it.
//!
//! ```text
//! cargo run --example echo [ADDRESS]
//! nc 127.0.0.1 4242
//! ```

use std::error::Error;

use parloir::{
    CloseReason, ConnId, Demand, Endpoint, Input, Output, Peer, Protocol, Server, ServerConfig,
    Tag, Taken, Time,
};

struct Echo;

impl Protocol for Echo {
    /// What other threads may ask of it: nothing.
    type Call = ();

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        println!("{id} is {}", peer.address);
        Demand::More
    }

    fn received(&mut self, id: ConnId, input: Input<'_>, _: Time, out: &mut impl Output) -> Taken {
        let mut bytes = 0;
        for line in input.bytes.split_inclusive(|b| *b == b'\n') {
            // What is not taken is shown again, with what comes after it: no buffer is needed here.
            if !line.ends_with(b"\n") && input.end.is_none() {
                break;
            }
            // Enough for one turn of the loop: others come first, then the rest of this.
            if out.is_full() {
                let demand = Demand::Yield;
                return Taken { bytes, demand };
            }
            out.reply(id, line);
            bytes += line.len();
        }
        if input.end.is_some() {
            // It still gets what was sent to it so far.
            out.close(id);
        }
        let demand = Demand::More;
        Taken { bytes, demand }
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
