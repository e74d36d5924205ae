//! Wake phrases: which engines there are, and models from files.

use crate::UsageError;
use clap::ValueEnum;
use earnest::Storage;
use earnest::eval::digest;
use earnest::eval::events::{Events, Told};
use earnest::eval::result::SubjectId;
use earnest::eval::run::EvalError;
use earnest::eval::subject::{Chain, Decides, Subject};
use earnest::pipeline::PipelineConfig;
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Names of the engines.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Engine {
    /// A small network trained for one phrase (not in this version)
    Net,
    /// A phrase typed as text (not in this version)
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
            Engine::Template => Ok(()),
            _ => Err(UsageError(format!(
                "engine `{}` is not in this version; there is: template (a phrase enrolled from recordings with \
                 `earnest enroll`, used with --model)",
                self.name()
            ))),
        }
    }
}

/// A wake phrase and the spotter that listens for it.
pub(crate) struct Wake {
    pub(crate) phrase: String,
    pub(crate) engine: Engine,
    /// Score to wake at.
    pub(crate) threshold: f32,
    pub(crate) spotter: TemplateSpotter<'static>,
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
        // With a threshold near zero nearly everything would be near it.
        let near_miss = TemplateConfig::default().near_miss.min(0.5 * score);
        let config = TemplateConfig { threshold, near_miss, ..TemplateConfig::default() };
        let state = Storage::owned(model.required_state());
        let spotter = TemplateSpotter::new(config, model, state)
            .map_err(|error| UsageError(format!("model {name}: {error}")))?;
        Ok(Wake { phrase, engine: Engine::Template, threshold: score, spotter })
    }
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
        let Wake { phrase, engine, threshold, .. } = Wake::parse(&name, image.clone(), threshold)?;
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
