//! Processor time, for the cost of a run; nothing that is computed depends on it.

use std::time::Duration;

/// Processor time of this thread; zero where the system doesn't tell.
pub(crate) fn thread_time() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}
