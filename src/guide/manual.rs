//! The manual: the pages that the README names, as they are in `src/guide/manual`.

#[doc = include_str!("manual/running.md")]
pub mod running {}

#[doc = include_str!("manual/data.md")]
pub mod data {}

#[doc = include_str!("manual/lines.md")]
pub mod lines {}

#[doc = include_str!("manual/irc.md")]
pub mod irc {}

#[doc = include_str!("manual/json.md")]
pub mod json {}

#[doc = include_str!("manual/browsers.md")]
pub mod browsers {}

#[doc = include_str!("manual/limits.md")]
pub mod limits {}

#[doc = include_str!("manual/client.md")]
pub mod client {}

#[doc = include_str!("manual/lab.md")]
pub mod lab {}

#[doc = include_str!("manual/benchmarks.md")]
pub mod benchmarks {}
