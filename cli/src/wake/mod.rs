//! Wake phrases: which engines there are, models from files, and phrases from text.

mod judged;
mod micro;
#[cfg(feature = "onnx")]
mod onnx;
mod spotter;

use crate::{UsageError, lexicon, output};
use clap::ValueEnum;
use earnest::eval::stats::{Level, Rate};
use earnest::spotter::Detection;
use earnest::spotter::net::NetModel;
use earnest::spotter::phonetic::{Background, PhraseCompiler};
use serde::Deserialize;
use std::fmt::Display;
use std::fs;
use std::path::Path;

pub(crate) use judged::Judged;
pub(crate) use spotter::{Source, Spotter, Tells};

/// What the bundled acoustic model says about speech that is not for the device.
const BACKGROUND: &[u8] = include_bytes!("../../../models/background-m.bin");

/// Said of models in ONNX where there is no tract.
const NO_ONNX: &str = "engine `onnx` is not in this build: build it with `--features onnx`";

/// Names of the engines.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Engine {
    /// A small network trained for one phrase
    Net,
    /// A phrase typed as text, without training
    Phonetic,
    /// A phrase enrolled from recordings
    Template,
    /// A model in ONNX, with a TOML file beside it (needs a build with the feature `onnx`)
    Onnx,
    /// A network trained for a phrase, and the phrase as text to check what it finds
    Cascade,
    /// A model of microWakeWord's (.tflite), with its JSON manifest beside it
    Micro,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Net => "net",
            Engine::Phonetic => "phonetic",
            Engine::Template => "template",
            Engine::Onnx => "onnx",
            Engine::Cascade => "cascade",
            Engine::Micro => "micro",
        }
    }

    /// An error unless this build has the engine.
    pub(crate) fn check(self) -> Result<(), UsageError> {
        match self {
            Engine::Onnx if !cfg!(feature = "onnx") => Err(UsageError(NO_ONNX.into())),
            _ => Ok(()),
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
    /// The model `image`, a network or an enrolled phrase as it says itself; `name` is only for errors.
    pub(crate) fn parse(name: &str, image: Vec<u8>, threshold: Option<f32>) -> Result<Wake, UsageError> {
        Wake::new(&Source::of_model(name, image), threshold)
    }

    /// Whatever there is to listen for; `threshold` overrides its own.
    pub(crate) fn new(source: &Source, threshold: Option<f32>) -> Result<Wake, UsageError> {
        let (spotter, phrases, threshold) = source.spotter(Tells::From(threshold))?;
        Ok(Wake { phrases, engine: source.engine, threshold, spotter })
    }

    /// The phrase of a detection.
    pub(crate) fn phrase(&self, detection: &Detection) -> &str {
        self.phrases.get(usize::from(detection.phrase)).map_or("", String::as_str)
    }
}

impl Source {
    /// The model in `file`.
    pub(crate) fn read(file: &Path) -> Result<Source, UsageError> {
        let name = file.display();
        let image =
            fs::read(file).map_err(|error| UsageError(format!("model {name}: cannot be read: {error}")))?;
        let is = |wanted: &str| file.extension().is_some_and(|extension| extension == wanted);
        if is("tflite") || image.get(4..8) == Some(b"TFL3") {
            let micro = Some(Box::new(micro::Micro::read(file)?));
            return Ok(Source { engine: Engine::Micro, micro, ..Source::of_model(&name.to_string(), image) });
        }
        if !is("onnx") {
            return Ok(Source::of_model(&name.to_string(), image));
        }
        #[cfg(feature = "onnx")]
        {
            let onnx = Some(Box::new(onnx::Onnx::read(file, &image)?));
            Ok(Source { engine: Engine::Onnx, onnx, ..Source::of_model(&name.to_string(), image) })
        }
        #[cfg(not(feature = "onnx"))]
        Err(UsageError(format!("model {name}: {NO_ONNX}")))
    }

    /// The model in `file` for `engine`, its own if that is `None`.
    pub(crate) fn read_for(file: &Path, engine: Option<Engine>) -> Result<Source, UsageError> {
        let source = Source::read(file)?;
        match engine {
            Some(Engine::Cascade) => source.checked(),
            Some(wanted) if wanted != source.engine => {
                wanted.check()?;
                let (file, engine) = (file.display(), source.engine.name());
                Err(UsageError(format!("model {file}: it is for engine `{engine}`")))
            }
            _ => Ok(source),
        }
    }

    /// The same network with its phrase as text behind it.
    fn checked(self) -> Result<Source, UsageError> {
        let name = &self.name;
        if self.engine != Engine::Net {
            let found = self.engine.name();
            return Err(UsageError(format!(
                "model {name}: engine `cascade` checks networks, and this is for engine `{found}`"
            )));
        }
        let failed = |error: &dyn Display| UsageError(format!("model {name}: {error}"));
        let phrase = NetModel::parse(&self.image[..]).map_err(|error| failed(&error))?.phrase().to_string();
        let (lexicon, dictionary) = lexicon::bundled()?;
        let mut compiler = PhraseCompiler::new();
        compiler.add(&phrase, 1.0, &lexicon).map_err(|error| failed(&format_args!("{phrase:?}: {error}")))?;
        compiler.add_accents().find_rivals(&dictionary);
        let check = compiler.to_image().map_err(|error| failed(&format_args!("{phrase:?}: {error}")))?;
        Ok(Source { engine: Engine::Cascade, check, ..self })
    }

    /// The score that negative audio was counted to reach at most `per_hour` times an hour, by the curve of a network.
    pub(crate) fn score_for(&self, per_hour: f32) -> Result<f32, UsageError> {
        let name = &self.name;
        let problem = |what: String| UsageError(format!("model {name}: --fa-per-hour {per_hour}: {what}"));
        if self.engine == Engine::Onnx {
            return Err(problem("a model in ONNX has no curve of false accepts; use --threshold".into()));
        }
        if self.engine == Engine::Micro {
            return Err(problem(
                "a model of microWakeWord's has no curve of false accepts; use --threshold".into(),
            ));
        }
        if !matches!(self.engine, Engine::Net | Engine::Cascade) {
            return Err(problem("an enrolled phrase has no curve of false accepts; use --threshold".into()));
        }
        let model =
            NetModel::parse(&self.image[..]).map_err(|error| UsageError(format!("model {name}: {error}")))?;
        let curve = match self.engine {
            Engine::Cascade => model.check_curve(),
            _ => model.curve(),
        };
        let curve =
            curve.ok_or_else(|| problem("it has no curve of false accepts; use --threshold".into()))?;
        let Some(point) = curve.for_rate(per_hour.into()) else {
            let least = curve.points().last().map_or(0, |point| point.count);
            return Err(problem(format!("{least} in {:.2} h is the least that was counted", curve.hours())));
        };
        let counted = Rate { events: point.count.into(), hours: point.hours };
        let most = counted.upper(Level::P95);
        if most > per_hour.into() {
            output::message(&format!(
                "{name}: {} false accepts were counted in {:.2} h at score {:.3}: with 95 % confidence that is at \
                 most {most:.2} an hour, not {per_hour}",
                point.count, point.hours, point.score
            ));
        }
        Ok(point.score)
    }

    /// Phrases as they were typed; `sounds_like`: more that sounds like them and must not wake.
    pub(crate) fn typed(
        phrases: &[String],
        sounds_like: &[String],
        threshold: f32,
    ) -> Result<Source, UsageError> {
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
        Ok(Source { engine: Engine::Phonetic, ..Source::of_model(&phrases.join(", "), image) })
    }
}

/// The bundled background.
pub(crate) fn background() -> Result<Background<'static>, UsageError> {
    Background::parse(BACKGROUND).map_err(|error| UsageError(format!("the bundled background: {error}")))
}

/// A score on the command line: 0 to 1.
pub(crate) fn score(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        Ok(score) => Err(format!("{score}, expected 0 to 1")),
        Err(_) => Err("expected a number, 0 to 1".into()),
    }
}
