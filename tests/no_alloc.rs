//! After construction the chain never touches the heap. One test in this file: the counter is the process's.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn more_than_a_minute_of_audio_without_the_heap() {
    let kitchen = common::flac("kitchen.flac");
    let background = common::flac("background.flac");
    let mut pipeline = common::pipeline();
    let mut events = 0;

    let before = CALLS.load(Relaxed);
    std::hint::black_box(Box::new(1));
    assert_eq!(CALLS.load(Relaxed) - before, 2, "the counter counts");

    let before = CALLS.load(Relaxed);
    for chunk in kitchen.chunks(160).chain(background.chunks(37)) {
        pipeline.push(chunk, |_| events += 1);
    }
    pipeline.reset();
    pipeline.push(&background, |_| events += 1);
    let calls = CALLS.load(Relaxed) - before;
    assert!(pipeline.now().0 + kitchen.len() as u64 > 60 * 16_000);
    assert!(events > 10);
    assert_eq!(calls, 0);
}
