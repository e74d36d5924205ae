//! A grammar: which sentences mean what.

use super::error::Place;
use super::template::Template;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A template and where it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// What is said.
    pub template: Template,
    /// Where its text begins.
    pub place: Place,
}

/// Sentences with the same meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// What is said.
    pub sentences: Vec<Sentence>,
    /// Slots that have their value without being said.
    pub slots: Vec<(String, String)>,
    /// Lists that only these sentences know; they hide the grammar's.
    pub lists: BTreeMap<String, List>,
    /// Rules that only these sentences know; they hide the grammar's.
    pub rules: BTreeMap<String, Sentence>,
}

/// Something that can be asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// Its name.
    pub name: String,
    /// How it is said.
    pub blocks: Vec<Block>,
}

/// One value of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// How it is said.
    pub sentence: Sentence,
    /// What stands in the slot; `None`: the words that were said.
    pub out: Option<String>,
}

/// Numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// First.
    pub from: i64,
    /// Last.
    pub to: i64,
    /// From one to the next, 1 or more.
    pub step: i64,
    /// What stands in the slot is the number times this.
    pub multiplier: f64,
}

impl Range {
    /// The numbers as they are said, and what stands in the slot.
    pub(super) fn numbers(self) -> impl Iterator<Item = (i64, String)> {
        let step = usize::try_from(self.step.max(1)).unwrap_or(usize::MAX);
        (self.from..=self.to).step_by(step).map(move |number| {
            let out = number as f64 * self.multiplier;
            (number, out.to_string())
        })
    }

    /// How many.
    pub(super) fn len(self) -> usize {
        usize::try_from((self.to - self.from).max(-1) / self.step.max(1) + 1).unwrap_or(usize::MAX)
    }
}

/// What a slot may hold.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum List {
    /// These values.
    Values(Vec<Value>),
    /// Numbers.
    Range(Range),
    /// Any words. A decoder of speech that listens for listed words can't hear them: such sentences are left out.
    Wildcard,
}

impl List {
    /// A list of plain values, each said as it is written.
    pub fn of<'t>(values: impl IntoIterator<Item = &'t str>) -> List {
        List::Values(values.into_iter().map(Value::plain).collect())
    }
}

impl Value {
    /// A value that is said as it is written.
    pub fn plain(text: &str) -> Value {
        let template = Template::Text(text.into());
        Value { sentence: Sentence { template, place: Place::default() }, out: Some(text.into()) }
    }
}

/// Which sentences mean what: intents, the lists their slots take values from, rules that stand for parts of sentences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grammar {
    /// The file it was read from, for errors; empty where there was none.
    pub file: String,
    /// What can be asked for. Where two have a sentence in common, the first has it.
    pub intents: Vec<Intent>,
    /// Lists by name.
    pub lists: BTreeMap<String, List>,
    /// Rules by name.
    pub rules: BTreeMap<String, Sentence>,
}
