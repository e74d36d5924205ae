//! From a phrase of text to pronunciations: the user's words, dictionaries, letters.

use super::dictionary::Dictionary;
use super::g2p::G2p;
use super::phone::Phone;
use super::reader::{LineError, entries};
use super::spoken::{self, Piece};
use crate::error::ConfigError;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// Longest word that is read by its letters.
const MAX_LETTERS: usize = 100;
/// Capitals up to this many may be initials even where they make a word, as US and IT do.
const INITIALS: usize = 3;

/// How text is read.
#[derive(Clone, Debug)]
pub struct LexiconConfig {
    /// Pronunciations of a word that is known by its letters only, 1 … 16.
    pub nbest: usize,
}

impl Default for LexiconConfig {
    fn default() -> Self {
        LexiconConfig { nbest: 3 }
    }
}

/// Where a pronunciation is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// An entry that the user added.
    User,
    /// A dictionary.
    Dictionary,
    /// The model of letters and phones.
    Letters,
    /// The names of its letters, one by one.
    Spelled,
}

/// How a word may be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Pronunciation {
    /// At least one.
    pub phones: Vec<Phone>,
    /// Natural logarithm of its weight among the word's pronunciations. Those of a dictionary weigh the same, since it
    /// doesn't count them; those by letters have the model's probability, and what is behind the n-th is left out.
    pub log_weight: f32,
    /// Where it is from.
    pub source: Source,
}

/// A word of a phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// As it was read: small letters a … z, numbers as words.
    pub text: String,
    /// The bytes of the phrase that it was read from; all words of a number share theirs.
    pub span: Range<usize>,
    /// At least one, all different. Those of a dictionary in its order, those by letters the likeliest first.
    pub pronunciations: Vec<Pronunciation>,
}

/// Why a phrase has no pronunciation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// A character that no English word is written with and that has no name here. Write it as a word.
    Character {
        /// The character.
        character: char,
        /// The byte of the phrase at which it stands.
        at: usize,
    },
    /// A word that is not listed, where there is no model of letters. Add an entry for it.
    Unknown {
        /// The word, as it was read.
        word: String,
        /// The byte of the phrase at which it begins.
        at: usize,
    },
    /// A word that is not listed and too long to be one.
    Length {
        /// Most letters.
        expected: usize,
        /// Letters it has.
        actual: usize,
        /// The byte of the phrase at which it begins.
        at: usize,
    },
    /// There is no word in it.
    Empty,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Character { character, at } => {
                write!(f, "{character:?} at byte {at} cannot be read: write it as it is said")
            }
            ReadError::Unknown { word, at } => write!(f, "`{word}` at byte {at} is in no dictionary"),
            ReadError::Length { expected, actual, at } => {
                write!(f, "word of {actual} letters at byte {at}, expected at most {expected}")
            }
            ReadError::Empty => f.write_str("expected words, found none"),
        }
    }
}

impl core::error::Error for ReadError {}

/// Pronounces text: what the user added comes first, then dictionaries in their order, then letters.
///
/// Numbers are read by their words, which the dictionary [`CORE`](super::CORE) has.
#[derive(Clone, Debug)]
pub struct Lexicon<'a> {
    user: BTreeMap<String, Vec<Vec<Phone>>>,
    dictionaries: Vec<Dictionary<'a>>,
    letters: Option<G2p<'a>>,
    nbest: usize,
}

impl<'a> Lexicon<'a> {
    /// Knows single letters only: add a dictionary, a model of letters, or both.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for a field outside of its range.
    pub fn new(config: LexiconConfig) -> Result<Self, ConfigError> {
        ConfigError::check("nbest", config.nbest as f64, 1.0, 16.0)?;
        let (user, dictionaries) = (BTreeMap::new(), Vec::new());
        Ok(Lexicon { user, dictionaries, letters: None, nbest: config.nbest })
    }

    /// Asks `dictionary` for what those before it do not list.
    pub fn with_dictionary(mut self, dictionary: Dictionary<'a>) -> Self {
        self.dictionaries.push(dictionary);
        self
    }

    /// Asks `model` for what no dictionary lists.
    pub fn with_letters(mut self, model: G2p<'a>) -> Self {
        self.letters = Some(model);
        self
    }

    /// Adds the entries of `text`, in the format of the CMU dictionary, and says how many. They hide what dictionaries
    /// have for the same words.
    ///
    /// # Errors
    /// The first line that is no entry; nothing is added then.
    pub fn add_entries<'t>(&mut self, text: &'t str) -> Result<usize, LineError<'t>> {
        let read = entries(text).collect::<Result<Vec<_>, _>>()?;
        for entry in &read {
            let known = self.user.entry(spoken::key(entry.word)).or_default();
            if known.iter().all(|phones| phones[..] != *entry.phones) {
                known.push(entry.phones.to_vec());
            }
        }
        Ok(read.len())
    }

    /// The words of `text` and how they are said, in order.
    ///
    /// # Errors
    /// What in it cannot be read, and where.
    pub fn pronounce(&self, text: &str) -> Result<Vec<Word>, ReadError> {
        let mut words = Vec::new();
        for piece in spoken::pieces(text).map_err(|(character, at)| ReadError::Character { character, at })? {
            self.read(&piece, &mut words)?;
        }
        if words.is_empty() { Err(ReadError::Empty) } else { Ok(words) }
    }

    fn read(&self, piece: &Piece, words: &mut Vec<Word>) -> Result<(), ReadError> {
        let text = piece.text.trim_end_matches('-');
        let bare = text.trim_start_matches('-');
        let mut say = |text: &str, pronunciations| {
            words.push(Word { text: text.into(), span: piece.span.clone(), pronunciations });
        };
        if bare.len() < text.len() && bare.starts_with(|c: char| c.is_ascii_digit()) {
            say("minus", self.word("minus", piece, false)?);
        }
        if let Some(listed) = self.listed(bare) {
            say(bare, with_initials(listed, bare, piece.capitals));
            return Ok(());
        }
        for part in bare.split('-') {
            self.read_part(part, piece, &mut say)?;
        }
        Ok(())
    }

    /// What stands between hyphens: initials, a number, or words parted by full stops.
    fn read_part(
        &self,
        part: &str,
        piece: &Piece,
        say: &mut impl FnMut(&str, Vec<Pronunciation>),
    ) -> Result<(), ReadError> {
        if part.contains(|c: char| c.is_ascii_digit()) {
            return self.read_number(part, piece, say);
        }
        let single = |letter: &str| letter.len() == 1 && letter.as_bytes()[0].is_ascii_alphabetic();
        if part.contains('.') && part.split('.').all(single) {
            let listed = self.listed(&alloc::format!("{part}."));
            say(part, listed.unwrap_or_else(|| spelled(part)));
            return Ok(());
        }
        for word in part.split('.') {
            if word.contains(|c: char| c.is_ascii_alphabetic()) {
                say(word, self.word(word, piece, piece.capitals)?);
            }
        }
        Ok(())
    }

    /// Digits, perhaps with letters before, between or behind.
    fn read_number(
        &self,
        text: &str,
        piece: &Piece,
        say: &mut impl FnMut(&str, Vec<Pronunciation>),
    ) -> Result<(), ReadError> {
        let text = without_commas(text);
        let mut rest = &text[..];
        let mut after_point = false;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let letters = |c: char| c.is_ascii_alphabetic() || c == '\'';
            let end = rest
                .find(|c: char| if digits { !c.is_ascii_digit() } else { !letters(c) })
                .unwrap_or(rest.len());
            let (run, behind) = rest.split_at(end.max(1));
            rest = behind;
            if digits {
                let mut said = if after_point {
                    run.chars().flat_map(|digit| spoken::number(digit.encode_utf8(&mut [0; 4]))).collect()
                } else {
                    spoken::number(run)
                };
                let last = said.pop().unwrap_or("zero");
                for word in said {
                    say(word, self.word(word, piece, false)?);
                }
                match rest {
                    "st" | "nd" | "rd" | "th" => {
                        let word = spoken::ordinal(last);
                        say(word, self.word(word, piece, false)?);
                        return Ok(());
                    }
                    "s" | "'s" => {
                        let plural = inflected(self.word(last, piece, false)?);
                        say(&alloc::format!("{last}'s"), plural);
                        return Ok(());
                    }
                    _ => say(last, self.word(last, piece, false)?),
                }
                after_point = rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
                if after_point {
                    say("point", self.word("point", piece, false)?);
                    rest = &rest[1..];
                }
            } else {
                after_point = false;
                let run = run.trim_matches('\'');
                match run.len() {
                    0 => {}
                    1 if run.as_bytes()[0].is_ascii_alphabetic() => say(run, spelled(run)),
                    1 => {}
                    // Short letters at a number are initials: mp3, h264.
                    _ => {
                        let pronunciations = match self.listed(run) {
                            Some(listed) => with_initials(listed, run, piece.capitals),
                            None => self.word(run, piece, run.len() <= INITIALS)?,
                        };
                        say(run, pronunciations);
                    }
                }
            }
        }
        Ok(())
    }

    /// A word of letters and apostrophes; `initials` if it may be such.
    fn word(&self, word: &str, piece: &Piece, initials: bool) -> Result<Vec<Pronunciation>, ReadError> {
        let bare = word.trim_matches('\'');
        if let Some(listed) = self.listed(word).or_else(|| self.listed(bare)) {
            return Ok(with_initials(listed, bare, initials));
        }
        if let Some(stem) = bare.strip_suffix("'s").filter(|stem| !stem.is_empty()) {
            return Ok(inflected(self.word(stem, piece, initials)?));
        }
        let vowels = bare.contains(['a', 'e', 'i', 'o', 'u', 'y']);
        let short = bare.len() <= INITIALS + 2;
        if bare.len() == 1 || short && !vowels || initials && bare.len() <= INITIALS {
            return Ok(spelled(bare));
        }
        let at = piece.span.start;
        if bare.len() > MAX_LETTERS {
            return Err(ReadError::Length { expected: MAX_LETTERS, actual: bare.len(), at });
        }
        let guesses = self.letters.as_ref().and_then(|model| model.guess(bare, self.nbest).ok());
        let all: Vec<Pronunciation> = guesses
            .unwrap_or_default()
            .into_iter()
            .map(|guess| Pronunciation {
                phones: guess.phones,
                log_weight: guess.log_probability,
                source: Source::Letters,
            })
            .collect();
        if all.is_empty() { Err(ReadError::Unknown { word: bare.into(), at }) } else { Ok(all) }
    }

    fn listed(&self, word: &str) -> Option<Vec<Pronunciation>> {
        let (all, source) = match self.user.get(word) {
            Some(all) => (all.clone(), Source::User),
            None => {
                let found = self.dictionaries.iter().find_map(|dictionary| dictionary.get(word))?;
                (found.map(|phones| phones.to_vec()).collect(), Source::Dictionary)
            }
        };
        let equal = |phones| Pronunciation { phones, log_weight: 0.0, source };
        Some(weighed(all.into_iter().map(equal).collect()))
    }
}

/// The same weight for all.
fn weighed(mut all: Vec<Pronunciation>) -> Vec<Pronunciation> {
    let log_weight = -libm::logf(all.len() as f32);
    all.iter_mut().for_each(|one| one.log_weight = log_weight);
    all
}

/// The names of the letters of `word`; other characters are silent.
fn spelled(word: &str) -> Vec<Pronunciation> {
    let names = word.bytes().filter_map(spoken::letter_name).flat_map(str::split_whitespace);
    let phones = names.filter_map(|name| name.parse().ok()).collect();
    Vec::from([Pronunciation { phones, log_weight: 0.0, source: Source::Spelled }])
}

/// Short words in capitals may be meant as initials, except where the user says how they are said.
fn with_initials(mut listed: Vec<Pronunciation>, word: &str, capitals: bool) -> Vec<Pronunciation> {
    let letters = (2..=INITIALS).contains(&word.len()) && word.bytes().all(|c| c.is_ascii_alphabetic());
    if capitals && letters && listed.iter().all(|one| one.source != Source::User) {
        let new = spelled(word);
        if listed.iter().all(|one| one.phones != new[0].phones) {
            listed.extend(new);
            return weighed(listed);
        }
    }
    listed
}

/// With the ending of plurals and possessives.
fn inflected(mut all: Vec<Pronunciation>) -> Vec<Pronunciation> {
    for one in &mut all {
        let ending = match one.phones.last() {
            Some(last) if last.is_sibilant() => "IH Z",
            Some(last) if last.is_voiceless() => "S",
            _ => "Z",
        };
        one.phones.extend(ending.split(' ').filter_map(|name| name.parse::<Phone>().ok()));
    }
    all
}

/// `1,000` without the comma; any other comma parts numbers.
fn without_commas(text: &str) -> String {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let thousands = (1..=3).contains(&first.len())
        && groups.all(|group| {
            let digits = group.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            digits.len() == 3
        });
    text.replace(',', if thousands { "" } else { " " })
}
