//! What counts say and don't say: intervals, comparisons, and the hours a claim needs.
//!
//! | question | answer | source |
//! |---|---|---|
//! | false accepts per hour | [`Rate`]: exact Poisson limits | Garwood 1936 |
//! | … where events come in clusters | [`SessionRate`]: the same limits at the effective count | Korn and Graubard 1998 |
//! | share of phrases missed | [`Share`]: Wilson's interval, Clopper and Pearson's exact one | 1927, 1934 |
//! | two engines, the same phrases | [`mcnemar`]: exact | McNemar 1947 |
//! | two engines, hours of audio each | [`RateRatio`]: conditional on the sum | Przyborowski and Wilenski 1940 |
//! | two engines, the same sessions | [`sign_flip`]: sessions as units | Fisher 1935 |
//! | how long to listen | [`hours_needed`] | Garwood, solved for the hours |
//!
//! Limits agree with SciPy's distributions to 1e-9 of their value from no event to a million and for error rates down
//! to 1e-12; `tests/golden/stats.py` makes the table. The arithmetic is `libm`'s, so that bits are equal on all
//! machines.

mod special;
mod quantile;
mod random;
mod poisson;
mod share;
mod sessions;
mod compare;

pub use compare::{RateRatio, SignFlip, mcnemar, sign_flip};
pub use poisson::{Rate, hours_needed};
pub use quantile::normal_upper_point;
pub use sessions::{Session, SessionRate};
pub use share::Share;

use crate::ConfigError;

/// How sure a statement is to be: the share of repeated studies in which it would be true.
///
/// Kept as the probability of error, which a level near 1 would round away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    error: f64,
}

impl Level {
    /// 95 %.
    pub const P95: Level = Level { error: 0.05 };

    /// `percent`: 50 to 99.9999999999.
    ///
    /// # Errors
    ///
    /// [`ConfigError::OutOfRange`], and for NaN.
    pub fn percent(percent: f64) -> Result<Level, ConfigError> {
        ConfigError::check("level_percent", percent, 50.0, 99.999_999_999_9)?;
        Ok(Level { error: (100.0 - percent) / 100.0 })
    }

    /// 50 to 100.
    pub fn as_percent(self) -> f64 {
        100.0 - 100.0 * self.error
    }

    /// Probability of error, all of it on one side.
    fn one_sided(self) -> f64 {
        self.error
    }

    /// Probability of error on each of two sides.
    fn each_side(self) -> f64 {
        self.error / 2.0
    }
}

/// From `low` to `high`, both included; either may be infinite where nothing was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl Interval {
    /// Is it between the limits?
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

#[cfg(test)]
mod tests;
