//! From what network and check say to one score.

use super::CascadeEvidence;

/// Log-odds of the network beyond which it is no surer.
const SUREST: f32 = 8.0;
/// Pauses count up to here, ms.
const PAUSE_BEFORE_MS: u16 = 240;
const PAUSE_AFTER_MS: u16 = 120;

// Weights of a logistic regression over `dev`: recordings of four phrases, clean and in kitchen noise, against what the
// same cascades looked at in recordings without them, with a constant of its own for each phrase
// (`models/training/cascade.py`). What a score is worth depends on the phrase: its threshold is the model's.
const BIAS: f32 = -3.0;
const NET: f32 = 0.77;
const RATIO: f32 = 3.4;
/// Per ms.
const BEFORE: f32 = 0.0053;
const AFTER: f32 = 0.027;
const RIVAL: f32 = -0.1;

impl CascadeEvidence {
    /// 0 to 1.
    pub(super) fn score(&self) -> f32 {
        let CascadeEvidence { net, phonetic } = self;
        let log_odds = BIAS
            + NET * net.log_odds.min(SUREST)
            + RATIO * phonetic.ratio
            + BEFORE * f32::from(phonetic.pause_before_ms.min(PAUSE_BEFORE_MS))
            + AFTER * f32::from(phonetic.pause_after_ms.min(PAUSE_AFTER_MS))
            + RIVAL * phonetic.rival_margin.max(0.0);
        1.0 / (1.0 + libm::expf(-log_odds))
    }
}
