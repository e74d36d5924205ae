//! What can stop a run.

use crate::eval::augment::AugmentError;
use crate::eval::manifest::ManifestError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;

/// Why a run did not come to its end. A recording that fails is no such reason.
#[derive(Debug)]
#[non_exhaustive]
pub enum EvalError {
    /// A list of recordings.
    Manifest(ManifestError),
    /// What audio is augmented with.
    Augment(AugmentError),
    /// A file of the result.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the result is damaged.
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: u64,
        /// What the parser says.
        problem: String,
    },
    /// Two results that are not of one run.
    Different {
        /// Where the other one is.
        path: PathBuf,
        /// What they differ in, with dots between names.
        field: String,
        /// As it is here.
        expected: String,
        /// As it is there.
        found: String,
    },
    /// The folder holds the log of another shard.
    OtherShard {
        /// Which folder.
        path: PathBuf,
        /// Index and number of shards, as asked for.
        expected: (u64, u64),
        /// Index and number of shards there.
        found: (u64, u64),
    },
    /// Two results hold one unit differently.
    Conflict {
        /// Which.
        unit: u64,
        /// In which folder it was met the second time.
        path: PathBuf,
    },
    /// A run that hasn't ended: go on with it first.
    Unfinished {
        /// Where.
        path: PathBuf,
    },
    /// Somebody else works in this folder.
    Busy {
        /// Where.
        path: PathBuf,
    },
    /// There is no audio to listen to.
    Nothing {
        /// Rows that were left out.
        excluded: u64,
    },
    /// A thread could not make its subject.
    Subject {
        /// Why.
        problem: String,
    },
}

impl EvalError {
    pub(crate) fn file(path: &Path) -> impl Fn(io::Error) -> EvalError {
        move |source| EvalError::File { path: path.into(), source }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvalError::Manifest(error) => error.fmt(f),
            EvalError::Augment(error) => error.fmt(f),
            EvalError::File { path, source } => write!(f, "{}: {source}", path.display()),
            EvalError::Damaged { path, line, problem } => {
                write!(
                    f,
                    "{}, line {line}: expected an intact result, found damage: {problem}",
                    path.display()
                )
            }
            EvalError::Different { path, field, expected, found } => {
                let path = path.display();
                write!(f, "{path}: another run: `{field}`: expected {expected}, found {found}")
            }
            EvalError::OtherShard { path, expected, found } => write!(
                f,
                "{}: another shard: expected {}/{}, found {}/{}",
                path.display(),
                expected.0 + 1,
                expected.1,
                found.0 + 1,
                found.1
            ),
            EvalError::Conflict { unit, path } => {
                let path = path.display();
                write!(f, "{path}: unit {unit}: expected what another folder holds, found something else")
            }
            EvalError::Unfinished { path } => {
                write!(
                    f,
                    "{}: expected a finished run, found one that is not; start it again to go on",
                    path.display()
                )
            }
            EvalError::Busy { path } => write!(f, "{}: another process works in this folder", path.display()),
            EvalError::Nothing { excluded } => {
                write!(f, "expected recordings to listen to, found none ({excluded} were left out)")
            }
            EvalError::Subject { problem } => f.write_str(problem),
        }
    }
}

impl std::error::Error for EvalError {}

impl From<ManifestError> for EvalError {
    fn from(error: ManifestError) -> EvalError {
        EvalError::Manifest(error)
    }
}

impl From<AugmentError> for EvalError {
    fn from(error: AugmentError) -> EvalError {
        EvalError::Augment(error)
    }
}
