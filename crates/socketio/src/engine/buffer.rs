//! The read buffer that all connections of a worker thread share, so that an idle one owns none.

use std::cell::RefCell;

/// Bytes read at a time.
pub(crate) const READ_BUFFER: usize = 16 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BUFFER]);
}

/// Lends the thread's buffer to `read`, which must not call this again.
pub(crate) fn with_buffer<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| read(buffer))
}
