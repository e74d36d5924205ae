//! When a running score is an event: what engines share whose models give one score after the other.

use super::{Detection, Evidence};
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;

/// Steps for which a score over the threshold may still rise before it is told.
const RISING: u32 = 2;
/// Share of the threshold under which the score must fall before another event can begin.
const REARM: f32 = 0.5;

/// Tells the best of a score that came near the threshold, once.
#[derive(Clone, Debug)]
pub(super) struct Settler {
    threshold: f32,
    near_miss: f32,
    refractory: u64,
    /// Steps for which a score under the threshold must not rise again before it is told as a near miss.
    patience: u32,
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

impl Settler {
    /// # Errors
    /// [`ConfigError`] naming the number that is out of range.
    pub(super) fn new(
        threshold: f32,
        near_miss: f32,
        refractory_ms: u32,
        patience: u32,
    ) -> Result<Self, ConfigError> {
        ConfigError::check("threshold", f64::from(threshold), 0.0, 1.0)?;
        ConfigError::check("near_miss", f64::from(near_miss), 0.0, 1.0)?;
        ConfigError::check("refractory_ms", f64::from(refractory_ms), 0.0, 10_000.0)?;
        let refractory = u64::from(refractory_ms) * 16;
        let (armed, deaf_until) = (true, SampleIndex(0));
        Ok(Settler { threshold, near_miss, refractory, patience, candidate: None, armed, deaf_until })
    }

    pub(super) fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Whether `score` is still up: half of the threshold or more. Once it isn't, another event may begin.
    pub(super) fn held(&mut self, score: f32) -> bool {
        let held = score >= REARM * self.threshold && score > 0.0;
        self.armed |= !held;
        held
    }

    /// Takes the next score, at `now`: of the one phrase in `span`, and why. Keeps the best until it is clear that nothing
    /// better follows, or until an accepted one must not wait any longer.
    pub(super) fn process(
        &mut self,
        score: f32,
        now: SampleIndex,
        span: SampleSpan,
        why: Evidence,
    ) -> Option<Detection> {
        let worth = score >= self.threshold - self.near_miss && score > 0.0;
        let detection = Detection { phrase: 0, span, decided: now, score, threshold: self.threshold, why };
        let found = (worth && self.armed && now >= self.deaf_until).then_some(detection);
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
            None => kept.age >= self.patience,
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

    pub(super) fn reset(&mut self) {
        (self.candidate, self.armed, self.deaf_until) = (None, true, SampleIndex(0));
    }
}
