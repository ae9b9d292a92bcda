//! The framing of the relay, which is private to the relay, compiled once more so that it can be
//! measured alone.
//!
//! The functions that measure it stand here, because nothing outside a module of this name can see
//! the framing.

#[path = "../../src/relay/framing/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only what is measured is used")]
mod framing;

use std::hint::black_box;

use framing::{Framed, Lines, read_line};

/// Cuts a stream into its lines; the bytes come in pieces of this size.
pub(crate) fn split(stream: &[u8], count: usize, piece: usize) -> Box<dyn FnMut()> {
    let bytes = stream.to_vec();
    let mut lines = Lines::new(4096);
    let mut partial = Vec::new();
    Box::new(move || {
        let mut found = 0;
        for range in black_box(&bytes[..]).chunks(piece.min(bytes.len())) {
            let mut rest = range;
            while let Some(framed) = lines.next(&mut rest, &mut partial) {
                found += usize::from(matches!(black_box(framed), Framed::Line(_)));
            }
        }
        assert_eq!(found, count, "every line is found");
    })
}

/// Decodes and cleans a line so many times.
pub(crate) fn clean(line: &str, count: usize) -> Box<dyn FnMut()> {
    let line = line.to_owned();
    let mut text = String::new();
    Box::new(move || {
        for _ in 0..count {
            read_line(black_box(line.as_bytes()), &mut text);
            black_box(&text);
        }
    })
}
