//! A model of microWakeWord's, and the manifest beside it that says how it is used: `foo.tflite` and `foo.json`, as its makers
//! publish them.
//!
//! Without a manifest, the phrase is the file's name and the numbers are the usual ones.

use super::Engine;
use crate::UsageError;
use earnest::spotter::micro::{MicroConfig, MicroMemory, MicroModel, MicroSpotter};
use serde::Deserialize;
use std::fmt::Display;
use std::path::Path;
use std::{fs, io};

#[derive(Deserialize)]
struct Manifest {
    wake_word: String,
    version: Option<u32>,
    micro: Section,
}

#[derive(Deserialize)]
struct Section {
    probability_cutoff: f32,
    #[serde(alias = "sliding_window_average_size")]
    sliding_window_size: usize,
    /// ms
    feature_step_size: Option<u32>,
}

/// What the manifest says.
#[derive(Clone)]
pub(crate) struct Micro {
    pub(crate) phrase: String,
    config: MicroConfig,
}

impl Micro {
    /// How the model in `file` is used.
    pub(crate) fn read(file: &Path) -> Result<Micro, UsageError> {
        let beside = file.with_extension("json");
        let problem = |what: &dyn Display| UsageError(format!("{}: {what}", beside.display()));
        let usual = MicroConfig::default();
        let text = match fs::read_to_string(&beside) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = file.file_stem().map(|name| name.to_string_lossy().replace('_', " "));
                return Ok(Micro { phrase: name.unwrap_or_default(), config: usual });
            }
            Err(error) => return Err(problem(&format_args!("cannot be read: {error}"))),
        };
        let Manifest { wake_word, version, micro } =
            serde_json::from_str(&text).map_err(|error| problem(&error))?;
        // The first models, whose manifests don't say it, took a frame every 20 ms.
        let hop_ms = micro.feature_step_size.unwrap_or(if version == Some(1) { 20 } else { usual.hop_ms });
        let (threshold, window) = (micro.probability_cutoff, micro.sliding_window_size);
        Ok(Micro { phrase: wake_word, config: MicroConfig { threshold, window, hop_ms, ..usual } })
    }

    /// Score to wake at, by its makers.
    pub(crate) fn threshold(&self) -> f32 {
        self.config.threshold
    }

    /// What else its makers chose.
    pub(crate) fn settings(&self) -> [(&'static str, String); 2] {
        [("micro.window", self.config.window.to_string()), ("micro.hop_ms", self.config.hop_ms.to_string())]
    }

    /// A spotter that decides by these numbers.
    pub(crate) fn spotter(
        &self,
        name: &str,
        image: Vec<u8>,
        (threshold, near_miss, refractory_ms): (f32, f32, u32),
    ) -> Result<MicroSpotter<'static>, UsageError> {
        let failed = |error: &dyn Display| UsageError(format!("model {name}: {error}"));
        let model = MicroModel::parse(image).map_err(|error| {
            failed(&format_args!("no model for engine `{}`: {error}", Engine::Micro.name()))
        })?;
        let memory = MicroMemory::owned(&model);
        let config = MicroConfig { threshold, near_miss, refractory_ms, ..self.config };
        MicroSpotter::new(config, model, memory).map_err(|error| failed(&error))
    }
}
