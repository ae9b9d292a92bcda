//! How to add something. Each was followed when the thing that it names as its example was added.
//!
//! # A dialect
//!
//! The JSON dialect is the example: `src/relay/dialect/json`. Outside of its folder:
//!
//! 1. `relay/dialect/mod.rs`: its module, and a variant of `Program`, the dialects that programs speak. The compiler
//!    then names each place that has to tell them apart.
//! 2. `relay/sniff.rs`: which first bytes tell that it is spoken. `relay/role.rs`: a [`Role`](crate::relay::Role) for
//!    listeners where nothing else is. `relay/http/serve/upgrade.rs`: the name of its WebSocket subprotocol.
//! 3. `relay/session/dialect.rs`: a variant of `Dialect` that holds a client's state. `relay/session/receive.rs`:
//!    how it begins, and what cuts its lines. `relay/session/lines.rs`: where its lines go.
//! 4. `relay/wire_format.rs`: a bit of its own. `relay/encoder.rs`: who writes events and last lines in it.
//! 5. `cli/listener.rs` and `cli/args.rs`: the scheme of `--listen`. A page in `guide/manual`.
//! 6. If it needs a dependency, a feature, and a module of the same shape that says that it is not spoken:
//!    `relay/dialect/no_json.rs`.
//!
//! In the folder: a `Talk` with one method `act`, which applies an action or puts it in
//! the line's pending ones, and a table from actions and outcomes to answers. Nothing else may wait for an outcome.
//!
//! Tests: a file of scripts (`tests/json.rs`), which are played in four ways; a fuzz target with seeds and a
//! dictionary, in `tests/fuzz` and in `.ci/run`.
//!
//! # A command
//!
//! If it changes the chat:
//!
//! 1. `relay/hub/action.rs`: a variant of [`Action`](crate::relay::hub::Action), complete in itself: it names its room,
//!    and no part of it depends on where the actor is. `relay/hub/action/bytes.rs`, `bytes/read.rs` and `bytes/tests.rs`:
//!    the same as bytes. `relay/hub/apply.rs`: what it does.
//! 2. If others are told: a variant of [`Event`](crate::relay::hub::Event) in `relay/hub/event.rs`. The compiler then asks each
//!    dialect's `write.rs` for its words. If it can be refused in a new way, a variant of
//!    [`CommandError`](crate::relay::hub::CommandError), which each dialect has words for as well.
//!
//! For each dialect:
//!
//! 1. lines: `command.rs`, `parse.rs`, `talk.rs`, `outcome.rs`, and the help text in `write.rs`;
//! 2. IRC: a name in `talk.rs`, what it does beside its kind (`rooms.rs`, `people.rs`, …), `outcome.rs`, `help.rs`;
//! 3. JSON: a word in `talk.rs`, and `outcome.rs` if there is more to say than `ok`.
//!
//! Work that costs more than an ordinary line is counted by `note_work`, where it is done.
//!
//! Tests: scripts for what each dialect reads (`tests/conversation.rs`, `tests/irc`, `tests/json.rs`); in the simulator, who does
//! it (`traffic.rs`) and what it means (`model`, `chat`), written a second time.
//!
//! # A role of a listener
//!
//! 1. `relay/role.rs`: the variant, and an answer to each of the questions there.
//! 2. `relay/session.rs`, `begin`: what happens when somebody connects.
//! 3. `cli/listener.rs`: its scheme.
//! 4. `tests/script/mod.rs` knows roles by name; `tests/roles.rs` has a script for each.
//!
//! # A limit and its flag
//!
//! 1. `config.rs`: a field with its unit and its default in its documentation, the default, and what it must be in `validate`.
//! 2. The place that keeps it, which takes it from the settings once, in `new`.
//! 3. `cli/args.rs`: the flag. `cli/serve.rs`: from the flag to the field.
//! 4. `guide/manual/limits.md`: a line in the table.
//! 5. `tests/script/read.rs` so that scripts can set it; `tests/limits.rs`: at, below and above;
//!    `tests/command_limits.rs` and `tests/command.rs`: that the flag means it.
