//! The seeded simulator: many clients of all kinds, and the relay held to a model of the protocol.

#[path = "../support/mod.rs"]
mod support;

mod found;
