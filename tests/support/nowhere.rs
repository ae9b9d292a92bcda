//! A sink of the hub that drops all events.
//!
//! Unit tests and fuzz targets have this file as a module, and the names of the hub from the module
//! that it is in.

#![allow(
    unreachable_pub,
    reason = "a crate may have it for one module or for several"
)]

use super::{Addressee, ConnId, Event, Recipient, Sink};

pub struct Nowhere;

impl Sink for Nowhere {
    fn to_room<'e>(
        &mut self,
        _: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        audience.for_each(drop);
        events.for_each(drop);
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, _: &Event<'_>) {
        audience.for_each(drop);
    }

    fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}

    fn dismissed(&mut self, _: ConnId) {}
}
