//! What does a connection cost?
fn main() {}
