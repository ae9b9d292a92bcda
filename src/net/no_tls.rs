//! The substitute for `tls` without that feature: there is never a certificate, and so never a session.
//!
//! It has the functions of the real module, so the rest of the driver is one text, and not two that are
//! woven into each other. What cannot exist is a type without values, so the compiler proves
//! that the functions on it are never called.

use std::io::{self, IoSlice};

/// A certificate, which cannot exist without the feature.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Certificate {}

/// A session, which cannot exist without the feature.
#[derive(Debug)]
pub(crate) enum Session {}

/// The progress of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "without a session it is always done")]
pub(crate) enum Handshake {
    Waits,
    Done,
    Failed,
}

impl Session {
    pub(crate) fn shake_hands<S>(&mut self, _: &mut S) -> Handshake {
        match *self {}
    }

    pub(crate) fn read<S>(&mut self, _: &mut S, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }

    pub(crate) fn write<S>(&mut self, _: &mut S, _: &[IoSlice<'_>]) -> io::Result<usize> {
        match *self {}
    }

    pub(crate) fn flush<S>(&mut self, _: &mut S) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn buffered(&self) -> usize {
        match *self {}
    }

    pub(crate) fn is_ended(&self) -> bool {
        match *self {}
    }

    pub(crate) fn close_notify<S>(&mut self, _: &mut S) -> io::Result<()> {
        match *self {}
    }
}

/// The server's side of TLS, which never has a certificate here.
#[derive(Debug, Default)]
pub(crate) struct Acceptor {}

impl Acceptor {
    pub(crate) fn set_certificate(&mut self, certificate: Certificate) {
        match certificate {}
    }

    pub(crate) fn has_certificate(&self) -> bool {
        false
    }

    pub(crate) fn begin(&self, _: Vec<u8>) -> Result<Session, String> {
        Err("there is no TLS here".into())
    }

    pub(crate) fn begin_turn(&mut self) {}

    pub(crate) fn in_time<T>(&mut self, step: impl FnOnce() -> T) -> Option<T> {
        Some(step())
    }

    pub(crate) fn reload(&self) -> bool {
        false
    }
}
