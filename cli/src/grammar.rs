//! Grammars from files, and the English they are spoken in.

use crate::{UsageError, input, output};
use earnest::Storage;
use earnest::intent::{
    Compiled, Confusions, Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, List, ListImage,
    compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The CMU dictionary, letters to phones, and the acoustic model. Each has a card in `models/`.
const ENGLISH: &[u8] = include_bytes!("../../models/lexicon-en.bin");
const LETTERS: &[u8] = include_bytes!("../../models/g2p-en.bin");
const ACOUSTIC: &[u8] = include_bytes!("../../models/phones-m.int8.ear");
/// Paths at a time, and frames of 20 ms that a command may have.
const PATHS: usize = 8192;
const FRAMES: usize = 1600;

fn wrong(error: impl Display) -> UsageError {
    UsageError(error.to_string())
}

/// What may be said.
pub(crate) struct Sayable {
    /// For messages.
    file: String,
    pub(crate) grammar: Grammar,
}

/// The grammar in `file`. `lists` take the place of its own, one value a line; `from` is where they were named.
pub(crate) fn read(
    file: &Path,
    lists: &[(String, PathBuf)],
    from: &dyn Display,
) -> Result<Sayable, UsageError> {
    let text = input::text(file)?;
    let file = file.display().to_string();
    // Rhino's contexts have one key, and Home Assistant's files never have that.
    let rhino = text.lines().any(|line| line.trim_end() == "context:");
    let grammar = if rhino { Grammar::from_rhino(&file, &text) } else { Grammar::from_yaml(&file, &text) };
    let mut grammar = grammar.map_err(wrong)?;
    for (name, file) in lists {
        if !grammar.lists.contains_key(name) {
            let known: Vec<&str> = grammar.lists.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            return Err(UsageError(format!(
                "{from} {name}: {} has no list of that name; its lists: {known}",
                grammar.file
            )));
        }
        let text = input::text(file)?;
        grammar
            .lists
            .insert(name.clone(), List::of(text.lines().map(str::trim).filter(|line| !line.is_empty())));
    }
    Ok(Sayable { file, grammar })
}

impl Sayable {
    /// A grammar from elsewhere, which messages call `file`.
    pub(crate) fn of(file: &str, grammar: Grammar) -> Sayable {
        Sayable { file: file.into(), grammar }
    }

    /// Its images.
    pub(crate) fn compiled(&self, lexicon: &Lexicon<'_>) -> Result<Compiled, UsageError> {
        let compiled = compile(&self.grammar, lexicon).map_err(wrong)?;
        if compiled.left_out > 0 {
            output::message(&format!(
                "{}: {} sentences with wildcards are left out",
                self.file, compiled.left_out
            ));
        }
        Ok(compiled)
    }

    /// A decoder of it, with room for long commands.
    pub(crate) fn decoder(&self, lexicon: &Lexicon<'_>) -> Result<Decoder<'static>, UsageError> {
        let compiled = self.compiled(lexicon)?;
        let image = GrammarImage::new(compiled.grammar).map_err(wrong)?;
        let lists: Result<Vec<ListImage>, _> = compiled.lists.into_iter().map(ListImage::new).collect();
        let lists = Storage::Owned(lists.map_err(wrong)?.into_boxed_slice());
        let memory = DecoderMemory::owned(PATHS, FRAMES);
        let decoder = Decoder::new(DecoderConfig::default(), image, lists, memory).map_err(wrong)?;
        Ok(decoder.with_confusions(Confusions::phones_m()))
    }
}

/// The names of it all.
pub(crate) fn image(compiled: &Compiled) -> Result<GrammarImage<'_>, UsageError> {
    GrammarImage::new(&compiled.grammar[..]).map_err(wrong)
}

/// How English is pronounced.
pub(crate) fn lexicon() -> Result<Lexicon<'static>, UsageError> {
    Ok(Lexicon::new(LexiconConfig::default())
        .map_err(wrong)?
        .with_dictionary(Dictionary::new(ENGLISH).map_err(wrong)?)
        .with_dictionary(Dictionary::new(CORE).map_err(wrong)?)
        .with_letters(G2p::new(LETTERS).map_err(wrong)?))
}

/// The acoustic model.
pub(crate) fn acoustic_model() -> Result<Net<'static>, UsageError> {
    Ok(Net::owned(Model::new(ACOUSTIC.to_vec()).map_err(wrong)?))
}
