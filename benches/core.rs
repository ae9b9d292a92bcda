//! What do the pure parts cost?
fn main() {}
