//! How alike two sequences of phones sound: a weighted edit distance.
//!
//! After "Weighted phone Levenshtein" (arXiv 2008.00508): replacing a phone by another costs less, the more often the
//! acoustic model takes one for the other.

use super::confusions::CONFUSIONS;
use crate::lexicon::Phone;
use alloc::vec::Vec;

/// Cost of a phone that is missing or added.
const GAP: f32 = 0.7;
/// Confusions below this share all cost the same: 1.
const RAREST: f32 = 0.01;

/// Costs of replacing one phone by another, 0 to 1.
pub(super) struct Distance {
    replace: [[f32; Phone::SYMBOLS]; Phone::SYMBOLS],
}

impl Distance {
    pub(super) fn new() -> Self {
        let share = |p: usize, q: usize| {
            let row = &CONFUSIONS[p - 1];
            f32::from(row[q]) / f32::from(row[p]).max(1.0)
        };
        let mut replace = [[1.0; Phone::SYMBOLS]; Phone::SYMBOLS];
        for p in 1..Phone::SYMBOLS {
            for q in 1..Phone::SYMBOLS {
                let likelihood = (0.5 * (share(p, q) + share(q, p))).clamp(RAREST, 1.0);
                replace[p][q] = if p == q { 0.0 } else { libm::logf(likelihood) / libm::logf(RAREST) };
            }
        }
        Distance { replace }
    }

    /// Distance of whole sequences. `limit`: above it, any larger number may come.
    pub(super) fn whole(&self, a: &[u8], b: &[u8], limit: f32) -> f32 {
        self.rows(a, b, limit).last().copied().unwrap_or(0.0)
    }

    /// The least distance of `a` to a beginning of `b`, and the length of that beginning.
    pub(super) fn beginning(&self, a: &[u8], b: &[u8], limit: f32) -> (f32, usize) {
        let row = self.rows(a, b, limit);
        let least = row.iter().enumerate().min_by(|x, y| x.1.total_cmp(y.1));
        least.map_or((f32::INFINITY, 0), |(length, &cost)| (cost, length))
    }

    /// Distance of all of `a` to every beginning of `b`, the empty one first.
    fn rows(&self, a: &[u8], b: &[u8], limit: f32) -> Vec<f32> {
        let mut row: Vec<f32> = (0..=b.len()).map(|n| GAP * n as f32).collect();
        for &p in a {
            let mut diagonal = row[0];
            row[0] += GAP;
            let mut least = row[0];
            for (n, &q) in b.iter().enumerate() {
                let replaced = diagonal + self.replace[usize::from(p)][usize::from(q)];
                diagonal = row[n + 1];
                row[n + 1] = replaced.min(diagonal + GAP).min(row[n] + GAP);
                least = least.min(row[n + 1]);
            }
            if least > limit {
                return alloc::vec![f32::INFINITY];
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phones(text: &str) -> Vec<u8> {
        text.split(' ').map(|name| name.parse::<Phone>().unwrap().index() as u8).collect()
    }

    #[test]
    fn alike_is_nearer_than_unlike() {
        let distance = Distance::new();
        let to = |a: &str, b: &str| distance.whole(&phones(a), &phones(b), 9.0);
        assert_eq!(to("S IY", "S IY"), 0.0);
        assert!(to("S IY", "Z IY") < to("S IY", "M IY"), "S and Z are taken for one another");
        assert!((to("S IY T", "S IY") - GAP).abs() < 1e-6);
        let (cost, length) = distance.beginning(&phones("K AA R"), &phones("K AA R Z"), 9.0);
        assert_eq!((cost, length), (0.0, 3));
    }

    proptest! {
        #[test]
        fn it_is_a_distance(a in proptest::collection::vec(1u8..39, 0..12), b in proptest::collection::vec(1u8..39, 0..12)) {
            let distance = Distance::new();
            let (there, back) = (distance.whole(&a, &b, 99.0), distance.whole(&b, &a, 99.0));
            prop_assert!((there - back).abs() < 1e-4);
            prop_assert_eq!(there == 0.0, a == b);
            prop_assert!(there <= GAP * (a.len() + b.len()) as f32 + 1e-4);
            let limited = distance.whole(&a, &b, there);
            prop_assert!((limited - there).abs() < 1e-4, "a limit that is not exceeded changes nothing");
        }
    }
}
