//! The errors of construction. `process` functions have none: whatever can go wrong is found in `new`.

use core::fmt;

/// Why a stage could not be built from its configuration.
///
/// Every variant names the field or the buffer and carries the numbers: what was expected, what was given.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A field lies outside its range. Set it between `min` and `max`, both included.
    OutOfRange {
        /// The configuration field, as spelt in the struct.
        field: &'static str,
        /// Smallest value that is taken.
        min: f64,
        /// Largest value that is taken.
        max: f64,
        /// What the field held.
        actual: f64,
    },
    /// Memory given by the caller is too small. Ask the type's `required_*` query for the size.
    BufferTooSmall {
        /// Which buffer.
        buffer: &'static str,
        /// Elements needed.
        expected: usize,
        /// Elements given.
        actual: usize,
    },
    /// Two stages that are put together disagree about a size.
    Mismatch {
        /// What is counted.
        what: &'static str,
        /// What the receiving stage was built for.
        expected: usize,
        /// What it was given.
        actual: usize,
    },
}

impl ConfigError {
    /// `Ok` if `min <= actual <= max`; NaN is never in range.
    pub(crate) fn check(field: &'static str, actual: f64, min: f64, max: f64) -> Result<(), ConfigError> {
        if actual >= min && actual <= max {
            Ok(())
        } else {
            Err(ConfigError::OutOfRange { field, min, max, actual })
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ConfigError::OutOfRange { field, min, max, actual } => {
                write!(f, "{field} is {actual}, expected {min} to {max}")
            }
            ConfigError::BufferTooSmall { buffer, expected, actual } => {
                write!(f, "{buffer} holds {actual} elements, expected at least {expected}")
            }
            ConfigError::Mismatch { what, expected, actual } => {
                write!(f, "{what}: {actual}, expected {expected}")
            }
        }
    }
}

impl core::error::Error for ConfigError {}
