//! What was measured, kept as CSV under `target/bench/`, and compared with what was kept before.
