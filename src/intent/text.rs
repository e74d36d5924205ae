//! Sentences as text: which of a grammar's meanings a written sentence has. For tests of grammars, and for typed input.

use super::compile::spoken_values;
use super::error::GrammarError;
use super::grammar::{Grammar, List};
use super::lattice::{Label, Lattice, normal};
use crate::lexicon::number_words;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Most readings of one sentence that are told.
const MAX_READINGS: usize = 64;

/// A meaning of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    /// The intent.
    pub intent: String,
    /// Slots and their values.
    pub slots: BTreeMap<String, String>,
}

/// Reads written sentences by a grammar.
#[derive(Clone, Debug)]
pub struct TextRecognizer {
    lattice: Lattice,
    /// For each list the texts of its values, in words, and what they put into a slot.
    lists: Vec<Vec<(String, String)>>,
    /// Intent and fixed slots of each block.
    blocks: Vec<(String, Vec<(String, String)>)>,
}

impl TextRecognizer {
    /// # Errors
    /// Names in the grammar that nothing stands for, and grammars that are too large.
    pub fn new(grammar: &Grammar) -> Result<Self, GrammarError> {
        let lattice = Lattice::new(grammar)?;
        let mut lists = Vec::new();
        for (_, list) in &lattice.lists {
            let mut texts = Vec::new();
            for (out, text, _) in spoken_values(list, grammar)? {
                if let (List::Range(_), Ok(number)) = (list, text.parse::<u64>()) {
                    let words = number_words(&format!("{number}"));
                    texts.push((words.join(" "), out.clone()));
                    texts.push((hyphenated(&words), out.clone()));
                }
                texts.push((normalised(&text), out));
            }
            lists.push(texts);
        }
        let blocks = lattice.blocks.iter().map(|(intent, block)| {
            let intent = &grammar.intents[*intent];
            (intent.name.clone(), intent.blocks[*block].slots.clone())
        });
        let blocks = blocks.collect();
        Ok(TextRecognizer { lattice, lists, blocks })
    }

    /// All meanings of `text`; none if the grammar doesn't know it. Case and punctuation don't count.
    pub fn read(&self, text: &str) -> BTreeSet<Reading> {
        let text = normalised(text);
        let mut readings = BTreeSet::new();
        self.follow(&text, 0, false, 0, &mut Vec::new(), &mut readings);
        readings
    }

    /// `within`: behind a value that ended inside of a word.
    fn follow(
        &self,
        text: &str,
        at: usize,
        within: bool,
        state: u32,
        slots: &mut Vec<(u32, String)>,
        readings: &mut BTreeSet<Reading>,
    ) {
        if readings.len() >= MAX_READINGS {
            return;
        }
        let rest = text.get(at..).unwrap_or_default();
        let word = rest.trim_start();
        let state = &self.lattice.states[state as usize];
        if let Some(block) = state.accept.filter(|_| word.is_empty()) {
            let (intent, fixed) = &self.blocks[block as usize];
            let mut all: BTreeMap<String, String> = fixed.iter().cloned().collect();
            for (slot, value) in slots.iter() {
                all.insert(self.lattice.slots[*slot as usize - 1].clone(), value.clone());
            }
            readings.insert(Reading { intent: intent.clone(), slots: all });
        }
        let from = text.len() - word.len();
        let ends = |at: usize| text.get(at..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        for (label, to) in &state.arcs {
            match *label {
                Label::Word(number) => {
                    let known = &self.lattice.words[number as usize];
                    if word.starts_with(&known.text[..])
                        && ends(from + known.text.len())
                        && (known.joined || !within)
                    {
                        self.follow(text, from + known.text.len(), false, *to, slots, readings);
                    }
                }
                Label::List { list, slot } => {
                    for (value, out) in &self.lists[list as usize] {
                        if within || value.is_empty() || !word.starts_with(&value[..]) {
                            continue;
                        }
                        let at = from + value.len();
                        // `5` doesn't stand at the beginning of `50`.
                        let digits = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                        if digits(value.chars().last())
                            && digits(text.get(at..).and_then(|rest| rest.chars().next()))
                        {
                            continue;
                        }
                        if slot > 0 {
                            slots.push((slot, out.clone()));
                        }
                        self.follow(text, at, !ends(at), *to, slots, readings);
                        if slot > 0 {
                            slots.pop();
                        }
                    }
                }
            }
        }
    }
}

/// `twenty-one` for twenty, one.
fn hyphenated(words: &[&str]) -> String {
    let mut text = String::new();
    for (n, word) in words.iter().enumerate() {
        if n > 0 {
            text.push(if words[n - 1].ends_with("ty") { '-' } else { ' ' });
        }
        text.push_str(word);
    }
    text
}

/// Small letters, single spaces, no marks that are not said.
fn normalised(text: &str) -> String {
    let mut all = String::new();
    for word in text.split_whitespace() {
        let word: String = word.chars().flat_map(|c| normal(c).into_iter().flatten()).collect();
        if !word.is_empty() {
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&word);
        }
    }
    all
}
