//! `Net::process` and `reset` leave the heap alone, in both formats and at every level.
#![cfg(feature = "std")]

mod nn_support;

use earnest::nn::{Calibration, Model, Net, OutputKind};
use earnest::simd::Level;
use nn_support::{Random, random_net};
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
fn the_heap_is_left_alone() {
    let mut outputs = 0;
    for seed in 0..60 {
        let mut net = random_net(seed, 8);
        net.graph.set_output(
            [OutputKind::Plain, OutputKind::Softmax, OutputKind::LogSoftmax][seed as usize % 3],
            1,
        );
        let frames = Random(seed).frames(40, net.channels[0]);
        let mut calibration = Calibration::new(&net.graph).unwrap();
        frames.iter().for_each(|frame| calibration.observe(frame));
        for image in [net.graph.to_image().unwrap(), net.graph.to_int8_image(&calibration).unwrap()] {
            for level in Level::all() {
                let mut net = Net::owned_with_level(Model::new(&image[..]).unwrap(), level);
                let before = CALLS.get();
                outputs += frames.iter().filter(|frame| net.process(frame).is_some()).count();
                net.reset();
                assert_eq!(CALLS.get(), before, "seed {seed}, {level}");
            }
        }
    }
    assert!(outputs > 1000);
    let before = CALLS.get();
    drop(vec![0u8; 100]);
    assert_eq!(CALLS.get(), before + 2);
}
