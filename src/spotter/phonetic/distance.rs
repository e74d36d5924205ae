//! How alike two sequences of phones sound: a weighted edit distance.
//!
//! After "Weighted phone Levenshtein" (arXiv 2008.00508): replacing a phone by another costs less, the more often the
//! acoustic model takes one for the other.

use crate::confusions::PHONES_M;
use crate::lexicon::{MAX_PHONES, Phone};

/// Cost of a phone that is missing or added.
pub(super) const GAP: f32 = 0.7;
/// Confusions below this share all cost the same: 1.
const RAREST: f32 = 0.01;

/// One row of the table of costs.
type Row = [f32; MAX_PHONES + 1];

/// Costs of replacing one phone by another, 0 to 1.
pub(super) struct Distance {
    replace: [[f32; Phone::SYMBOLS]; Phone::SYMBOLS],
}

impl Distance {
    pub(super) fn new() -> Self {
        let share = |p: usize, q: usize| PHONES_M.0[p][q];
        let mut replace = [[1.0; Phone::SYMBOLS]; Phone::SYMBOLS];
        for (p, row) in replace.iter_mut().enumerate().skip(1) {
            for (q, cost) in row.iter_mut().enumerate().skip(1) {
                let likelihood = (0.5 * (share(p, q) + share(q, p))).clamp(RAREST, 1.0);
                *cost = if p == q { 0.0 } else { libm::logf(likelihood) / libm::logf(RAREST) };
            }
        }
        Distance { replace }
    }

    /// Distance of whole sequences. `limit`: above it, any larger number may come.
    pub(super) fn whole(&self, a: &[u8], b: &[u8], limit: f32) -> f32 {
        if GAP * a.len().abs_diff(b.len()) as f32 > limit {
            return f32::INFINITY;
        }
        self.row(a, b.iter(), limit)
            .and_then(|(row, length)| row.get(length).copied())
            .unwrap_or(f32::INFINITY)
    }

    /// The least distance of `a` to a beginning of `b`.
    pub(super) fn beginning(&self, a: &[u8], b: &[u8], limit: f32) -> f32 {
        self.row(a, b.iter(), limit).map_or(f32::INFINITY, |(row, length)| least(&row, length))
    }

    /// The least distance of `a` to an end of `b`; both are given backwards: `a` is reversed already, `b` is not.
    pub(super) fn end(&self, reversed: &[u8], b: &[u8], limit: f32) -> f32 {
        self.row(reversed, b.iter().rev(), limit).map_or(f32::INFINITY, |(row, length)| least(&row, length))
    }

    /// Distances of all of `a` to every beginning of `b`, the empty one first, and the length of `b`; `None` if all
    /// are above `limit`.
    fn row<'b>(&self, a: &[u8], b: impl Iterator<Item = &'b u8>, limit: f32) -> Option<(Row, usize)> {
        let mut other = [0usize; MAX_PHONES];
        let mut length = 0;
        for (place, &phone) in other.iter_mut().zip(b) {
            *place = usize::from(phone);
            length += 1;
        }
        let other = other.get(..length)?;
        let mut row = core::array::from_fn(|n| GAP * n as f32);
        for &p in a {
            let replace = self.replace.get(usize::from(p))?;
            let mut diagonal = row[0];
            row[0] += GAP;
            let mut least = row[0];
            for (n, &q) in other.iter().enumerate() {
                let replaced = diagonal + replace[q];
                diagonal = row[n + 1];
                row[n + 1] = replaced.min(diagonal + GAP).min(row[n] + GAP);
                least = least.min(row[n + 1]);
            }
            if least > limit {
                return None;
            }
        }
        Some((row, length))
    }
}

fn least(row: &Row, length: usize) -> f32 {
    row.iter().take(length + 1).copied().fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
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
        assert_eq!(distance.beginning(&phones("K AA R"), &phones("K AA R Z"), 9.0), 0.0);
        assert_eq!(distance.end(&phones("R AA K"), &phones("S K AA R"), 9.0), 0.0);
    }

    proptest! {
        #[test]
        fn it_is_a_distance(a in proptest::collection::vec(1u8..39, 0..12), b in proptest::collection::vec(1u8..39, 0..12)) {
            let distance = Distance::new();
            let (there, back) = (distance.whole(&a, &b, 99.0), distance.whole(&b, &a, 99.0));
            prop_assert!((there - back).abs() < 1e-4);
            prop_assert_eq!(there == 0.0, a == b);
            prop_assert!(there <= GAP * (a.len() + b.len()) as f32 + 1e-4);
            let limited = distance.whole(&a, &b, there + 1e-3);
            prop_assert!((limited - there).abs() < 1e-4, "a limit that is not exceeded changes nothing");
        }
    }
}
