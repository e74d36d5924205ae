//! What can be wrong with a manifest.

use std::fmt;
use std::io;
use std::prelude::rust_2024::*;

/// Why recordings could not be listed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ManifestError {
    /// The manifest or folder can't be read.
    Read {
        /// Its path.
        manifest: String,
        /// Why.
        source: io::Error,
    },
    /// A line is not what it should be.
    Line {
        /// The manifest's path.
        manifest: String,
        /// From 1.
        line: u64,
        /// The field, or empty for the whole line.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// There is nothing in it.
    Empty {
        /// Its path.
        manifest: String,
        /// What should be.
        expected: &'static str,
    },
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ManifestError::Read { manifest, source } => write!(f, "{manifest}: cannot be read: {source}"),
            ManifestError::Line { manifest, line, field: "", expected, found } => {
                write!(f, "{manifest}, line {line}: expected {expected}, found {found}")
            }
            ManifestError::Line { manifest, line, field, expected, found } => {
                write!(f, "{manifest}, line {line}, field `{field}`: expected {expected}, found {found}")
            }
            ManifestError::Empty { manifest, expected } => {
                write!(f, "{manifest}: expected {expected}, found none")
            }
        }
    }
}

impl std::error::Error for ManifestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ManifestError::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}
