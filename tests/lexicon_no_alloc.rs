//! Looking up a word in a dictionary's image leaves the heap alone. One test in this file: the counter is the thread's.
#![cfg(feature = "std")]

use earnest::lexicon::{CORE, Dictionary};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: passes every call on to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn looking_up_leaves_the_heap_alone() {
    let before = CALLS.get();
    let dictionary = Dictionary::new(CORE).unwrap();
    let mut phones = 0;
    for word in [
        "the",
        "LAMP",
        "yes",
        "zero",
        "notaword",
        "",
        "’",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        phones += dictionary.get(word).into_iter().flatten().map(|found| found.len()).sum::<usize>();
    }
    dictionary.for_each(|_, found| phones += found.len());
    assert_eq!(CALLS.get(), before);
    assert!(phones > 5000, "{phones}");
    drop(vec![0u8; 100]);
    assert_eq!(CALLS.get(), before + 2, "the counter counts");
}
