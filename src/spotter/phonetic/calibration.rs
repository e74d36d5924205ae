//! What a score is worth.
//!
//! Every phrase is looked for in the same background speech once, when it is compiled. How often it comes near there
//! says how much evidence it takes to be believed: above some evidence, false accepts become rarer exponentially. With
//! the evidence z that the phrase would reach 0.5 times an hour, and the scale β of that exponential,
//!
//! ```text
//! score = 1 / (1 + exp(−(z − z½) / β))      false accepts an hour = ½ · (1 − score) / score
//! ```
//!
//! so that a score means the same for all phrases, and a threshold is a rate.

/// False accepts an hour at score 0.5.
pub(super) const RATE_AT_HALF: f32 = 0.5;

/// How the evidence for one phrase becomes a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Evidence at which false accepts are expected half a time an hour.
    pub half: f32,
    /// Evidence by which they become rarer by a factor of e, above 0.
    pub scale: f32,
}

impl Calibration {
    /// Evidence as it is: what a phrase has that was not calibrated.
    pub const NONE: Calibration = Calibration { half: 0.0, scale: 1.0 };

    /// Score of evidence, 0 to 1.
    pub(super) fn score(&self, evidence: f32) -> f32 {
        1.0 / (1.0 + libm::expf(-(evidence - self.half) / self.scale))
    }

    /// From the evidence of everything that was a little like the phrase in `hours` of background.
    ///
    /// The highest [`TAIL`] are taken for the tail of an exponential distribution, whose scale is their mean excess.
    #[cfg(feature = "alloc")]
    pub(super) fn of_background(evidence: &mut [f32], hours: f32) -> Calibration {
        evidence.sort_by(|a, b| b.total_cmp(a));
        let tail = evidence.len().saturating_sub(1).min(TAIL);
        let (Some(highest), Some(&from)) = (evidence.get(..tail), evidence.get(tail)) else {
            return Calibration::UNHEARD;
        };
        if tail < LEAST {
            return Calibration::UNHEARD;
        }
        let excess = highest.iter().map(|evidence| evidence - from).sum::<f32>() / tail as f32;
        let scale = excess.clamp(NARROW, WIDE);
        let rate = HARDER * tail as f32 / hours;
        Calibration { half: from + scale * libm::logf(rate / RATE_AT_HALF), scale }
    }

    /// Of a phrase that the background hardly comes near to.
    #[cfg(feature = "alloc")]
    const UNHEARD: Calibration = Calibration { half: -6.0, scale: 1.0 };
}

/// Highest values of the background that its tail is fitted to, and fewest that it takes.
#[cfg(feature = "alloc")]
const TAIL: usize = 20;
#[cfg(feature = "alloc")]
const LEAST: usize = 5;
/// Scales that are believed.
#[cfg(feature = "alloc")]
const NARROW: f32 = 0.4;
#[cfg(feature = "alloc")]
const WIDE: f32 = 2.0;
/// Other audio has this many times as many false accepts as the background, which the acoustic model was trained on.
#[cfg(feature = "alloc")]
const HARDER: f32 = 1.0;

/// False accepts an hour that are expected of a typed phrase at `threshold`, 0 to 1.
pub fn false_accepts_per_hour(threshold: f32) -> f32 {
    RATE_AT_HALF * (1.0 - threshold) / threshold.max(f32::MIN_POSITIVE)
}

/// The score at which a typed phrase is expected to be accepted falsely `per_hour` times an hour.
pub fn threshold_for(per_hour: f32) -> f32 {
    RATE_AT_HALF / (RATE_AT_HALF + per_hour.max(0.0))
}
