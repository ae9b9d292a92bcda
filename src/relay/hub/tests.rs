//! The hub alone, with a sink that only takes notes.
