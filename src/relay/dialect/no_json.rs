//! The JSON dialect where it is not built in: it is never begun, so there is no client of it.
//!
//! It has the functions of the real module, so that the rest of the relay is one text for both builds.

use crate::protocol::Skipped;
use crate::relay::hub::Event;

pub(in crate::relay) const IS_SPOKEN: bool = false;

pub(in crate::relay) fn write_event(_: &mut Vec<u8>, _: &str, _: &Event<'_>) {}

pub(in crate::relay) fn write_notice(_: &mut Vec<u8>, _: &str) {}

pub(in crate::relay) fn write_bye(_: &mut Vec<u8>, _: &str) {}

pub(in crate::relay) fn write_skipped(_: &mut Vec<u8>, _: Skipped) {}

/// A client that never is.
pub(in crate::relay) mod client {
    use crate::protocol::Output;
    use crate::relay::conn::Conn;
    use crate::relay::context::Context;
    use crate::relay::framing::{Framed, ProgramLines};
    use crate::relay::pending::Pending;
    use crate::relay::wire_format::as_json;

    #[derive(Debug)]
    pub(in crate::relay) struct State {
        pub(in crate::relay) is_greeted: bool,
    }

    pub(in crate::relay) fn lines(_: &Context<'_, impl Output>) -> ProgramLines {
        ProgramLines::new(0)
    }

    pub(in crate::relay) fn begin(conn: &mut Conn, _: &mut Context<'_, impl Output>) -> Box<State> {
        conn.format = as_json(conn.format);
        Box::new(State { is_greeted: false })
    }

    pub(in crate::relay) fn is_guess(_: &State, _: &Context<'_, impl Output>) -> bool {
        false
    }

    pub(in crate::relay) fn take(
        _: &mut Conn,
        _: &mut State,
        _: Framed<'_>,
        _: &mut Context<'_, impl Output>,
    ) -> Option<Option<String>> {
        Some(None)
    }

    pub(in crate::relay) fn take_effect(
        _: &mut Conn,
        _: &mut State,
        _: &mut Pending,
        _: &mut Context<'_, impl Output>,
    ) {
    }
}
