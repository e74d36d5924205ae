//! From the frames of a VAD to the facts about a stretch of speech.

use super::facts::Surroundings;
use crate::audio::{SAMPLE_RATE_HZ, SampleIndex, SampleSpan};
use crate::vad::{SpeechEdge, VadFrame};

/// Remembers the latest stretch of speech: where it is, how quiet it was before, how much speech there was.
#[derive(Clone, Debug)]
pub struct TalkMeter {
    talk_window_samples: u32,
    stretch: SampleSpan,
    quiet_samples: u64,
    talk_samples: u32,
}

impl TalkMeter {
    /// For a VAD that sums talk over `talk_window_s` seconds.
    pub fn new(talk_window_s: u32) -> Self {
        let talk_window_samples = talk_window_s.saturating_mul(SAMPLE_RATE_HZ);
        TalkMeter { talk_window_samples, stretch: SampleSpan::default(), quiet_samples: 0, talk_samples: 0 }
    }

    /// Takes in what the VAD said about the frame that ends at `now`.
    pub fn process(&mut self, vad: &VadFrame, now: SampleIndex) {
        self.talk_samples = vad.talk_samples;
        match vad.edge {
            Some(SpeechEdge::Onset(start)) => {
                self.stretch = SampleSpan { start, end: now };
                self.quiet_samples = vad.quiet_samples;
            }
            Some(SpeechEdge::End(end)) => self.stretch.end = end,
            None if vad.speech => self.stretch.end = now,
            None => {}
        }
    }

    /// The facts about words in the latest stretch. Other voices, playback and the voice are taken to be absent:
    /// set them where they are known.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            stretch: self.stretch,
            quiet_samples: self.quiet_samples,
            talk_samples: self.talk_samples,
            talk_window_samples: self.talk_window_samples,
            others: 0.0,
            playing: false,
            in_playback: 0.0,
            voice: None,
        }
    }

    /// As new.
    pub fn reset(&mut self) {
        (self.stretch, self.quiet_samples, self.talk_samples) = (SampleSpan::default(), 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_stretch_is_remembered_through_the_pause_after_it() {
        let mut meter = TalkMeter::new(10);
        let frame = |speech, edge, quiet_samples, talk_samples| VadFrame {
            speech,
            probability: 0.5,
            level_db: -30.0,
            noise_db: -60.0,
            edge,
            quiet_samples,
            talk_samples,
        };
        let at = SampleIndex;
        meter.process(&frame(false, None, 8000, 0), at(8000));
        meter.process(&frame(true, Some(SpeechEdge::Onset(at(9000))), 9000, 480), at(9480));
        assert_eq!(meter.surroundings().stretch, SampleSpan { start: at(9000), end: at(9480) });
        meter.process(&frame(true, None, 9000, 4000), at(13_000));
        assert_eq!(meter.surroundings().stretch.end, at(13_000));
        meter.process(&frame(false, Some(SpeechEdge::End(at(12_000))), 5000, 3000), at(17_000));
        meter.process(&frame(false, None, 5160, 3000), at(17_160));
        let facts = meter.surroundings();
        assert_eq!(facts.stretch, SampleSpan { start: at(9000), end: at(12_000) });
        assert_eq!(
            (facts.quiet_samples, facts.talk_samples, facts.talk_window_samples),
            (9000, 3000, 160_000)
        );
        meter.reset();
        assert!(meter.surroundings().stretch.is_empty());
    }
}
