//! The streaming spotter: network, then what is found in its posteriors.

use super::find::{self, Finder};
use super::phrase::{MAX_PHRASES, PhraseSet};
use super::search::Token;
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::MelFrame;
use crate::lexicon::Phone;
use crate::nn::Net;
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::VadFrame;

/// Samples of a frame of posteriors: 20 ms.
const HOP: u64 = 320;
/// Mel frames after the end of speech in which a phrase may still be found: the look-ahead and the wait.
const AFTER_SPEECH: u32 = 50;

/// How a phonetic spotter decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhoneticConfig {
    /// Score that wakes, 0 to 1; `None` takes each phrase's.
    pub threshold: Option<f32>,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing that begins before its end plus this long counts, 0 to 10,000 ms.
    pub refractory_ms: u32,
}

impl Default for PhoneticConfig {
    fn default() -> Self {
        PhoneticConfig { threshold: None, near_miss: 0.15, refractory_ms: 300 }
    }
}

/// Finds typed phrases in a stream of frames from [`FrontEndConfig::base`](crate::frontend::FrontEndConfig::base).
///
/// All phrases share the network, which is nearly all of the cost.
#[derive(Debug)]
pub struct PhoneticSpotter<'a> {
    net: Net<'a>,
    finder: Finder<'a>,
    config: PhoneticConfig,
    mels_since_speech: u32,
    /// Of every phrase in the latest frame.
    scores: [f32; MAX_PHRASES],
    /// Nothing that begins before counts.
    deaf_until: SampleIndex,
}

impl<'a> PhoneticSpotter<'a> {
    /// Listens for `phrases` with `net`, an acoustic model such as `phones-m`: 40 mel bands in, 39 log posteriors out,
    /// two frames every four. `tokens` and `history` need [`required_tokens`](Self::required_tokens) and
    /// [`required_history`](Self::required_history) elements.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range, another kind of network, or too little memory.
    pub fn new(
        config: PhoneticConfig,
        net: Net<'a>,
        phrases: PhraseSet<'a>,
        tokens: Storage<'a, Token>,
        history: Storage<'a, f32>,
    ) -> Result<Self, ConfigError> {
        ConfigError::check("threshold", f64::from(config.threshold.unwrap_or(0.5)), 0.0, 1.0)?;
        ConfigError::check("near_miss", f64::from(config.near_miss), 0.0, 1.0)?;
        ConfigError::check("refractory_ms", f64::from(config.refractory_ms), 0.0, 10_000.0)?;
        for (what, expected, actual) in [
            ("symbols of the acoustic model", Phone::SYMBOLS, net.model().output_channels()),
            ("output frames of a step", 2, net.model().output_frames()),
            ("mel frames of a step", 4, net.model().stride()),
        ] {
            if expected != actual {
                return Err(ConfigError::Mismatch { what, expected, actual });
            }
        }
        Ok(PhoneticSpotter {
            net,
            finder: Finder::new(phrases, tokens, history)?,
            config,
            mels_since_speech: u32::MAX,
            scores: [0.0; MAX_PHRASES],
            deaf_until: SampleIndex(0),
        })
    }

    /// Elements of `tokens` that `phrases` need.
    pub fn required_tokens(phrases: &PhraseSet<'_>) -> usize {
        find::required_tokens(phrases)
    }

    /// Elements of `history` that `phrases` need.
    pub fn required_history(phrases: &PhraseSet<'_>) -> usize {
        find::required_history(phrases)
    }

    /// The phrases it listens for; [`Detection::phrase`] counts in their order.
    pub fn phrases(&self) -> &PhraseSet<'a> {
        self.finder.phrases()
    }

    /// Score of one phrase in this frame: not 0 only when something like it has just been looked at again.
    pub fn phrase_score(&self, phrase: usize) -> f32 {
        self.scores.get(phrase).copied().unwrap_or(0.0)
    }

    /// As [`process`](KeywordSpotter::process), but tells of every phrase that was found in this frame, not only of
    /// the best one.
    pub fn process_all(&mut self, frame: &MelFrame, vad: &VadFrame, mut tell: impl FnMut(Detection)) {
        self.mels_since_speech = if vad.speech { 0 } else { self.mels_since_speech.saturating_add(1) };
        let PhoneticSpotter { net, finder, config, scores, .. } = self;
        let Some(given) = net.process(frame.mel()) else { return };
        scores.fill(0.0);
        let mut deaf_until = self.deaf_until;
        for output in given.chunks_exact(Phone::SYMBOLS) {
            finder.take(output);
            if self.mels_since_speech > AFTER_SPEECH {
                finder.forget();
            }
            finder.settle(|phrase, found| {
                let span = SampleSpan { start: at(found.start), end: at(found.end + 1) };
                if span.start < self.deaf_until {
                    return;
                }
                if let Some(score) = scores.get_mut(found.phrase) {
                    *score = score.max(found.score);
                }
                let threshold = config.threshold.unwrap_or(phrase.threshold());
                if found.score < threshold - config.near_miss {
                    return;
                }
                let detection = Detection {
                    phrase: found.phrase as u16,
                    span,
                    decided: frame.span.end,
                    score: found.score,
                    threshold,
                    why: Evidence::Phonetic(found.evidence),
                };
                if detection.accepted() {
                    deaf_until = deaf_until.max(span.end.after(u64::from(config.refractory_ms) * 16));
                }
                tell(detection);
            });
            self.deaf_until = deaf_until;
        }
    }
}

/// The first sample that frame `number` of posteriors stands for.
fn at(number: u32) -> SampleIndex {
    SampleIndex(u64::from(number) * HOP)
}

impl KeywordSpotter for PhoneticSpotter<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        let mut told: Option<Detection> = None;
        let rank = |detection: &Detection| (detection.accepted(), detection.score);
        self.process_all(frame, vad, |detection| {
            if told.as_ref().is_none_or(|told| rank(&detection) > rank(told)) {
                told = Some(detection);
            }
        });
        told
    }

    fn score(&self) -> f32 {
        let phrases = self.finder.phrases().len();
        self.scores.iter().take(phrases).fold(0.0, |best, score| best.max(*score))
    }

    fn reset(&mut self) {
        self.net.reset();
        self.finder.reset();
        self.mels_since_speech = u32::MAX;
        self.scores.fill(0.0);
        self.deaf_until = SampleIndex(0);
    }
}
