//! `burst`: a random number of lines, then the end of the stream.

use super::Language;
use super::texts::line;
use crate::protocol::{CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Time};

/// The fewest lines in a burst, and the number of lines that it may have more, at most.
const LINES_MIN: u64 = 3;
const LINES_MORE: u64 = 7;

/// Writes a random number of lines and closes. The loop ends the stream first and reads the bytes that
/// the client still sends, so that the end is never a reset.
#[derive(Debug)]
pub struct Burst {
    language: Language,
    random: u64,
}

impl Burst {
    /// A service whose bursts have lengths that follow from the seed.
    pub fn new(language: Language, seed: u64) -> Self {
        Self {
            language,
            random: seed,
        }
    }

    /// The next number of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
    /// Generators, 2014).
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Protocol for Burst {
    type Call = ();

    fn opened(&mut self, id: ConnId, _: &Peer, _: Time, out: &mut impl Output) -> Demand {
        for n in 1..=LINES_MIN + self.random() % (LINES_MORE + 1) {
            out.reply(id, line(self.language, n).as_bytes());
        }
        out.close(id);
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
}
