//! Where the phones of the best value lie: back through the columns that found it.

use super::decoder::free_phones;
use super::rescore::{Alignment, Search};
use super::tokens::NEVER;
use crate::lexicon::Phone;

/// Where the phones before one end: a frame, and whether that is in the pause behind them.
#[derive(Clone, Copy)]
struct End {
    frame: usize,
    pause: bool,
}

impl Search<'_> {
    /// How the best value lies in the frames. Its columns are made anew, as others have overwritten them.
    pub(super) fn alignment(&mut self, unlisted_nats: f32) -> Alignment {
        let mut depth = self.best().len();
        for depth in 1..=depth {
            let phone = self.phone(depth);
            self.column(depth, phone, self.repeated(depth));
        }
        let Some(last) = self.last_frame(depth) else { return Alignment::default() };
        let (mut end, mut first) = (End { frame: last, pause: false }, last);
        let (mut own, mut misfit) = (Alignment::default(), 0.0f32);
        // Scores of the phones behind: two at most count.
        let (mut behind, mut worst) = ([0.0; 2], 0.0f32);
        while depth > 0 {
            let repeated = self.repeated(depth);
            first = self.first_frame(depth, end, repeated);
            let score = self.at(depth, end.frame, end.pause) - self.earlier(depth, first, repeated);
            let frames = self.frames.get(first * Phone::SYMBOLS..(end.frame + 1) * Phone::SYMBOLS);
            let free = free_phones(frames.unwrap_or_default());
            own.free_phones += free;
            worst = worst.min(score + behind[0] + behind[1]);
            behind = [score, behind[0]];
            // The greatest sum of neighbours (Bentley, Programming Pearls, 1984).
            misfit = (misfit - score - unlisted_nats * free as f32).max(0.0);
            own.misfit = own.misfit.max(misfit);
            depth -= 1;
            let Some(frame) = first.checked_sub(1) else { break };
            end =
                End { frame, pause: repeated || self.at(depth, frame, true) > self.at(depth, frame, false) };
        }
        Alignment { frames: (last + 1 - first) as u32, worst, ..own }
    }

    /// The phone at `depth`, which counts from 1.
    fn phone(&self, depth: usize) -> usize {
        depth.checked_sub(1).and_then(|at| self.best().get(at)).map_or(0, |phone| usize::from(*phone))
    }

    /// Is the phone at `depth` that before it once more?
    fn repeated(&self, depth: usize) -> bool {
        depth > 1 && self.phone(depth) == self.phone(depth - 1)
    }

    /// The last frame of the value whose last phone is at `depth`.
    fn last_frame(&self, depth: usize) -> Option<usize> {
        let (mut last, mut most, mut behind) = (None, NEVER, 0.0);
        for frame in (0..self.frame_count()).rev().filter(|_| depth > 0) {
            let score = self.at(depth, frame, false) + behind;
            if score > most {
                (last, most) = (Some(frame), score);
            }
            behind += self.outside(frame);
        }
        last
    }

    /// The frame in which the phone at `depth` began.
    fn first_frame(&self, depth: usize, end: End, repeated: bool) -> usize {
        let End { mut frame, mut pause } = end;
        while pause && let Some(before) = frame.checked_sub(1) {
            pause = self.at(depth, before, true) > self.at(depth, before, false);
            frame = before;
        }
        while let Some(before) = frame.checked_sub(1)
            && self.at(depth, before, false) >= self.earlier(depth, frame, repeated)
        {
            frame = before;
        }
        frame
    }
}
