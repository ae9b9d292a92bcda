//! The program under load: more clients, lines and bytes than there is room for.
//!
//! These tests use up most descriptors of their process and both ends of many floods, so no others
//! run beside them.

#[path = "../wire/mod.rs"]
mod wire;

mod overload;
mod slow_readers;
