//! From what network and check say to one score.

use super::CascadeEvidence;

/// Log-odds of the network beyond which it is no surer.
const SUREST: f32 = 8.0;
/// Pauses count up to here, ms.
const PAUSE_BEFORE_MS: u16 = 240;
const PAUSE_AFTER_MS: u16 = 120;

// Weights of a logistic regression.
const BIAS: f32 = 0.0;
const NET: f32 = 0.78;
const RATIO: f32 = 3.8;
const BEFORE: f32 = 0.0063;
const AFTER: f32 = 0.025;
const RIVAL: f32 = -0.07;

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
