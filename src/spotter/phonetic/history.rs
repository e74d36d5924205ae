//! The latest frames, to look at a stretch again once something was found in it.

use super::emission::{Frame, WIDTH};

/// A ring of frames in the spotter's state; a frame is named by its number since the start.
#[derive(Clone, Copy, Debug)]
pub(super) struct History<'h> {
    frames: &'h [[f32; WIDTH]],
    /// Frames that were written since the start.
    count: u32,
}

impl<'h> History<'h> {
    pub(super) fn new(state: &'h [f32], count: u32) -> Self {
        History { frames: state.as_chunks::<WIDTH>().0, count }
    }

    /// Frame `number`, if it is still there.
    pub(super) fn frame(&self, number: u32) -> Option<Frame<'h>> {
        let capacity = self.frames.len() as u32;
        if number >= self.count || self.count - number > capacity {
            return None;
        }
        self.frames.get((number % capacity) as usize).map(Frame)
    }

    /// Frames since the start.
    pub(super) fn count(&self) -> u32 {
        self.count
    }
}
