//! Points of distributions with a given probability beyond them.

use super::special::{self, Tails};

/// Which side of the point the probability lies on.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Lower,
    Upper,
}

/// x with P(a, x) = p: the gamma distribution's point with `p` below.
pub(super) fn gamma_lower_point(a: f64, p: f64) -> f64 {
    libm::exp(solve(Side::Lower, p, libm::log(a), |t| special::gamma(a, libm::exp(t))))
}

/// x with Q(a, x) = p: the gamma distribution's point with `p` above.
pub(super) fn gamma_upper_point(a: f64, p: f64) -> f64 {
    libm::exp(solve(Side::Upper, p, libm::log(a), |t| special::gamma(a, libm::exp(t))))
}

/// x with Iₓ(a, b) = p.
pub(super) fn beta_lower_point(a: f64, b: f64, p: f64) -> f64 {
    logistic(solve(Side::Lower, p, libm::log(a / b), |t| beta_at(a, b, t)))
}

/// x with 1 − Iₓ(a, b) = p.
pub(super) fn beta_upper_point(a: f64, b: f64, p: f64) -> f64 {
    logistic(solve(Side::Upper, p, libm::log(a / b), |t| beta_at(a, b, t)))
}

/// The standard normal distribution's point with probability `p` above it: `p` over 0, up to ½ (and by symmetry below 1).
pub fn normal_upper_point(p: f64) -> f64 {
    if p == 0.5 {
        0.0
    } else if p > 0.5 {
        -normal_upper_point(1.0 - p)
    } else {
        // The square of a normal variable is twice a gamma variable of shape ½.
        libm::sqrt(2.0 * gamma_upper_point(0.5, 2.0 * p))
    }
}

/// Student's t with `freedom` degrees of freedom: the point with probability `p` < ½ above it.
pub(super) fn student_upper_point(freedom: f64, p: f64) -> f64 {
    // freedom / (freedom + t²) has the beta distribution of freedom / 2 and ½.
    let x = beta_lower_point(freedom / 2.0, 0.5, 2.0 * p);
    libm::sqrt(freedom * (1.0 - x) / x)
}

fn logistic(t: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-t))
}

fn beta_at(a: f64, b: f64, t: f64) -> Tails {
    special::beta(a, b, logistic(t), logistic(-t))
}

/// The `t` at which the tail on `side` holds `p`. Newton's method on the logarithm of the smaller tail, kept between
/// bounds that always hold the answer: a step that would leave them is replaced by halving.
fn solve(side: Side, p: f64, start: f64, tails: impl Fn(f64) -> Tails) -> f64 {
    let (side, p) = match side {
        _ if p <= 0.5 => (side, p),
        Side::Lower => (Side::Upper, 1.0 - p),
        Side::Upper => (Side::Lower, 1.0 - p),
    };
    let wanted = libm::log(p);
    // Too far right: positive. Rises with t.
    let excess = |tails: &Tails| match side {
        Side::Lower => tails.ln_lower - wanted,
        Side::Upper => wanted - tails.ln_upper,
    };
    let (mut low, mut high) = (start, start);
    let mut step = 0.5;
    while excess(&tails(low)) > 0.0 {
        low -= step;
        step *= 2.0;
    }
    step = 0.5;
    while excess(&tails(high)) < 0.0 {
        high += step;
        step *= 2.0;
    }
    let mut t = start.clamp(low, high);
    for _ in 0..200 {
        let here = tails(t);
        let off = excess(&here);
        if off > 0.0 {
            high = t;
        } else {
            low = t;
        }
        let tail = if side == Side::Lower { here.ln_lower } else { here.ln_upper };
        let newton = t - off / libm::exp(here.ln_density - tail);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let done = (next - t).abs() <= 2e-16 * t.abs().max(0.25);
        t = next;
        if done {
            break;
        }
    }
    t
}
