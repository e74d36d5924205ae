//! Incomplete gamma and beta functions, both tails at once and as logarithms, so that nothing underflows.
//!
//! Each is a density times a slowly varying factor. The densities are Loader's ("Fast and Accurate Computation of
//! Binomial Probabilities", 2000): the deviance is computed without the cancellation that costs the textbook form
//! half its digits at a million events. The factors are the series and continued fractions of the NIST handbook of
//! mathematical functions (DLMF 8.7.1, 8.9.2, 8.17.22); they take about six times the root of the count in steps.

use core::f64::consts::{LN_2, PI};

/// Steps after which a fraction is taken as it is: enough for counts of 10¹⁰.
const MAX_STEPS: u32 = 1_000_000;

/// Logarithms of the two probabilities left and right of a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tails {
    pub(super) ln_lower: f64,
    pub(super) ln_upper: f64,
    /// Logarithm of the density by the coordinate that `quantile` searches: ln x for the gamma, logit x for the beta.
    pub(super) ln_density: f64,
}

/// ln(1 − eˣ) for x ≤ 0 (Mächler, "Accurately computing log(1 − exp(−|a|))", 2012).
fn ln_one_minus_exp(x: f64) -> f64 {
    if x > -LN_2 { libm::log(-libm::expm1(x)) } else { libm::log1p(-libm::exp(x)) }
}

/// ln Γ(x + 1) less Stirling's formula x ln x − x + ½ ln 2πx.
fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        return libm::lgamma(x + 1.0) - (x + 0.5) * libm::log(x) + x - 0.5 * libm::log(2.0 * PI);
    }
    let xx = x * x;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / xx) / xx) / xx) / xx) / x
}

/// x ln(x / m) + m − x without cancellation where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    let mut divisor = 1.0;
    loop {
        term *= v * v;
        divisor += 2.0;
        let next = sum + term / divisor;
        if next == sum {
            return sum;
        }
        sum = next;
    }
}

/// ln of mˣ e⁻ᵐ / Γ(x + 1), for x > 0.
fn ln_poisson(x: f64, m: f64) -> f64 {
    -stirling_error(x) - deviance(x, m) - 0.5 * libm::log(2.0 * PI * x)
}

/// P(a, x) and Q(a, x), the incomplete gamma functions: a > 0, x > 0.
pub(super) fn gamma(a: f64, x: f64) -> Tails {
    // x times the density at x.
    let ln_density = ln_poisson(a, x) + libm::log(a);
    if x < a + 1.0 {
        let mut term = 1.0;
        let mut sum = 1.0;
        let mut n = a;
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        let ln_lower = (ln_density - libm::log(a) + libm::log(sum)).min(0.0);
        Tails { ln_lower, ln_upper: ln_one_minus_exp(ln_lower), ln_density }
    } else {
        // Partial numerators and denominators of the continued fraction: n (a − n) and x + 2n + 1 − a.
        let fraction = lentz(x + 1.0 - a, |n| (n * (a - n), x + 2.0 * n + 1.0 - a));
        let ln_upper = (ln_density - libm::log(fraction)).min(0.0);
        Tails { ln_lower: ln_one_minus_exp(ln_upper), ln_upper, ln_density }
    }
}

/// Iₓ(a, b), the incomplete beta function, and its complement: a, b > 0; `y` = 1 − x is given, for x near 1.
pub(super) fn beta(a: f64, b: f64, x: f64, y: f64) -> Tails {
    let n = a + b;
    // xᵃ yᵇ / B(a, b), by the binomial density.
    let ln_binomial = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * y)
        - 0.5 * (libm::log(2.0 * PI * a) + libm::log(b / n));
    let ln_density = ln_binomial + libm::log(a) + libm::log(b / n);
    if x <= (a + 1.0) / (n + 2.0) {
        let ln_lower = (ln_density + ln_beta_factor(a, b, x)).min(0.0);
        Tails { ln_lower, ln_upper: ln_one_minus_exp(ln_lower), ln_density }
    } else {
        let ln_upper = (ln_density + ln_beta_factor(b, a, y)).min(0.0);
        Tails { ln_lower: ln_one_minus_exp(ln_upper), ln_upper, ln_density }
    }
}

/// ln of Iₓ(a, b) B(a, b) / (xᵃ (1 − x)ᵇ).
fn ln_beta_factor(a: f64, b: f64, x: f64) -> f64 {
    let fraction = lentz(1.0, |n| {
        let m = libm::floor(n / 2.0);
        let numerator = if n % 2.0 == 0.0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (numerator, 1.0)
    });
    -libm::log(a * fraction)
}

/// The continued fraction first + n₁/(d₁ + n₂/(d₂ + …)), by Lentz's method as modified by Thompson and Barnett (1986).
fn lentz(first: f64, part: impl Fn(f64) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    let tiny_if_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut value = tiny_if_zero(first);
    let mut c = value;
    let mut d = 0.0;
    for n in 1..MAX_STEPS {
        let (numerator, denominator) = part(f64::from(n));
        d = 1.0 / tiny_if_zero(denominator + numerator * d);
        c = tiny_if_zero(denominator + numerator / c);
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}
