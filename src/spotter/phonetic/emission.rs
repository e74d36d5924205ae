//! From the acoustic model's posteriors to log likelihood ratios of phones against free speech.

use crate::confusions::PHONES_M;
use crate::lexicon::Phone;

const SYMBOLS: usize = Phone::SYMBOLS;
/// Numbers of a frame: what blank scores, what every phone scores, and how much is not blank.
pub(super) const WIDTH: usize = SYMBOLS + 1;

/// Least likelihood of a phone where something else is heard, relative to being heard itself: one wrong phone costs
/// at most its logarithm.
const FLOOR: f32 = 1e-3;
/// Likelihood of something heard between two phones of the phrase.
const INSERTION: f32 = 0.01;

/// One frame of 20 ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'f>(pub(super) &'f [f32; WIDTH]);

impl Frame<'_> {
    /// Log likelihood of nothing new, against the likeliest symbol.
    #[inline(always)]
    pub(super) fn log_blank(&self) -> f32 {
        self.0[0]
    }

    /// Log likelihood of a phone, against the likeliest symbol.
    #[inline(always)]
    pub(super) fn log_ratio(&self, phone: u8) -> f32 {
        self.0.get(usize::from(phone)).copied().unwrap_or(f32::NEG_INFINITY)
    }

    /// Probability that this frame stands for some phone.
    #[inline(always)]
    pub(super) fn activity(&self) -> f32 {
        self.0[SYMBOLS]
    }
}

/// The phone confusion model: P(frame | phone) is a mixture over what the acoustic model says it heard,
/// Σ_q posterior(q) · K(phone, q), where K tells how often q comes out where the phone is said, relative to the phone
/// itself. The filler, free phones, is the likeliest symbol of each frame.
#[derive(Clone, Debug)]
pub(super) struct Emission {
    /// K by phone, row p − 1.
    likelihoods: [[f32; SYMBOLS]; SYMBOLS - 1],
}

impl Emission {
    pub(super) fn new() -> Self {
        let mut likelihoods = [[FLOOR; SYMBOLS]; SYMBOLS - 1];
        for (p, (row, weights)) in likelihoods.iter_mut().zip(&PHONES_M.0[1..]).enumerate() {
            for (k, weight) in row.iter_mut().zip(weights).skip(1) {
                *k += weight.min(1.0);
            }
            row[p + 1] = 1.0;
        }
        Emission { likelihoods }
    }

    /// `log_posteriors`: blank and 38 phones, natural logarithms.
    pub(super) fn frame(&self, log_posteriors: &[f32], out: &mut [f32; WIDTH]) {
        let mut posteriors = [0.0; SYMBOLS];
        let mut most = 1e-6f32;
        for (posterior, log) in posteriors.iter_mut().zip(log_posteriors) {
            *posterior = libm::expf(*log);
            most = most.max(*posterior);
        }
        let filler = libm::logf(most);
        let blank = posteriors[0];
        out[0] = libm::logf(blank + (1.0 - blank).max(0.0) * INSERTION) - filler;
        for (value, row) in out[1..SYMBOLS].iter_mut().zip(&self.likelihoods) {
            let likelihood: f32 = row.iter().zip(&posteriors).map(|(k, posterior)| k * posterior).sum();
            *value = libm::logf(likelihood + 1e-12) - filler;
        }
        out[SYMBOLS] = 1.0 - blank;
    }
}
