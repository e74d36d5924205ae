//! What the acoustic model hears when a phone is said: one table for typed phrases and for commands.
//!
//! `models/training/confusions.py` counts it in `train` recordings with a text and writes
//! `models/phones-m.confusions.bin`: f32, little-endian, a row for each symbol that is said (blank first), a column for
//! each that is heard.

use crate::error::ConfigError;
use crate::lexicon::Phone;

const SYMBOLS: usize = Phone::SYMBOLS;

/// What an acoustic model hears when a phone is said: how much the posterior of each symbol counts for it.
///
/// A model that gets a third of the phones wrong gets them wrong in its own way: T for D, AA for AH. With weights
/// `P(heard | said) / P(said | said)`, from an alignment of known texts, a phone's likelihood is the sum over what may
/// have been heard for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusions(pub(crate) [[f32; SYMBOLS]; SYMBOLS]);

/// Those of `models/phones-m`.
pub(crate) static PHONES_M: Confusions = {
    let bytes = include_bytes!("../models/phones-m.confusions.bin");
    let mut weights = [[0.0; SYMBOLS]; SYMBOLS];
    let mut n = 0;
    while n < SYMBOLS * SYMBOLS {
        let at = 4 * n;
        let weight = f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        assert!(weight >= 0.0 && weight <= 1e6);
        weights[n / SYMBOLS][n % SYMBOLS] = weight;
        n += 1;
    }
    assert!(bytes.len() == Confusions::BYTES);
    Confusions(weights)
};

impl Confusions {
    /// Bytes of a table.
    pub const BYTES: usize = 4 * SYMBOLS * SYMBOLS;

    /// Reads weights (f32, little-endian): for each symbol that is said, blank first, one for each that is heard.
    ///
    /// # Errors
    /// [`ConfigError::Mismatch`] if there are not [`Confusions::BYTES`], [`ConfigError::OutOfRange`] for a weight that
    /// is not 0 … 1e6.
    pub fn new(bytes: &[u8]) -> Result<Self, ConfigError> {
        if bytes.len() != Self::BYTES {
            let (expected, actual) = (Self::BYTES, bytes.len());
            return Err(ConfigError::Mismatch { what: "bytes of confusions", expected, actual });
        }
        let mut weights = [[0.0; SYMBOLS]; SYMBOLS];
        for (weight, bytes) in weights.as_flattened_mut().iter_mut().zip(bytes.as_chunks().0) {
            *weight = f32::from_le_bytes(*bytes);
            ConfigError::check("confusions", f64::from(*weight), 0.0, 1e6)?;
        }
        Ok(Confusions(weights))
    }

    /// Those of `models/phones-m`, built in.
    pub fn phones_m() -> Self {
        PHONES_M.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_that_is_built_in_is_that_of_the_file() {
        let file = Confusions::new(include_bytes!("../models/phones-m.confusions.bin")).unwrap();
        assert_eq!(file, Confusions::phones_m());
        // Every phone comes out as itself more often than as most others, and blank stands for nothing else.
        for (said, row) in file.0.iter().enumerate().skip(1) {
            assert_eq!((row[said], row[0]), (1.0, 0.0));
            assert!(row.iter().filter(|weight| **weight >= 1.0).count() <= 3, "{said}");
        }
    }
}
