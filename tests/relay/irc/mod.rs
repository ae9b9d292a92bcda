//! The IRC dialect, as scripts: every command, every numeric, and IRC and lines in the same rooms.

mod capabilities;
mod channels;
mod history;
mod hooks;
mod messages;
mod metadata;
mod metadata_limits;
mod metadata_told;
mod mixed;
mod modes;
mod multiline;
mod people;
mod registration;
mod rights;
mod server;
mod view;
