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
const BIAS: f32 = 0.5;
const NET: f32 = 0.82;
const RATIO: f32 = 3.8;
/// Per ms.
const BEFORE: f32 = 0.006;
/// Fitted it is half as much again, but in these recordings people pause after the phrase, and those who go on with a
/// command don't.
const AFTER: f32 = 0.02;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Phone;
    use crate::spotter::net::NetEvidence;
    use crate::spotter::phonetic::PhoneticEvidence;

    #[test]
    fn more_evidence_of_either_kind_is_a_higher_score() {
        let base = CascadeEvidence {
            net: NetEvidence { log_odds: 0.0, highest: 0.5, held_ms: 80 },
            phonetic: PhoneticEvidence {
                ratio: -1.0,
                phones: 6,
                worst: -2.0,
                worst_phone: Phone::new(1).unwrap(),
                second_worst: -1.0,
                pause_before_ms: 100,
                pause_after_ms: 60,
                rival: Some(0),
                rival_margin: 1.0,
            },
        };
        let net = |log_odds| CascadeEvidence { net: NetEvidence { log_odds, ..base.net }, ..base }.score();
        let check = |phonetic| CascadeEvidence { phonetic, ..base }.score();
        assert!(net(-2.0) < base.score() && base.score() < net(2.0) && net(9.0) == net(20.0));
        let usual = base.phonetic;
        for better in [
            PhoneticEvidence { ratio: -0.5, ..usual },
            PhoneticEvidence { pause_before_ms: 200, ..usual },
            PhoneticEvidence { pause_after_ms: 120, ..usual },
            PhoneticEvidence { rival_margin: -1.0, ..usual },
        ] {
            assert!(check(better) > base.score(), "{better:?}");
        }
        // Neither alone is enough.
        assert!(
            net(8.0) > 0.5
                && CascadeEvidence {
                    phonetic: PhoneticEvidence { ratio: -3.5, ..usual },
                    net: NetEvidence { log_odds: 8.0, ..base.net }
                }
                .score()
                    < 0.1
        );
        assert!(check(PhoneticEvidence { ratio: 0.0, ..usual }) > 0.5);
        assert!(
            CascadeEvidence {
                phonetic: PhoneticEvidence { ratio: 0.0, ..usual },
                net: NetEvidence { log_odds: -6.0, ..base.net }
            }
            .score()
                < 0.1
        );
    }
}
