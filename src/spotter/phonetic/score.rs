//! From what was measured in a stretch to one score.

/// Frames of pause that count, before and after: 240 and 120 ms.
pub(super) const PAUSE_BEFORE: u32 = 12;
pub(super) const PAUSE_AFTER: u32 = 6;
/// A phone below this is simply wrong.
const WORST: f32 = -6.0;

/// What a stretch gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measures {
    /// Log likelihood ratio against free phones, per phone.
    pub(super) ratio: f32,
    /// The lowest of a phone, and the lowest but one.
    pub(super) worst: f32,
    pub(super) second: f32,
    /// Frames per phone.
    pub(super) frames_per_phone: f32,
    pub(super) pause_before: u32,
    pub(super) pause_after: u32,
    /// By how much something else explains the stretch better; below 0 if nothing does.
    pub(super) rival: f32,
}

/// Weights of a logistic regression: phrases found in recordings of people who said them, against what was found in
/// recordings of people who did not.
const BIAS: f32 = 2.819;
const RATIO: f32 = 3.414;
const LOWEST: f32 = 0.243;
const SECOND: f32 = 0.13;
const PACE: f32 = 0.292;
const BEFORE: f32 = 0.157;
const AFTER: f32 = 0.2;
const RIVAL: f32 = -1.0;

impl Measures {
    /// 0 to 1.
    pub(super) fn score(&self) -> f32 {
        let logit = BIAS
            + RATIO * self.ratio
            + LOWEST * self.worst.max(WORST)
            + SECOND * self.second.max(WORST)
            + PACE * self.frames_per_phone
            + BEFORE * self.pause_before.min(PAUSE_BEFORE) as f32
            + AFTER * self.pause_after.min(PAUSE_AFTER) as f32
            + RIVAL * self.rival.max(0.0);
        1.0 / (1.0 + libm::expf(-logit))
    }
}
