//! From probabilities to stretches of speech: onset, hangover, and the clock of who talked when.

use super::{SpeechEdge, VadFrame};
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::FrontEndConfig;

/// Longest window over which talk time is summed, s.
pub const MAX_TALK_WINDOW_S: u32 = 60;
/// Samples from one frame to the next.
const HOP: u32 = FrontEndConfig::base().hop_samples as u32;
const FRAMES_PER_S: u32 = crate::audio::SAMPLE_RATE_HZ / HOP;
const WORDS: usize = (MAX_TALK_WINDOW_S * FRAMES_PER_S).div_ceil(64) as usize;

/// Turns frame decisions into speech segments.
#[derive(Clone, Debug)]
pub(super) struct Segmenter {
    onset_frames: u32,
    hangover_frames: u32,
    speech: bool,
    /// Likely frames in a row while silent, unlikely ones while speaking.
    run: u32,
    /// Where the present run began.
    run_start: SampleIndex,
    /// Where the last speech ended; before any speech, where listening began.
    quiet_since: Option<SampleIndex>,
    /// How long it was quiet before the latest onset.
    quiet_before: u64,
    talk: TalkWindow,
}

impl Segmenter {
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub(super) fn new(
        onset_frames: u32,
        hangover_frames: u32,
        talk_window_s: u32,
    ) -> Result<Self, ConfigError> {
        Segmenter::check(onset_frames, hangover_frames, talk_window_s)?;
        Ok(Segmenter {
            onset_frames,
            hangover_frames,
            speech: false,
            run: 0,
            run_start: SampleIndex(0),
            quiet_since: None,
            quiet_before: 0,
            talk: TalkWindow::new(talk_window_s * FRAMES_PER_S),
        })
    }

    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub(super) fn check(
        onset_frames: u32,
        hangover_frames: u32,
        talk_window_s: u32,
    ) -> Result<(), ConfigError> {
        ConfigError::check("onset_frames", f64::from(onset_frames), 1.0, 100.0)?;
        ConfigError::check("hangover_frames", f64::from(hangover_frames), 1.0, 500.0)?;
        let longest = f64::from(MAX_TALK_WINDOW_S);
        // The window must hold every frame that an edge can still revise.
        let shortest = f64::from(onset_frames.max(hangover_frames).div_ceil(FRAMES_PER_S));
        ConfigError::check("talk_window_s", f64::from(talk_window_s), shortest, longest)
    }

    /// `likely`: whether this frame, taken by itself, is speech.
    pub(super) fn process(
        &mut self,
        span: SampleSpan,
        likely: bool,
        probability: f32,
        level_db: f32,
        noise_db: f32,
    ) -> VadFrame {
        let quiet_since = *self.quiet_since.get_or_insert(span.start);
        self.talk.push(self.speech);
        let mut edge = None;
        if likely == self.speech {
            self.run = 0;
        } else {
            if self.run == 0 {
                self.run_start = span.start;
            }
            self.run += 1;
            let needed = if self.speech { self.hangover_frames } else { self.onset_frames };
            if self.run >= needed {
                self.talk.revise(self.run, likely);
                self.speech = likely;
                self.run = 0;
                if likely {
                    self.quiet_before = self.run_start.since(quiet_since);
                    edge = Some(SpeechEdge::Onset(self.run_start));
                } else {
                    self.quiet_since = Some(self.run_start);
                    edge = Some(SpeechEdge::End(self.run_start));
                }
            }
        }
        let quiet_samples = if self.speech {
            self.quiet_before
        } else {
            span.start.since(self.quiet_since.unwrap_or_default())
        };
        VadFrame {
            speech: self.speech,
            probability,
            level_db,
            noise_db,
            edge,
            quiet_samples,
            talk_samples: self.talk.frames() * HOP,
        }
    }

    pub(super) fn reset(&mut self) {
        self.speech = false;
        self.run = 0;
        self.run_start = SampleIndex(0);
        self.quiet_since = None;
        self.quiet_before = 0;
        self.talk.reset();
    }
}

/// One bit a frame for the last seconds, and how many of them are set.
#[derive(Clone, Debug)]
struct TalkWindow {
    bits: [u64; WORDS],
    /// Length of the window in frames.
    len: u32,
    /// Where the next frame goes.
    head: u32,
    set: u32,
}

impl TalkWindow {
    /// `len`: 1 to 64 × [`WORDS`].
    fn new(len: u32) -> Self {
        TalkWindow { bits: [0; WORDS], len, head: 0, set: 0 }
    }

    fn push(&mut self, talk: bool) {
        self.put(self.head, talk);
        self.head = if self.head + 1 == self.len { 0 } else { self.head + 1 };
    }

    /// The latest `frames` frames turn out to be `talk`. `frames`: at most the window's length.
    fn revise(&mut self, frames: u32, talk: bool) {
        let mut at = self.head;
        for _ in 0..frames {
            at = if at == 0 { self.len - 1 } else { at - 1 };
            self.put(at, talk);
        }
    }

    fn put(&mut self, at: u32, talk: bool) {
        let Some(word) = self.bits.get_mut(at as usize / 64) else { return };
        let mask = 1 << (at % 64);
        let was = *word & mask != 0;
        if talk {
            *word |= mask;
        } else {
            *word &= !mask;
        }
        self.set = self.set + u32::from(talk) - u32::from(was);
    }

    fn frames(&self) -> u32 {
        self.set
    }

    fn reset(&mut self) {
        self.bits = [0; WORDS];
        self.head = 0;
        self.set = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn spans() -> impl Iterator<Item = SampleSpan> {
        (0..).map(|i| SampleSpan { start: SampleIndex(i * 160), end: SampleIndex(i * 160 + 400) })
    }

    proptest! {
        /// Every number follows from the edges alone.
        #[test]
        fn numbers_follow_from_the_edges(
            likely in prop::collection::vec((any::<bool>(), 1usize..60), 1..60),
            onset in 1u32..6, hangover in 1u32..40, window_s in 1u32..8,
        ) {
            let likely: Vec<bool> = likely.into_iter().flat_map(|(l, n)| std::iter::repeat_n(l, n)).collect();
            let mut segmenter = Segmenter::new(onset, hangover, window_s).unwrap();
            let (mut ends, mut onsets) = (std::vec![0], Vec::new());
            for (i, (span, &likely)) in spans().zip(&likely).enumerate() {
                let frame = segmenter.process(span, likely, 0.0, 0.0, 0.0);
                match frame.edge {
                    Some(SpeechEdge::Onset(at)) => onsets.push(at.0 / 160),
                    Some(SpeechEdge::End(at)) => ends.push(at.0 / 160),
                    None => {}
                }
                prop_assert_eq!(frame.speech, onsets.len() == ends.len());
                let quiet = match frame.speech {
                    true => onsets[onsets.len() - 1] - ends[ends.len() - 1],
                    false => i as u64 - ends[ends.len() - 1],
                };
                prop_assert_eq!(frame.quiet_samples, quiet * 160);
                let oldest = (i as u64 + 1).saturating_sub(u64::from(window_s) * 100);
                let talk: u64 = onsets.iter().enumerate().map(|(n, &from)| {
                    let to = ends.get(n + 1).copied().unwrap_or(i as u64 + 1);
                    to.saturating_sub(from.max(oldest))
                }).sum();
                prop_assert_eq!(u64::from(frame.talk_samples), talk * 160);
            }
        }
    }

    #[test]
    fn short_bursts_are_no_speech_and_short_pauses_no_end() {
        let mut segmenter = Segmenter::new(3, 5, 1).unwrap();
        let pattern = b"__##__###____#_____#";
        let edges: Vec<_> = spans()
            .zip(pattern)
            .filter_map(|(span, &c)| segmenter.process(span, c == b'#', 0.0, 0.0, 0.0).edge)
            .collect();
        let at = |i: u64| SampleIndex(i * 160);
        assert_eq!(edges, [SpeechEdge::Onset(at(6)), SpeechEdge::End(at(14))]);
    }

    #[test]
    fn a_window_shorter_than_the_hangover_is_refused() {
        assert!(Segmenter::new(3, 100, 1).is_ok());
        assert_eq!(
            Segmenter::new(3, 101, 1).unwrap_err(),
            ConfigError::OutOfRange { field: "talk_window_s", min: 2.0, max: 60.0, actual: 1.0 }
        );
    }
}
