//! The way for a protocol's own threads to be heard by the loop.

use std::fmt;
use std::sync::Arc;

/// Wakes the loop from any thread, and has [`Protocol::woken`](crate::Protocol::woken) called.
///
/// A protocol that leaves work to a thread of its own (a disk, a derived key) is given one with
/// [`Protocol::attached`](crate::Protocol::attached). The thread puts its result where the protocol finds it,
/// and only then wakes the loop. Cheap to clone. It never waits, and never fails: where the loop is gone, nobody
/// is woken.
///
/// ```
/// use std::sync::mpsc::channel;
///
/// use parloir::Waker;
///
/// // In a test without a loop, anything may stand for it.
/// let (woken, wakes) = channel();
/// let waker = Waker::new(move || woken.send(()).unwrap());
/// waker.wake();
/// assert_eq!(wakes.try_iter().count(), 1);
/// ```
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    /// One that calls a function.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Wakes the loop.
    pub fn wake(&self) {
        (self.0)();
    }
}

/// One that wakes nobody.
impl Default for Waker {
    fn default() -> Self {
        Self::new(|| {})
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}
