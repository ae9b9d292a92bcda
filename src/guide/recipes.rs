//! How to add something. Each recipe was followed by somebody who had nothing but the repository; what they had to
//! look for was added here, or the compiler asks for it now.
//!
//! # A dialect
//!
//! The JSON dialect is the example: `src/relay/dialect/json`. Outside of its folder:
//!
//! 1. `relay/dialect/mod.rs`: its module, and a variant of `Program`, the dialects that programs speak. The compiler
//!    then names each place that has to tell them apart.
//! 2. `relay/sniff.rs`: which first bytes tell that it is spoken. `relay/http/serve/upgrade.rs`: the name of its
//!    WebSocket subprotocol. A role for listeners where nothing else is spoken: see below.
//! 3. `relay/session/dialect.rs`: a variant of `Dialect` that holds a client's state. `relay/session/receive.rs`:
//!    how it begins, and what cuts its lines. `relay/session/lines.rs`: where its lines go.
//! 4. `relay/wire_format.rs`: a bit of its own. `relay/encoder.rs`: who writes events and last lines in it.
//! 5. A page in `guide/manual`, and a line for it in the table of `README.md`.
//! 6. If it needs a dependency: a feature, and a module of the same shape that says that it is not spoken, as
//!    `relay/dialect/no_json.rs` does.
//!
//! In the folder: a `CommandContext` with one method `act`, which applies an action or puts it among the line's pending
//! ones, and a table from actions and outcomes to answers. Nothing else may wait for an outcome.
//!
//! Tests: scripts (`tests/relay/json`), which are played in four ways; guests in the simulator (`tests/simulator/json.rs` is the
//! example); a fuzz target with seeds and a dictionary, in `tests/fuzz` and in `.ci/run`; a cell in
//! `benches/connection_scaling/dialects.rs`.
//!
//! # A command
//!
//! If it changes the chat:
//!
//! 1. `relay/hub/action.rs`: a variant of [`Action`](crate::relay::hub::Action), complete in itself: it names its room,
//!    and no part of it depends on where the actor is. `relay/hub/action/bytes.rs`, `bytes/read.rs` and `bytes/tests.rs`:
//!    the same as bytes. `relay/hub/apply.rs`: what it does. If there is a result that the actor has to know, a
//!    variant of [`Done`](crate::relay::hub::Done). A random number may come from the action's time only: two hubs that
//!    are given the same actions must agree.
//! 2. If others are told: a variant of [`Event`](crate::relay::hub::Event) in `relay/hub/event.rs`, sent with `to_room`,
//!    and with `to_actor` to the one who did it. The compiler then asks each dialect's `events.rs` for its form, and
//!    `to_actor` in `relay/encoder.rs` whether line clients are told of their own deed. (IRC clients are by themselves,
//!    JSON clients read it in the answer.) In `irc/events.rs`, `relevant` says whether a capability changes the line.
//! 3. If it can be refused in a new way: a variant of [`CommandError`](crate::relay::hub::CommandError), which each dialect
//!    has words for as well: `line/refusals.rs`, `irc/channel.rs` (`refuse`), `json/errors.rs`.
//!
//! For each dialect:
//!
//! 1. lines: `command.rs`, `parse.rs`, `dispatch.rs`; `outcome.rs` if there is an answer; the help text in `events.rs`;
//! 2. IRC: a name in `dispatch.rs`; what it does, beside its kind (`channel.rs`, `whois.rs`, …); `outcome.rs`; `help.rs`,
//!    which has an overview and a text for each command;
//! 3. JSON: a word in `DO` and an arm in `dispatch.rs`; `outcome.rs` if there is more to say than `ok`;
//! 4. the page: its table of commands in `web/page.html`, with English and French texts; `parloir chat`: `COMMANDS` in
//!    `client/editor/complete.rs`, for the Tab key.
//!
//! In the manual: `lines.md`, `irc.md`, `json.md` (requests, and events if there is one). A command hides one of the same
//! name that a host program answers with [`Hooks::command`](crate::relay::Hooks::command): say so in `CHANGELOG.md`, and
//! see that no example and no test has it. Work that costs more than an ordinary line is counted with `note_work`, where
//! it is done.
//!
//! Tests:
//!
//! - scripts for what each dialect reads: `tests/relay/conversation.rs`, `tests/relay/irc`, `tests/relay/json`. What comes of the
//!   command must not depend on the time: a script is also played with outcomes that come later.
//! - the hub: `hub/tests/twins.rs` (`step`), so that two hubs are held side by side.
//! - the simulator: who does it (`traffic.rs`, `traffic/irc.rs`, `traffic/json.rs`), how it is read (`model/talking.rs`,
//!   `model/irc_rooms.rs`, `model/json`), what it means (`chat`), the help (`house.rs`). If IRC clients are told in a line of the
//!   server's own, `irc/heard.rs` must let it through, and `irc/view.rs` must not take it for a message.
//! - the dictionaries of the fuzz targets: `tests/fuzz/dictionaries`.
//!
//! # A role of a listener
//!
//! 1. `relay/role.rs`: the variant, and an answer to each of the questions there, also to those that have one for "all
//!    others".
//! 2. `relay/session.rs`, `begin`: what happens when somebody is let in, after the password if there is one.
//!    `relay/session/dialect.rs`, `let_in`: what their lines are. `relay/mod.rs`, `plain_after`: how long the server waits
//!    for TLS before it speaks.
//! 3. `cli/listener.rs`: a row in `ROLES`, and one in its test. `cli/args.rs`: the help of `--listen`.
//!    `guide/manual/running.md`: a row.
//! 4. `tests/relay/script/mod.rs` knows roles by name; `tests/relay/roles.rs` has a script for each, and two lists of roles; so have
//!    `tests/simulator/world.rs` and `tests/fuzz/targets/line_path.rs`.
//!
//! # A limit and its flag
//!
//! 1. `config.rs`: a field with its unit and its default in its documentation, the default, and what it must be in `validate`.
//! 2. The place that keeps it. The hub takes it from the settings once (`hub/limits.rs`); a dialect reads
//!    `self.config` each time.
//! 3. `cli/args.rs`: the flag. `cli/serve.rs`: from the flag to the field (`relay_config` or `server_config`), and from the
//!    field back to the flag in `advise`, so that a wrong value names the flag.
//! 4. `guide/manual/limits.md`: a line in the table. If clients are told of it: `irc/isupport.rs`, and `show_hello` in
//!    `json/dispatch.rs`.
//! 5. `tests/relay/script/read.rs` so that scripts can set it; `tests/relay/limits.rs`: at, below and above;
//!    `tests/command/limits.rs`: that the flag means it; `tests/command/command.rs`: the flag in `help_names_every_flag…`, and
//!    a wrong value in `mistakes_are_told_in_one_line_with_status_2`.
//!
//! # A numeric of IRC
//!
//! 1. `dialect/irc/numerics.rs`: its name, number and fixed words (empty if they vary), with its source if that is not
//!    Modern IRC. A test looks for doubles.
//! 2. Where it is answered: `reply.numeric` (fixed words), `numeric_with` (another last parameter), `numeric_of` (no colon),
//!    `numeric_list` (as many lines as it takes). What comes of an action is answered in `outcome.rs`: elsewhere it would
//!    be sent before the outcome is known.
//! 3. A script in `tests/relay/irc`. An answer that may be long is counted by `note_query`.
