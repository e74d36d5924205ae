//! Wake phrases: which engines there are, models from files, and phrases from text.

use crate::{UsageError, lexicon};
use clap::ValueEnum;
use earnest::Storage;
use earnest::eval::digest;
use earnest::eval::events::{Events, Told};
use earnest::eval::result::SubjectId;
use earnest::eval::run::EvalError;
use earnest::eval::subject::{Chain, Decides, Subject};
use earnest::frontend::MelFrame;
use earnest::nn::{Model, Net};
use earnest::pipeline::PipelineConfig;
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest::spotter::phonetic::{Background, PhoneticConfig, PhoneticSpotter, PhraseCompiler, PhraseSet};
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest::spotter::{Detection, KeywordSpotter};
use earnest::vad::VadFrame;
use std::fs;
use std::path::Path;
use std::sync::Arc;

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
    /// A small network trained for one phrase
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
            Engine::Net | Engine::Phonetic | Engine::Template => Ok(()),
            _ => Err(UsageError(format!(
                "engine `{}` is not in this version; there are: phonetic (a phrase typed as text, used with --phrase), \
                 template (a phrase enrolled from recordings with `earnest enroll`) and net (a network trained for a \
                 phrase), both used with --model",
                self.name()
            ))),
        }
    }
}

/// A spotter of any engine.
pub(crate) enum Spotter {
    Net(Box<NetSpotter<'static>>),
    Template(Box<TemplateSpotter<'static>>),
    Phonetic(Box<PhoneticSpotter<'static>>),
}

impl Spotter {
    /// As [`KeywordSpotter::process`], but tells of every phrase that was found in this frame.
    pub(crate) fn process_all(&mut self, frame: &MelFrame, vad: &VadFrame, mut tell: impl FnMut(Detection)) {
        match self {
            Spotter::Net(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            Spotter::Template(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            Spotter::Phonetic(spotter) => spotter.process_all(frame, vad, &mut tell),
        }
    }

    /// Running score of one of its phrases.
    pub(crate) fn phrase_score(&self, phrase: usize) -> f32 {
        match self {
            Spotter::Net(spotter) => spotter.score(),
            Spotter::Template(spotter) => spotter.score(),
            Spotter::Phonetic(spotter) => spotter.phrase_score(phrase),
        }
    }
}

impl KeywordSpotter for Spotter {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        match self {
            Spotter::Net(spotter) => spotter.process(frame, vad),
            Spotter::Template(spotter) => spotter.process(frame, vad),
            Spotter::Phonetic(spotter) => spotter.process(frame, vad),
        }
    }

    fn score(&self) -> f32 {
        match self {
            Spotter::Net(spotter) => spotter.score(),
            Spotter::Template(spotter) => spotter.score(),
            Spotter::Phonetic(spotter) => spotter.score(),
        }
    }

    fn reset(&mut self) {
        match self {
            Spotter::Net(spotter) => spotter.reset(),
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

    /// The model `image`, a network or an enrolled phrase as it says itself; `name` is only for errors.
    pub(crate) fn parse(name: &str, image: Vec<u8>, threshold: Option<f32>) -> Result<Wake, UsageError> {
        if image.starts_with(&Model::MAGIC) {
            Wake::net(name, image, threshold)
        } else {
            Wake::template(name, image, threshold)
        }
    }

    fn net(name: &str, image: Vec<u8>, threshold: Option<f32>) -> Result<Wake, UsageError> {
        let model = NetModel::parse(image)
            .map_err(|error| UsageError(format!("model {name}: no network for a wake phrase: {error}")))?;
        let phrase = model.phrase().to_string();
        let score = threshold.unwrap_or(model.threshold());
        let near_miss = near_miss(NetConfig::default().near_miss, score);
        let config = NetConfig { threshold, near_miss, ..NetConfig::default() };
        let memory = Storage::owned(NetSpotter::required_words(&model));
        let spotter = NetSpotter::new(config, model, memory)
            .map_err(|error| UsageError(format!("model {name}: {error}")))?;
        let spotter = Spotter::Net(Box::new(spotter));
        Ok(Wake { phrases: vec![phrase], engine: Engine::Net, threshold: score, spotter })
    }

    fn template(name: &str, image: Vec<u8>, threshold: Option<f32>) -> Result<Wake, UsageError> {
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

/// What an evaluation judges: every thread makes its own.
pub(crate) struct Judged {
    pub(crate) id: SubjectId,
    pub(crate) phrase: String,
    pub(crate) make: Box<dyn Fn() -> Result<Box<dyn Subject>, EvalError> + Send + Sync>,
}

impl Judged {
    /// The model in `file` in a chain of `pipeline`. `threshold` is what it is used with, if not the model's own.
    pub(crate) fn load(
        file: &Path,
        pipeline: PipelineConfig,
        threshold: Option<f32>,
    ) -> Result<Judged, UsageError> {
        let name = file.display().to_string();
        let image =
            fs::read(file).map_err(|error| UsageError(format!("model {name}: cannot be read: {error}")))?;
        let Wake { phrases, engine, threshold, .. } = Wake::parse(&name, image.clone(), threshold)?;
        let phrase = phrases.into_iter().next().unwrap_or_default();
        let vad = pipeline.vad;
        let id = SubjectId {
            engine: engine.name().into(),
            model: file.file_name().map(|name| name.to_string_lossy().into_owned()),
            digest: Some(digest(&image)),
            threshold: Some(threshold),
            settings: [
                ("vad.threshold", vad.threshold.to_string()),
                ("vad.onset_frames", vad.onset_frames.to_string()),
                ("vad.hangover_frames", vad.hangover_frames.to_string()),
            ]
            .map(|(name, value)| (name.to_string(), value))
            .into(),
        };
        let make = move || {
            let failed = |error: &dyn std::fmt::Display| EvalError::Subject {
                problem: format!("model {name}: {error}"),
            };
            let model = TemplateModel::parse(image.clone()).map_err(|error| failed(&error))?;
            // Everything is told, and the scorer chooses.
            let config = TemplateConfig { threshold: Some(1.0), near_miss: 1.0, refractory_ms: 0 };
            let state = Storage::owned(model.required_state());
            let spotter = TemplateSpotter::new(config, model, state).map_err(|error| failed(&error))?;
            let chain =
                Chain::new(pipeline, spotter, Decides::ByDetection).map_err(|error| failed(&error))?;
            Ok(Box::new(chain) as Box<dyn Subject>)
        };
        Ok(Judged { id, phrase, make: Box::new(make) })
    }

    /// What another engine told.
    pub(crate) fn told(file: &Path, pad_s: f64, phrase: &str) -> Result<Judged, UsageError> {
        let events = Events::read(file, pad_s).map_err(|error| UsageError(error.to_string()))?;
        let id = SubjectId {
            engine: events.engine.clone().unwrap_or_else(|| "events".into()),
            model: file.file_name().map(|name| name.to_string_lossy().into_owned()),
            digest: Some(events.digest.clone()),
            threshold: None,
            // What it cost nobody here knows.
            settings: [("heard".to_string(), "elsewhere".to_string())].into(),
        };
        let events = Arc::new(events);
        let make = move || Ok(Box::new(Told::new(events.clone())) as Box<dyn Subject>);
        Ok(Judged { id, phrase: phrase.into(), make: Box::new(make) })
    }
}
