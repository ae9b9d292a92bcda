//! Ideas that were tried or considered and are not here, with what they cost.
//!
//! # Writing
//!
//! Server time for a turn, 1,000 clients on loopback, 50 lines of 100 bytes each:
//!
//! | | µs |
//! | --- | --: |
//! | a write for each line | 149,000 |
//! | buffers with reference counts, one `writev` for each client | 6,600 |
//! | a copy for each client, one write | 4,400 |
//! | an arena for the turn, ranges, one write (what is here) | 2,500–3,000 |
//!
//! The batch is what pays; the arena is the best way to hold it.
//!
//! # Sessions and tables
//!
//! - Sessions in boxes of their own: spare a copy for each call, and leave the heap in pieces once thousands have gone.
//! - A buffer for each connection: an idle connection has none. All read into one; only an unfinished line is copied.
//!
//! # Several machines, ahead of them
//!
//! - An outcome that a dialect waits for inside its code, as an `async` function would: what it holds on to could
//!   not lie in a table, be sent to another process, or be looked at. So a dialect answers from the action and the
//!   outcome, which are plain data.
//! - A line that is run again from its start once its outcome is there: hooks would be asked twice, allowances
//!   counted twice, and what it looked at would be another chat.
//! - Every machine running every session's dialect, with lines in the common order instead of actions: no outcome
//!   would ever be late, but every version of every dialect would have to act the same for ever.
//!
//! # What is kept
//!
//! - Commits in the loop's thread: turns of 9 to 18 ms in the 99th percentile, up to 177 ms; even a write without a
//!   sync reached 7 ms. Handing a turn's changes to a thread costs 0.1 µs.
//! - redb: 1.6 to 2.6 times the CPU of SQLite, twice the disk, and no tool reads it. fjall: two seconds to open a
//!   million lines, and 43 crates. A file format of our own: cheapest, but the index, retention and repair would be
//!   ours. sled: unfinished.
//! - A record for each single change of a room: a second set of rules for how changes add up, which could disagree
//!   with the first. A room is written whole; it is small.
//! - SQLite's exclusive locking in place of a lock beside the file: `sqlite3` and a backup could not read along.
//!
//! - Old messages read by the thread that writes: the last moments that a crash can cost would be as long as a search.
//!   Read beside it, without waiting for what comes before the question, they would show what was just taken back.
//! - An index of the times of messages: a tenth of the file. A time is found by halving over their numbers.
//!
//! # Cryptography
//!
//! - aws-lc for TLS: needs cmake to build, and is larger. ring needs a C compiler alone.
//!
//! # Words
//!
//! - A search for a line end in each message by characters: 168 instructions of the 3,280 that a line costs. By bytes
//!   it is a fifth.
