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
    /// The highest [`TAIL`] are taken for the tail of an exponential distribution, whose scale is their mean excess,
    /// held towards what is usual by [`WEIGHT`] more.
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
        let excess = highest.iter().map(|evidence| evidence - from).sum::<f32>();
        let scale = (excess + WEIGHT * USUAL) / (tail as f32 + WEIGHT);
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
/// The usual scale, and as how many values of the background it counts.
#[cfg(feature = "alloc")]
const USUAL: f32 = 1.1;
#[cfg(feature = "alloc")]
const WEIGHT: f32 = 10.0;
/// Other audio has this many times as many false accepts as the background, which the acoustic model was trained on.
#[cfg(feature = "alloc")]
const HARDER: f32 = 2.0;

/// False accepts an hour that are expected of a typed phrase at `threshold`, 0 to 1.
pub fn false_accepts_per_hour(threshold: f32) -> f32 {
    RATE_AT_HALF * (1.0 - threshold) / threshold.max(f32::MIN_POSITIVE)
}

/// The score at which a typed phrase is expected to be accepted falsely `per_hour` times an hour.
pub fn threshold_for(per_hour: f32) -> f32 {
    RATE_AT_HALF / (RATE_AT_HALF + per_hour.max(0.0))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Values at the quantiles of an exponential distribution: what is fitted is what they were made of.
    #[test]
    fn an_exponential_tail_is_found_again() {
        let (scale, count, hours) = (1.0f32, 2000, 10.0);
        let mut evidence: Vec<f32> =
            (0..count).map(|n| -scale * libm::logf((n as f32 + 0.5) / count as f32) - 3.0).collect();
        let found = Calibration::of_background(&mut evidence, hours);
        assert!((found.scale - scale).abs() < 0.15, "{found:?}");
        // 200 an hour are above -3, half a time an hour above this.
        let half = -3.0 + scale * libm::logf(HARDER * 200.0 / RATE_AT_HALF);
        assert!((found.half - half).abs() < 0.3, "{found:?}, expected {half}");
        assert!((found.score(found.half) - 0.5).abs() < 1e-6);
        let rare = found.score(found.half + found.scale * libm::logf(10.0));
        assert!((false_accepts_per_hour(rare) - RATE_AT_HALF / 10.0).abs() < 1e-3);
    }

    #[test]
    fn thresholds_and_rates_are_inverse() {
        for rate in [0.01f32, 0.1, 0.5, 3.0] {
            assert!((false_accepts_per_hour(threshold_for(rate)) / rate - 1.0).abs() < 1e-4, "{rate}");
        }
        assert!(threshold_for(0.1) > threshold_for(0.5), "fewer false accepts take a higher score");
    }

    #[test]
    fn a_phrase_that_nothing_comes_near_to_has_a_calibration_too() {
        assert_eq!(Calibration::of_background(&mut [], 1.0), Calibration::UNHEARD);
    }
}
