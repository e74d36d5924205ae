//! The streaming spotter: the network hears every frame, and a rule decides when its log-odds are an event.

use super::NetEvidence;
use super::model::NetModel;
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::nn::{Model, Net};
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
/// Steps for which a score over the threshold may still rise before it is told: 80 ms.
const RISING: u32 = 2;
/// Steps for which a score under the threshold must not rise again before it is told as a near miss: 240 ms.
const PATIENCE: u32 = 6;
/// Share of the threshold under which the score must fall before another event can begin.
const REARM: f32 = 0.5;

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
    threshold: f32,
    near_miss: f32,
    refractory: u64,
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
    candidate: Option<Candidate>,
    /// Whether the score has fallen since the last event.
    armed: bool,
    /// Nothing counts before.
    deaf_until: SampleIndex,
}

/// The best that was heard since the score came near the threshold.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    detection: Detection,
    /// Steps since then.
    age: u32,
    /// Steps since the threshold was crossed, if it was.
    crossed: Option<u32>,
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
        ConfigError::check("threshold", f64::from(threshold), 0.0, 1.0)?;
        ConfigError::check("near_miss", f64::from(config.near_miss), 0.0, 1.0)?;
        ConfigError::check("refractory_ms", f64::from(config.refractory_ms), 0.0, 10_000.0)?;
        let (duration, delay) = (model.duration_samples(), model.delay_samples());
        Ok(NetSpotter {
            net: Net::new(model.into_network(), memory)?,
            threshold,
            near_miss: config.near_miss,
            refractory: u64::from(config.refractory_ms) * 16,
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
            candidate: None,
            armed: true,
            deaf_until: SampleIndex(0),
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
        self.threshold
    }

    /// Takes the network's next log-odds.
    fn evaluate(&mut self, now: f32, frame: &MelFrame) -> Option<Detection> {
        let log_odds = 0.5 * (now + self.before.unwrap_or(now));
        self.before = Some(now);
        self.log_odds = log_odds;
        let listening = self.frames > WARM_UP && self.frames_since_speech < AFTER_SPEECH;
        self.score = if listening { logistic(log_odds) } else { 0.0 };
        if self.score >= REARM * self.threshold && self.score > 0.0 {
            self.held_steps += 1;
            self.highest = self.highest.max(logistic(now));
        } else {
            (self.held_steps, self.highest, self.armed) = (0, 0.0, true);
        }
        let end = frame.span.end;
        let worth = self.score >= self.threshold - self.near_miss && self.score > 0.0;
        let found = (worth && self.armed && end >= self.deaf_until).then(|| {
            let said = end.before(self.delay);
            Detection {
                phrase: 0,
                span: SampleSpan { start: said.before(self.duration), end: said },
                decided: end,
                score: self.score,
                threshold: self.threshold,
                why: Evidence::Net(self.evidence()),
            }
        });
        self.settle(found, end)
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

    /// Keeps the best until it is clear that nothing better follows, or until an accepted one must not wait any longer.
    fn settle(&mut self, found: Option<Detection>, now: SampleIndex) -> Option<Detection> {
        let kept = match (self.candidate, found) {
            (Some(kept), Some(found)) if found.score <= kept.detection.score => {
                Candidate { age: kept.age + 1, ..kept }
            }
            (Some(kept), None) => Candidate { age: kept.age + 1, ..kept },
            (kept, Some(found)) => {
                Candidate { detection: found, age: 0, crossed: kept.and_then(|kept| kept.crossed) }
            }
            (None, None) => return None,
        };
        let crossed = kept.crossed.map(|steps| steps + 1).or(kept.detection.accepted().then_some(0));
        let over = match crossed {
            Some(steps) => steps >= RISING || kept.age > 0,
            None => kept.age >= PATIENCE,
        };
        if !over {
            self.candidate = Some(Candidate { crossed, ..kept });
            return None;
        }
        self.candidate = None;
        let told = Detection { decided: now, ..kept.detection };
        if told.accepted() {
            self.armed = false;
            self.deaf_until = now.after(self.refractory);
        }
        Some(told)
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
        self.candidate = None;
        self.armed = true;
        self.deaf_until = SampleIndex(0);
    }
}
