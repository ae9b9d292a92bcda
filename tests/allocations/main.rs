//! Work that repeats allocates nothing: lines and messages from clients to clients, and bytes that come
//! one by one.
//!
//! The profiler counts the allocations of the whole process, those of the test harness included. So
//! there is one test, which measures one thing after another.

mod lines;
#[cfg(feature = "web")]
mod messages;
mod piecemeal;
mod steady;
#[cfg(feature = "tls")]
mod tls;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[test]
fn what_repeats_allocates_nothing() {
    let _profiler = dhat::Profiler::builder().testing().build();
    piecemeal::bytes_that_come_one_by_one_are_read_once();
    lines::a_line_costs_no_allocation();
    #[cfg(feature = "web")]
    messages::a_message_costs_no_allocation();
    #[cfg(feature = "tls")]
    tls::a_record_costs_what_rustls_takes_and_no_more();
}

/// The number of allocations so far.
fn blocks() -> u64 {
    dhat::HeapStats::get().total_blocks
}
