//! What an evaluation judges.

use super::{Source, Tells};
use crate::UsageError;
use earnest::eval::digest;
use earnest::eval::events::{Events, Told};
use earnest::eval::result::SubjectId;
use earnest::eval::run::EvalError;
use earnest::eval::subject::{Chain, Decides, Subject};
use earnest::pipeline::PipelineConfig;
use std::path::Path;
use std::sync::Arc;

/// Something that listens; every thread makes its own.
pub(crate) struct Judged {
    pub(crate) id: SubjectId,
    pub(crate) phrase: String,
    pub(crate) make: Box<dyn Fn() -> Result<Box<dyn Subject>, EvalError> + Send + Sync>,
}

impl Judged {
    /// What `source` hears in a chain of `pipeline`. `threshold` is what it is used with, if not the model's own.
    pub(crate) fn new(
        source: Source,
        pipeline: PipelineConfig,
        threshold: Option<f32>,
    ) -> Result<Judged, UsageError> {
        let (_, phrases, threshold) = source.spotter(Tells::From(threshold))?;
        if phrases.len() != 1 {
            return Err(UsageError(format!("an evaluation judges one phrase, found {}", phrases.len())));
        }
        let vad = pipeline.vad;
        let typed = source.engine == super::Engine::Phonetic;
        let name = Path::new(&source.name).file_name().filter(|_| !typed);
        let id = SubjectId {
            engine: source.engine.name().into(),
            model: name.map(|name| name.to_string_lossy().into_owned()),
            digest: Some(digest(&source.image)),
            threshold: Some(threshold),
            settings: source
                .settings()
                .into_iter()
                .chain([
                    ("vad.threshold", vad.threshold.to_string()),
                    ("vad.onset_frames", vad.onset_frames.to_string()),
                    ("vad.hangover_frames", vad.hangover_frames.to_string()),
                ])
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
        };
        let phrase = phrases.into_iter().next().unwrap_or_default();
        let make = move || {
            let failed = |error: &dyn std::fmt::Display| EvalError::Subject { problem: error.to_string() };
            let (spotter, ..) = source.spotter(Tells::Everything).map_err(|error| failed(&error))?;
            // A network, checked or not, wakes when its running score crosses the threshold; the others when they have
            // made up their mind.
            let decides = match source.engine {
                super::Engine::Net | super::Engine::Cascade | super::Engine::Onnx | super::Engine::Micro => {
                    Decides::ByScore
                }
                _ => Decides::ByDetection,
            };
            let chain = Chain::new(pipeline, spotter, decides).map_err(|error| failed(&error))?;
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
