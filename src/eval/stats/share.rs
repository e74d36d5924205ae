//! A share of trials: limits of a binomial probability.

use super::quantile::{beta_lower_point, beta_upper_point, normal_upper_point};
use super::{Interval, Level};

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// How many, at most [`Share::of`].
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// 0 to 1; NaN of none.
    pub fn value(&self) -> f64 {
        self.count as f64 / self.of as f64
    }

    /// Wilson's score interval ("Probable inference, the law of succession, and statistical inference", J. Am. Stat.
    /// Assoc. 22, 1927): coverage near the level on the average over probabilities, a little below it for some.
    pub fn wilson(&self, level: Level) -> Interval {
        if self.of == 0 {
            return Interval { low: 0.0, high: 1.0 };
        }
        let (n, k) = (self.of as f64, self.count as f64);
        let z = normal_upper_point(level.each_side());
        let zz = z * z;
        let spread = z * libm::sqrt(k * (n - k) / n + zz / 4.0);
        let sum = k + zz / 2.0 + spread;
        // By the product of the two roots; their difference cancels near 0.
        let low = k * k / n / sum;
        let high = if self.count == self.of { 1.0 } else { sum / (n + zz) };
        Interval { low, high }
    }

    /// Clopper and Pearson's exact interval ("The use of confidence or fiducial limits illustrated in the case of the
    /// binomial", Biometrika 26, 1934): coverage is at least the level, whatever the probability.
    pub fn exact(&self, level: Level) -> Interval {
        exact(self.count, self.of, level.each_side())
    }
}

/// Exact limits with an error of `alpha` on each side.
pub(super) fn exact(count: u64, of: u64, alpha: f64) -> Interval {
    let (k, rest) = (count as f64, (of - count) as f64);
    let low = if count == 0 { 0.0 } else { beta_lower_point(k, rest + 1.0, alpha) };
    let high = if count == of { 1.0 } else { beta_upper_point(k + 1.0, rest, alpha) };
    Interval { low, high }
}
