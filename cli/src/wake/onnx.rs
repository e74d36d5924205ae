//! A model in ONNX, and the TOML file beside it that says what it takes: `foo.onnx` and `foo.toml`.
//!
//! ```toml
//! phrase = "alexa"
//! threshold = 0.5               # 0 to 1; 0.5 if it isn't said
//! input = "openwakeword"        # or "mel"
//! melspectrogram = "melspectrogram.onnx"   # for openwakeword: where they lie, seen from here
//! embedding = "embedding_model.onnx"
//! ```
//! For `input = "mel"`: `preset` (`base`, `kaldi`, `librosa`, `pcen` or `micro`), `frames` where the model doesn't state
//! how many it takes, `step` (frames from one run to the next, 8 if it isn't said). `scale = "log-odds"` if the model's
//! number is no probability, `output` for another than the first, `duration_ms` for how long the phrase is.

use crate::UsageError;
use earnest::spotter::onnx::{Input, OnnxConfig, OnnxSpotter, Preset, Scale};
use serde::Deserialize;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    phrase: String,
    threshold: Option<f32>,
    input: Kind,
    melspectrogram: Option<String>,
    embedding: Option<String>,
    preset: Option<Named>,
    frames: Option<usize>,
    step: Option<usize>,
    scale: Option<NamedScale>,
    output: Option<usize>,
    duration_ms: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Mel,
    OpenWakeWord,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Base,
    Kaldi,
    Librosa,
    Pcen,
    Micro,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NamedScale {
    Probability,
    LogOdds,
}

/// What was declared, and the spotter made from it, as new.
#[derive(Clone)]
pub(crate) struct Onnx {
    pub(crate) phrase: String,
    pub(crate) threshold: f32,
    spotter: OnnxSpotter,
}

impl Onnx {
    /// The model `image` from `file`, with the declaration beside it.
    pub(crate) fn read(file: &Path, image: &[u8]) -> Result<Onnx, UsageError> {
        let beside = file.with_extension("toml");
        let name = beside.display();
        let text = fs::read_to_string(&beside).map_err(|error| {
            UsageError(format!(
                "model {}: {name}, which says what it takes, cannot be read: {error}",
                file.display()
            ))
        })?;
        let problem = |what: String| UsageError(format!("{name}: {what}"));
        let declared: Declared = toml::from_str(&text).map_err(|error| problem(error.to_string()))?;
        let model = |key: &str, wanted: &Option<String>| {
            let wanted = wanted.as_ref().ok_or_else(|| problem(format!("`{key}` is missing")))?;
            let path = beside.with_file_name(wanted);
            fs::read(&path)
                .map_err(|error| problem(format!("{key} {}: cannot be read: {error}", path.display())))
        };
        let (melspectrogram, embedding);
        let input = match declared.input {
            Kind::OpenWakeWord => {
                melspectrogram = model("melspectrogram", &declared.melspectrogram)?;
                embedding = model("embedding", &declared.embedding)?;
                Input::OpenWakeWord { melspectrogram: &melspectrogram, embedding: &embedding }
            }
            Kind::Mel => Input::Mel {
                preset: match declared.preset.ok_or_else(|| problem("`preset` is missing".into()))? {
                    Named::Base => Preset::Base,
                    Named::Kaldi => Preset::Kaldi,
                    Named::Librosa => Preset::Librosa,
                    Named::Pcen => Preset::Pcen,
                    Named::Micro => Preset::Micro,
                },
                frames: declared.frames,
                step: declared.step.unwrap_or(8),
            },
        };
        let mut config = OnnxConfig::new(input);
        config.threshold = declared.threshold.unwrap_or(config.threshold);
        config.output = declared.output.unwrap_or(0);
        config.duration_ms = declared.duration_ms.unwrap_or(config.duration_ms);
        if let Some(NamedScale::LogOdds) = declared.scale {
            config.scale = Scale::LogOdds;
        }
        let spotter = OnnxSpotter::new(&config, image)
            .map_err(|error| UsageError(format!("{}: {error}", file.display())))?;
        let threshold = config.threshold;
        Ok(Onnx { phrase: declared.phrase, threshold, spotter })
    }

    /// A spotter that decides by these numbers.
    pub(crate) fn spotter(
        &self,
        threshold: f32,
        near_miss: f32,
        refractory_ms: u32,
    ) -> Result<OnnxSpotter, earnest::ConfigError> {
        self.spotter.clone().deciding(threshold, near_miss, refractory_ms)
    }
}
