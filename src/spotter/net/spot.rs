//! The streaming spotter: the network hears every frame, and a rule decides when its log-odds are an event.

use super::NetEvidence;
use super::model::NetModel;
use crate::audio::SampleSpan;
use crate::error::ConfigError;
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::nn::{Model, Net};
use crate::spotter::settle::Settler;
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::VadFrame;

/// Samples from one frame to the next.
const HOP: u64 = FrontEndConfig::base().hop_samples as u64;
/// Frames from the start in which nothing counts: the network's memory is not filled with sound yet.
const WARM_UP: u64 = 50;
/// Frames after the end of speech in which a phrase may still be completed: the network's look-ahead, the phrase's last
/// quiet sound, and what the VAD takes off.
const AFTER_SPEECH: u32 = 40;
/// Steps for which a score under the threshold must not rise again before it is told as a near miss: 240 ms.
const PATIENCE: u32 = 6;
/// How a net spotter decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetConfig {
    /// Score that wakes, 0 to 1; `None` takes the model's.
    pub threshold: Option<f32>,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing counts for this long, 0 to 10,000 ms.
    pub refractory_ms: u32,
}

impl Default for NetConfig {
    fn default() -> Self {
        NetConfig { threshold: None, near_miss: 0.2, refractory_ms: 1000 }
    }
}

/// Finds one phrase in a stream of frames from [`FrontEndConfig::base`] with a network trained for it.
///
/// A detection comes when the score has crossed the threshold and doesn't rise any more, two steps (80 ms) later at the
/// latest. The next one can't come before the refractory time is over and the score has fallen.
#[derive(Debug)]
pub struct NetSpotter<'a> {
    net: Net<'a>,
    settler: Settler,
    duration: u64,
    delay: u64,
    frames: u64,
    frames_since_speech: u32,
    /// Log-odds of the step before.
    before: Option<f32>,
    /// Mean of that and the latest.
    log_odds: f32,
    /// Whether the latest frame completed a step.
    stepped: bool,
    score: f32,
    held_steps: u32,
    highest: f32,
}

impl<'a> NetSpotter<'a> {
    /// A spotter for `model`. `memory` needs [`NetSpotter::required_words`] elements.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range or for too little memory.
    pub fn new(
        config: NetConfig,
        model: NetModel<'a>,
        memory: Storage<'a, u32>,
    ) -> Result<Self, ConfigError> {
        let threshold = config.threshold.unwrap_or(model.threshold());
        let settler = Settler::new(threshold, config.near_miss, config.refractory_ms, PATIENCE)?;
        let (duration, delay) = (model.duration_samples(), model.delay_samples());
        Ok(NetSpotter {
            net: Net::new(model.into_network(), memory)?,
            settler,
            duration,
            delay,
            frames: 0,
            frames_since_speech: u32::MAX,
            before: None,
            log_odds: 0.0,
            stepped: false,
            score: 0.0,
            held_steps: 0,
            highest: 0.0,
        })
    }

    /// Memory that a spotter for `model` needs, in 32-bit words.
    pub fn required_words(model: &NetModel<'_>) -> usize {
        Net::required_words(model.network())
    }

    /// The network it runs, whose metadata says what it listens for.
    pub fn model(&self) -> &Model<'a> {
        self.net.model()
    }

    /// Score to wake at.
    pub fn threshold(&self) -> f32 {
        self.settler.threshold()
    }

    /// Takes the network's next log-odds.
    fn evaluate(&mut self, now: f32, frame: &MelFrame) -> Option<Detection> {
        let log_odds = 0.5 * (now + self.before.unwrap_or(now));
        self.before = Some(now);
        self.log_odds = log_odds;
        let listening = self.frames > WARM_UP && self.frames_since_speech < AFTER_SPEECH;
        self.score = if listening { logistic(log_odds) } else { 0.0 };
        if self.settler.held(self.score) {
            self.held_steps += 1;
            self.highest = self.highest.max(logistic(now));
        } else {
            (self.held_steps, self.highest) = (0, 0.0);
        }
        let (end, evidence) = (frame.span.end, self.evidence());
        let said = end.before(self.delay);
        let span = SampleSpan { start: said.before(self.duration), end: said };
        self.settler.process(self.score, end, span, Evidence::Net(evidence))
    }

    fn evidence(&self) -> NetEvidence {
        NetEvidence {
            log_odds: self.log_odds,
            highest: self.highest,
            held_ms: self.held_steps * (self.net.model().stride() as u32) * (HOP as u32) / 16,
        }
    }

    /// What the step says that the latest frame completed; `None` if it completed none, or if nothing counts now.
    pub(in crate::spotter) fn latest(&self) -> Option<NetEvidence> {
        (self.stepped && self.score > 0.0).then(|| self.evidence())
    }

    /// Samples from the phrase's end until the score usually crosses the threshold.
    pub(in crate::spotter) fn delay(&self) -> u64 {
        self.delay
    }
}

fn logistic(log_odds: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-log_odds))
}

impl KeywordSpotter for NetSpotter<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        self.frames_since_speech = if vad.speech { 0 } else { self.frames_since_speech.saturating_add(1) };
        self.frames = self.frames.saturating_add(1);
        let log_odds = self.net.process(frame.mel()).and_then(|given| given.first().copied());
        self.stepped = log_odds.is_some();
        self.evaluate(log_odds?, frame)
    }

    fn score(&self) -> f32 {
        self.score
    }

    fn reset(&mut self) {
        self.net.reset();
        self.frames = 0;
        self.frames_since_speech = u32::MAX;
        self.before = None;
        self.log_odds = 0.0;
        self.stepped = false;
        self.score = 0.0;
        self.held_steps = 0;
        self.highest = 0.0;
        self.settler.reset();
    }
}
