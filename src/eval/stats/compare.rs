//! Is one engine better than another, or was it luck?

use super::poisson::Rate;
use super::random::Random;
use super::special;
use super::{Interval, Level, share};

/// Exact two-sided p-value of McNemar's test ("Note on the sampling error of the difference between correlated
/// proportions or percentages", Psychometrika 12, 1947).
///
/// Both engines heard the same trials; `only_a` of them were got right by the first alone, `only_b` by the second alone.
/// Those that both or neither got right say nothing. 1 if there are none.
pub fn mcnemar(only_a: u64, only_b: u64) -> f64 {
    // With one chance in two for each, both tails are alike.
    let (few, of) = (only_a.min(only_b), only_a + only_b);
    (2.0 * at_most(few, of, 0.5, 0.5)).min(1.0)
}

/// Probability of at most `count` of `of`, each with chance `p` = 1 − `q`.
fn at_most(count: u64, of: u64, p: f64, q: f64) -> f64 {
    if count >= of {
        return 1.0;
    }
    libm::exp(special::beta((count + 1) as f64, (of - count) as f64, p, q).ln_upper)
}

/// Two rates side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRatio {
    /// The first rate over the second; infinite if only the second is zero, NaN if both are.
    pub ratio: f64,
    /// Exact limits of the ratio.
    pub interval: Interval,
    /// Two-sided p-value of "the rates are equal": twice the smaller tail, so that it is under the error rate just when
    /// the interval leaves 1 out.
    pub p: f64,
}

impl RateRatio {
    /// Given how many events there were in all, those of `a` are binomial, with a chance that only the hours and the
    /// ratio decide (Przyborowski and Wilenski, "Homogeneity of results in testing samples from Poisson series",
    /// Biometrika 31, 1940).
    ///
    /// The two counts are taken as independent. Two engines that hear the *same* audio err at the same places more often
    /// than chance has it; the test is then too careful, never too bold. Clusters make it too bold: [`sign_flip`].
    pub fn new(a: Rate, b: Rate, level: Level) -> RateRatio {
        let all = a.events + b.events;
        let odds = |share: f64| share / (1.0 - share) * b.hours / a.hours;
        let limits = share::exact(a.events, all, level.each_side());
        let hours = a.hours + b.hours;
        let (p, q) = (a.hours / hours, b.hours / hours);
        let p_value =
            if all == 0 { 1.0 } else { 2.0 * at_most(a.events, all, p, q).min(at_most(b.events, all, q, p)) };
        RateRatio {
            ratio: a.per_hour() / b.per_hour(),
            interval: Interval {
                low: odds(limits.low),
                high: if all == a.events { f64::INFINITY } else { odds(limits.high) },
            },
            p: p_value.min(1.0),
        }
    }
}

/// What [`sign_flip`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignFlip {
    /// Two-sided p-value of "it makes no difference which engine is which".
    pub p: f64,
    /// Sessions in which the two differ.
    pub sessions: usize,
    /// All 2ⁿ assignments were counted; otherwise a sample of them was, and `p` has an error of a few percent of itself.
    pub exact: bool,
}

/// A randomisation test (Fisher, The Design of Experiments, 1935) of two engines on the same sessions: `differences` are
/// events of the first less events of the second, one a session. If the engines were alike, each difference could as well
/// have had the other sign. Pairing and clusters are both allowed for.
///
/// Up to 20 differing sessions all assignments are counted, beyond that 100,000 drawn from `seed`.
pub fn sign_flip(differences: &[i64], seed: u64) -> SignFlip {
    const DRAWS: u64 = 100_000;
    let differing: alloc::vec::Vec<i64> = differences.iter().copied().filter(|d| *d != 0).collect();
    let observed = differing.iter().sum::<i64>().abs();
    let sessions = differing.len();
    if sessions <= 20 {
        // The first sign can stay: the mirror image has the same absolute sum.
        let half = 1_u64 << sessions.saturating_sub(1);
        let as_far =
            (0..half).filter(|signs| flipped(&differing, |n| signs >> n & 1 == 1) >= observed).count();
        return SignFlip { p: as_far as f64 / half as f64, sessions, exact: true };
    }
    let mut random = Random::new(seed);
    let mut as_far = 0_u64;
    for _ in 0..DRAWS {
        let mut bits = 0;
        as_far += u64::from(
            flipped(&differing, |n| {
                if n % 64 == 0 {
                    bits = random.bits();
                }
                bits >> (n % 64) & 1 == 1
            }) >= observed,
        );
    }
    // What was observed is one of the assignments (Davison and Hinkley, Bootstrap Methods, 1997, 4.2).
    SignFlip { p: (as_far + 1) as f64 / (DRAWS + 1) as f64, sessions, exact: false }
}

/// The absolute sum with some signs turned.
fn flipped(differences: &[i64], mut turn: impl FnMut(usize) -> bool) -> i64 {
    let signed = differences.iter().enumerate().map(|(n, d)| if turn(n) { -d } else { *d });
    signed.sum::<i64>().abs()
}
