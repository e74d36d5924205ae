//! Wake phrases: which engines there are, models from files, and phrases from text.

use crate::{UsageError, lexicon};
use clap::ValueEnum;
use earnest::Storage;
use earnest::frontend::MelFrame;
use earnest::nn::{Model, Net};
use earnest::spotter::phonetic::{Background, PhoneticConfig, PhoneticSpotter, PhraseCompiler, PhraseSet};
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest::spotter::{Detection, KeywordSpotter};
use earnest::vad::VadFrame;
use std::fs;
use std::path::Path;

/// An acoustic model where its words can be read in place.
#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

/// Phones from sound: `models/phones-m.card.md`.
static PHONES: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/phones-m.int8.ear"));

/// What it says about speech that is not for the device.
const BACKGROUND: &[u8] = include_bytes!("../../models/background-m.bin");

/// Names of the engines.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Engine {
    /// A small network trained for one phrase (not in this version)
    Net,
    /// A phrase typed as text, without training
    Phonetic,
    /// A phrase enrolled from recordings
    Template,
    /// A model that runs in ONNX (not in this version)
    Onnx,
    /// A cheap engine in front of a careful one (not in this version)
    Cascade,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Net => "net",
            Engine::Phonetic => "phonetic",
            Engine::Template => "template",
            Engine::Onnx => "onnx",
            Engine::Cascade => "cascade",
        }
    }

    /// An error unless this version has the engine.
    pub(crate) fn check(self) -> Result<(), UsageError> {
        match self {
            Engine::Template | Engine::Phonetic => Ok(()),
            _ => Err(UsageError(format!(
                "engine `{}` is not in this version; there are: template (a phrase enrolled from recordings with \
                 `earnest enroll`, used with --model) and phonetic (a phrase typed as text, used with --phrase)",
                self.name()
            ))),
        }
    }
}

/// A spotter of any engine.
pub(crate) enum Spotter {
    Template(Box<TemplateSpotter<'static>>),
    Phonetic(Box<PhoneticSpotter<'static>>),
}

impl Spotter {
    /// As [`KeywordSpotter::process`], but tells of every phrase that was found in this frame.
    pub(crate) fn process_all(&mut self, frame: &MelFrame, vad: &VadFrame, mut tell: impl FnMut(Detection)) {
        match self {
            Spotter::Template(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            Spotter::Phonetic(spotter) => spotter.process_all(frame, vad, &mut tell),
        }
    }

    /// Running score of one of its phrases.
    pub(crate) fn phrase_score(&self, phrase: usize) -> f32 {
        match self {
            Spotter::Template(spotter) => spotter.score(),
            Spotter::Phonetic(spotter) => spotter.phrase_score(phrase),
        }
    }
}

impl KeywordSpotter for Spotter {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        match self {
            Spotter::Template(spotter) => spotter.process(frame, vad),
            Spotter::Phonetic(spotter) => spotter.process(frame, vad),
        }
    }

    fn score(&self) -> f32 {
        match self {
            Spotter::Template(spotter) => spotter.score(),
            Spotter::Phonetic(spotter) => spotter.score(),
        }
    }

    fn reset(&mut self) {
        match self {
            Spotter::Template(spotter) => spotter.reset(),
            Spotter::Phonetic(spotter) => spotter.reset(),
        }
    }
}

/// Wake phrases and the spotter that listens for them.
pub(crate) struct Wake {
    /// At least one; [`Detection::phrase`] counts in their order.
    pub(crate) phrases: Vec<String>,
    pub(crate) engine: Engine,
    /// Score to wake at.
    pub(crate) threshold: f32,
    pub(crate) spotter: Spotter,
}

impl Wake {
    /// The model in `file`; `threshold` overrides the model's.
    pub(crate) fn load(file: &Path, threshold: Option<f32>) -> Result<Wake, UsageError> {
        let name = file.display();
        let image =
            fs::read(file).map_err(|error| UsageError(format!("model {name}: cannot be read: {error}")))?;
        Wake::parse(&name.to_string(), image, threshold)
    }

    /// The model `image`; `name` is only for errors.
    pub(crate) fn parse(name: &str, image: Vec<u8>, threshold: Option<f32>) -> Result<Wake, UsageError> {
        let model = TemplateModel::parse(image)
            .map_err(|error| UsageError(format!("model {name}: not a wake phrase: {error}")))?;
        let phrase = model.phrase().to_string();
        let score = threshold.unwrap_or(model.threshold());
        let near_miss = near_miss(TemplateConfig::default().near_miss, score);
        let config = TemplateConfig { threshold, near_miss, ..TemplateConfig::default() };
        let state = Storage::owned(model.required_state());
        let spotter = TemplateSpotter::new(config, model, state)
            .map_err(|error| UsageError(format!("model {name}: {error}")))?;
        let spotter = Spotter::Template(Box::new(spotter));
        Ok(Wake { phrases: vec![phrase], engine: Engine::Template, threshold: score, spotter })
    }

    /// Phrases as they were typed; `sounds_like`: more that sounds like them and must not wake.
    pub(crate) fn typed(
        phrases: &[String],
        sounds_like: &[String],
        threshold: f32,
    ) -> Result<Wake, UsageError> {
        let (lexicon, dictionary) = lexicon::bundled()?;
        let mut compiler = PhraseCompiler::new();
        for phrase in phrases {
            let failed = |error| UsageError(format!("--phrase {phrase:?}: {error}"));
            compiler.add(phrase, threshold, &lexicon).map_err(failed)?;
            compiler.find_rivals(&dictionary);
            for other in sounds_like {
                let failed = |error| UsageError(format!("--sounds-like {other:?}: {error}"));
                compiler.add_rival(other, &lexicon).map_err(failed)?;
            }
        }
        compiler.calibrate(&background()?).map_err(|error| UsageError(format!("--phrase: {error}")))?;
        let image = compiler.to_image().map_err(|error| UsageError(format!("--phrase: {error}")))?;
        let config = PhoneticConfig {
            near_miss: near_miss(PhoneticConfig::default().near_miss, threshold),
            ..PhoneticConfig::default()
        };
        let spotter = Spotter::Phonetic(Box::new(phonetic(config, image)?));
        Ok(Wake { phrases: phrases.to_vec(), engine: Engine::Phonetic, threshold, spotter })
    }

    /// The phrase of a detection.
    pub(crate) fn phrase(&self, detection: &Detection) -> &str {
        self.phrases.get(usize::from(detection.phrase)).map_or("", String::as_str)
    }
}

/// The bundled background.
pub(crate) fn background() -> Result<Background<'static>, UsageError> {
    Background::parse(BACKGROUND).map_err(|error| UsageError(format!("the bundled background: {error}")))
}

/// With a threshold near zero nearly everything would be near it.
fn near_miss(usual: f32, threshold: f32) -> f32 {
    usual.min(0.5 * threshold)
}

/// The phonetic spotter of an image of phrases, with the bundled acoustic model.
pub(crate) fn phonetic(
    config: PhoneticConfig,
    image: Vec<u8>,
) -> Result<PhoneticSpotter<'static>, UsageError> {
    let bundled = |error: &dyn std::fmt::Display| UsageError(format!("the bundled acoustic model: {error}"));
    let set = PhraseSet::parse(image).map_err(|error| UsageError(format!("phrases: {error}")))?;
    let net = Net::owned(Model::new(&PHONES.0).map_err(|error| bundled(&error))?);
    let tokens = Storage::owned(PhoneticSpotter::required_tokens(&set));
    let history = Storage::owned(PhoneticSpotter::required_history(&set));
    PhoneticSpotter::new(config, net, set, tokens, history).map_err(|error| bundled(&error))
}

/// A score on the command line: 0 to 1.
pub(crate) fn score(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        Ok(score) => Err(format!("{score}, expected 0 to 1")),
        Err(_) => Err("expected a number, 0 to 1".into()),
    }
}
