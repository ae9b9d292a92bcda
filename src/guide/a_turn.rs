//! One turn of the loop: [`Server::turn`](crate::Server::turn), which only `net/server.rs` knows the order of.
//!
//! 1. **Wait** for events; not at all while somebody is on the ready list.
//! 2. **Read the clock, once.** Everything in the turn happens at that time, so that nothing depends on how long
//!    another thing took, and a test can say what time it is.
//! 3. **Readiness into flags.** Registration is edge-triggered and done once, at accept: a flag is cleared only when
//!    the system says `WouldBlock`. Whoever stops before that (a budget, a limit) must go on the ready list, or is
//!    never heard of again: the classic fault of this design, which makes no noise.
//! 4. **Certificates** that another thread has read, then **timers** that are due, then what the protocol's own threads
//!    have found for it ([`Protocol::woken`](crate::Protocol::woken)).
//! 5. **Accept**, then **datagrams**, then **read**, each within a budget for each connection, so that a flood waits and nobody else does.
//! 6. **Calls** from other threads, and signals.
//! 7. **Flush**: one write for each connection that got something, straight out of the arena. Then the arena is empty.
//! 8. **Reap** what has ended. Nothing is freed inside a turn: closing is a state. What is sent is delivered, the
//!    socket shut down for writing, what still comes is read for a short while, and then it is closed. A plain
//!    `close` with input unread makes the kernel send a reset, and the farewell is lost.
//! 9. **Tell the protocol** that the turn is over: the relay hands what has changed to its store, if it has one.
//! 10. **Publish** the counters.
//!
//! A protocol has no sockets and no clock. It is called with bytes and a time, and says in its answer
//! ([`Demand`](crate::Demand)) what it waits for.
