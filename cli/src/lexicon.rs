//! `earnest lexicon`: how words are said.

use crate::term::{Colour, Term};
use crate::{Outcome, UsageError, input, output};
use earnest::lexicon::{
    CORE, Dictionary, DictionaryBuilder, G2p, Lexicon, LexiconConfig, Pronunciation, Source, Word, entries,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The CMU dictionary. How it was made: `models/lexicon-en.card.md`.
const ENGLISH: &[u8] = include_bytes!("../../models/lexicon-en.bin");
/// Letters to phones, trained on it.
const LETTERS: &[u8] = include_bytes!("../../models/g2p-en.bin");

/// Say how words are pronounced: each word's pronunciations, where they are from, and their weight
///
/// Your own entries come first, then the dictionary, then letters: names and invented words are pronounced too.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Phrases; numbers and initials are read as they are said
    #[arg(required_unless_present = "pack")]
    text: Vec<String>,
    /// Most pronunciations of a word that is known by its letters only
    #[arg(long, value_name = "N", default_value_t = 3)]
    nbest: usize,
    /// Your own entries, in the format of the CMU dictionary; they hide what the dictionary has
    #[arg(long, value_name = "FILE")]
    dict: Vec<PathBuf>,
    /// Pronounce by letters alone, without the bundled dictionary
    #[arg(long)]
    letters: bool,
    /// Another image instead of the bundled model of letters
    #[arg(long, value_name = "FILE")]
    letters_model: Option<PathBuf>,
    /// Write the entries of --dict as an image, instead of pronouncing
    #[arg(long, value_name = "FILE", requires = "dict", conflicts_with_all = ["text", "letters", "letters_model"])]
    pack: Option<PathBuf>,
    /// With --pack: only the words in this list, parted by white space; # begins a comment
    #[arg(long, value_name = "FILE", requires = "pack")]
    only: Option<PathBuf>,
    /// One JSON object a line: one per word
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Word { text: &'a str, word: &'a str, start: usize, end: usize, pronunciations: Vec<Said> },
    Packed { file: String, words: usize, pronunciations: usize, bytes: usize, left_out: usize },
}

#[derive(Serialize)]
struct Said {
    phones: String,
    source: &'static str,
    weight: f32,
}

impl From<&Pronunciation> for Said {
    fn from(from: &Pronunciation) -> Said {
        let phones: Vec<&str> = from.phones.iter().map(|phone| phone.name()).collect();
        Said { phones: phones.join(" "), source: source(from.source), weight: from.log_weight.exp() }
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::User => "user",
        Source::Dictionary => "dictionary",
        Source::Letters => "letters",
        _ => "spelled",
    }
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    match &args.pack {
        Some(file) => pack(args, file),
        None => pronounce(args),
    }
}

/// What comes with the program: the dictionary and the model of letters, and the dictionary alone.
pub(crate) fn bundled() -> Result<(Lexicon<'static>, Dictionary<'static>), UsageError> {
    let failed = |error| UsageError(format!("the bundled dictionary: {error}"));
    let dictionary = Dictionary::new(ENGLISH).map_err(failed)?;
    let letters = G2p::new(LETTERS).map_err(|error| UsageError(format!("the bundled model: {error}")))?;
    let lexicon = Lexicon::new(LexiconConfig::default())
        .map_err(|error| UsageError(error.to_string()))?
        .with_dictionary(dictionary.clone())
        .with_dictionary(Dictionary::new(CORE).map_err(failed)?)
        .with_letters(letters);
    Ok((lexicon, dictionary))
}

fn lexicon(args: &Args) -> Result<Lexicon<'static>, UsageError> {
    let bundled = |error| UsageError(format!("the bundled dictionary: {error}"));
    let mut lexicon = Lexicon::new(LexiconConfig { nbest: args.nbest })
        .map_err(|error| UsageError(format!("--{error}")))?;
    for file in &args.dict {
        let text = input::text(file)?;
        lexicon.add_entries(&text).map_err(|error| UsageError(format!("{}, {error}", file.display())))?;
    }
    if !args.letters {
        lexicon = lexicon
            .with_dictionary(Dictionary::new(ENGLISH).map_err(bundled)?)
            .with_dictionary(Dictionary::new(CORE).map_err(bundled)?);
    }
    let model = match &args.letters_model {
        None => G2p::new(LETTERS).map_err(|error| UsageError(format!("the bundled model: {error}")))?,
        Some(file) => {
            let failed = |what: &dyn std::fmt::Display| UsageError(format!("{}: {what}", file.display()));
            let bytes = fs::read(file).map_err(|error| failed(&format_args!("cannot be read: {error}")))?;
            G2p::new(bytes).map_err(|error| failed(&format_args!("not a model of letters: {error}")))?
        }
    };
    Ok(lexicon.with_letters(model))
}

fn pronounce(args: &Args) -> Result<Outcome, UsageError> {
    let lexicon = lexicon(args)?;
    let mut outcome = Outcome::Done;
    for text in &args.text {
        match lexicon.pronounce(text) {
            Ok(words) => words.iter().for_each(|word| tell(text, word, args.json)),
            Err(error) => {
                output::error(&format_args!("`{text}`: {error}"));
                outcome = Outcome::SomeFailed;
            }
        }
    }
    Ok(outcome)
}

fn tell(text: &str, word: &Word, json: bool) {
    let said: Vec<Said> = word.pronunciations.iter().map(Said::from).collect();
    if json {
        let (start, end) = (word.span.start, word.span.end);
        return output::json(&Line::Word { text, word: &word.text, start, end, pronunciations: said });
    }
    let term = Term::stdout();
    for (n, said) in said.iter().enumerate() {
        let name = if n == 0 { word.text.as_str() } else { "" };
        let source = format!("{:>3.0} %  {}", 100.0 * said.weight, said.source);
        output::line(&format!(
            "{}  {:<40} {}",
            term.paint(Colour::Bold, &format!("{name:<16}")),
            said.phones,
            term.paint(Colour::Dim, &source)
        ));
    }
}

fn pack(args: &Args, file: &Path) -> Result<Outcome, UsageError> {
    let only = args.only.as_deref().map(input::text).transpose()?;
    let wanted: Option<BTreeSet<String>> = only.as_ref().map(|text| {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        lines.flat_map(str::split_whitespace).map(str::to_lowercase).collect()
    });
    let mut builder = DictionaryBuilder::new();
    let (mut found, mut left_out) = (BTreeSet::new(), 0);
    for source in &args.dict {
        let text = input::text(source)?;
        for entry in entries(&text) {
            let entry = entry.map_err(|error| UsageError(format!("{}, {error}", source.display())))?;
            let word = entry.word.to_lowercase();
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&word)) {
                continue;
            }
            if let Err(error) = builder.add(&word, &entry.phones) {
                left_out += 1;
                output::message(&format!("{}, line {}: left out: {error}", source.display(), entry.line));
            }
            found.insert(word);
        }
    }
    for word in wanted.iter().flatten().filter(|word| !found.contains(*word)) {
        left_out += 1;
        output::message(&format!("{word}: left out: no pronunciation for it"));
    }
    let image = builder.to_image();
    let dictionary = Dictionary::new(&image[..])
        .map_err(|error| UsageError(format!("what was packed is no image: {error}")))?;
    output::file(file, &image)?;
    let (words, pronunciations) = (dictionary.words(), dictionary.pronunciations());
    if args.json {
        let file = file.display().to_string();
        output::json(&Line::Packed { file, words, pronunciations, bytes: image.len(), left_out });
    } else {
        let bytes = image.len();
        output::line(&format!(
            "{}: {words} words, {pronunciations} pronunciations, {bytes} bytes",
            file.display()
        ));
    }
    Ok(Outcome::Done)
}
