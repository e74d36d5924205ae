//! What can be wrong with a grammar, and where.

use super::template::TemplateError;
use crate::lexicon::ReadError;
use alloc::string::String;
use core::fmt;

/// A place in a grammar's source. Lines and columns count from 1, columns in characters; 0 where there was no file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// Why a grammar cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct GrammarError {
    /// The file, as it was named; empty where there was none.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a grammar.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// Not what the format wants here.
    Expected {
        /// What it wants.
        expected: &'static str,
        /// What there is.
        found: String,
    },
    /// A sentence is no template.
    Template(TemplateError),
    /// No list of this name. Add it to `lists`, or give its values.
    List(String),
    /// No rule of this name. Add it to `expansion_rules`.
    Rule(String),
    /// Rules that stand for each other, or too deep.
    Depth {
        /// Deepest that is followed.
        expected: usize,
        /// The rule at which it was given up.
        rule: String,
    },
    /// A text that cannot be said.
    Word {
        /// The text.
        text: String,
        /// Why not.
        error: ReadError,
    },
    /// More of something than there may be.
    Size {
        /// What is counted.
        what: &'static str,
        /// Most there may be.
        expected: usize,
        /// How many there are, at least.
        actual: usize,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Expected { expected, found } => write!(f, "expected {expected}, found {found}"),
            Problem::Template(error) => error.fmt(f),
            Problem::List(name) => write!(f, "expected the name of a list, found `{name}`"),
            Problem::Rule(name) => write!(f, "expected the name of a rule, found `{name}`"),
            Problem::Depth { expected, rule } => {
                write!(f, "expected at most {expected} rules in each other, found more at `{rule}`")
            }
            Problem::Word { text, error } => {
                write!(f, "expected a text that can be said, found `{text}`: {error}")
            }
            Problem::Size { what, expected, actual } => {
                write!(f, "expected at most {expected} {what}, found {actual}")
            }
        }
    }
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        match (self.file.is_empty(), line) {
            (true, 0) => {}
            (true, _) => write!(f, "line {line}, column {column}: ")?,
            (false, 0) => write!(f, "{}: ", self.file)?,
            (false, _) => write!(f, "{}, line {line}, column {column}: ", self.file)?,
        }
        self.problem.fmt(f)
    }
}

impl core::error::Error for GrammarError {}
