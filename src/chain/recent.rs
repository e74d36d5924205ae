//! The latest frames, for whatever begins to listen after the words began.

use crate::ConfigError;
use crate::audio::{SampleIndex, SampleSpan};
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::guard::{VoiceFacts, VoiceMeter};
use crate::storage::Storage;
use crate::vad::{SpeechEdge, VadFrame};

/// Bands of a frame.
const BINS: usize = FrontEndConfig::base().mel_bins;

/// A frame that is remembered, with what the VAD said about it.
#[derive(Clone, Copy, Debug)]
pub struct Remembered {
    span: SampleSpan,
    vad: VadFrame,
    mel: [f32; BINS],
}

impl Remembered {
    /// What memory holds before it is used: nothing but zeros, so that a static array of it takes no flash.
    pub const UNUSED: Remembered = Remembered {
        span: SampleSpan { start: SampleIndex(0), end: SampleIndex(0) },
        vad: VadFrame {
            speech: false,
            probability: 0.0,
            level_db: 0.0,
            noise_db: 0.0,
            // `None` is no zero.
            edge: Some(SpeechEdge::Onset(SampleIndex(0))),
            quiet_samples: 0,
            talk_samples: 0,
        },
        mel: [0.0; BINS],
    };

    /// As it was. Of the frame's numbers its bands and its span are remembered.
    fn frame(&self) -> (MelFrame, VadFrame) {
        (MelFrame::of(self.span, &self.mel), self.vad)
    }
}

impl Default for Remembered {
    fn default() -> Self {
        Remembered::UNUSED
    }
}

/// A ring of frames.
#[derive(Debug)]
pub(super) struct Recent<'a> {
    ring: Storage<'a, Remembered>,
    /// Where the next goes, which is where the oldest is once the ring is full.
    next: usize,
    held: usize,
}

impl<'a> Recent<'a> {
    pub(super) fn new(ring: Storage<'a, Remembered>) -> Result<Self, ConfigError> {
        if ring.is_empty() {
            return Err(ConfigError::BufferTooSmall { buffer: "recent frames", expected: 1, actual: 0 });
        }
        let mut recent = Recent { ring, next: 0, held: 0 };
        recent.wipe();
        Ok(recent)
    }

    pub(super) fn push(&mut self, frame: &MelFrame, vad: &VadFrame) {
        if let Some(place) = self.ring.get_mut(self.next) {
            *place = Remembered { span: frame.span, vad: *vad, ..Remembered::UNUSED };
            place.mel.iter_mut().zip(frame.mel()).for_each(|(to, from)| *to = *from);
        }
        self.next = (self.next + 1) % self.ring.len().max(1);
        self.held = (self.held + 1).min(self.ring.len());
    }

    /// The oldest first.
    pub(super) fn frames(&self) -> impl Iterator<Item = (MelFrame, VadFrame)> {
        self.held().map(Remembered::frame)
    }

    fn held(&self) -> impl Iterator<Item = &Remembered> {
        let (late, early) = self.ring.split_at(self.next.min(self.ring.len()));
        early.iter().chain(late).skip(self.ring.len() - self.held)
    }

    /// How the voice at `words` sounded.
    pub(super) fn voice(&self, words: SampleSpan) -> Option<VoiceFacts> {
        let mut meter = VoiceMeter::new();
        let inside = |span: SampleSpan| span.start >= words.start && span.end <= words.end;
        for one in self.held().filter(|one| inside(one.span) && voiced(&one.vad)) {
            meter.process(&one.frame().0);
        }
        meter.facts()
    }

    /// Nothing of what was heard is left.
    pub(super) fn wipe(&mut self) {
        self.ring.fill(Remembered::UNUSED);
        (self.next, self.held) = (0, 0);
    }
}

/// Whether somebody speaks in this very frame.
pub(super) fn voiced(vad: &VadFrame) -> bool {
    vad.speech && vad.probability > 0.5
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn the_latest_frames_come_in_order() {
        let mut recent = Recent::new(Storage::owned(3)).unwrap();
        let heard = |recent: &Recent<'_>| recent.frames().map(|(frame, _)| frame.span.end.0).sum::<u64>();
        let orders = |recent: &Recent<'_>| recent.frames().map(|(frame, _)| frame.span.end.0).is_sorted();
        let sums: [u64; 6] = [0, 1, 3, 6, 9, 12];
        for (index, sum) in (0..).zip(sums) {
            let mut frame = MelFrame::default();
            frame.span.end = SampleIndex(index);
            recent.push(&frame, &VadFrame::default());
            assert_eq!((heard(&recent), orders(&recent)), (sum, true), "after frame {index}");
        }
        recent.wipe();
        assert_eq!(recent.frames().count(), 0);
        assert!(Recent::new(Storage::owned(0)).is_err());
    }
}
