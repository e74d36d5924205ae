//! The streaming spotter: when the model's scores are an event.

use super::chain::OpenWakeWord;
use super::mel::MelWindow;
use super::{Input, OnnxConfig, OnnxError, OnnxEvidence, Scale};
use crate::audio::SampleSpan;
use crate::error::ConfigError;
use crate::frontend::MelFrame;
use crate::spotter::settle::Settler;
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::vad::VadFrame;

/// From the start, samples in which nothing counts: as for the other engines, half a second.
const WARM_UP: u64 = 8000;
/// Runs for which a score under the threshold must not rise again before it is told as a near miss.
const PATIENCE: u32 = 3;
/// Finds a phrase with a model that the user brings.
///
/// A detection comes when the score has crossed the threshold and doesn't rise any more, two runs of the model later at the
/// latest. The next one can't come before the refractory time is over and the score has fallen.
#[derive(Clone, Debug)]
pub struct OnnxSpotter {
    model: Model,
    /// What a reset goes back to.
    fresh: Model,
    scale: Scale,
    settler: Settler,
    duration: u64,
    /// Samples heard since the start.
    heard: u64,
    /// The model's latest number that wasn't looked at yet.
    pending: Option<f32>,
    score: f32,
    steps: u32,
    sum: f32,
    failure: Option<OnnxError>,
}

#[derive(Clone, Debug)]
enum Model {
    Mel(MelWindow),
    OpenWakeWord(OpenWakeWord),
}

impl OnnxSpotter {
    /// A spotter that runs the ONNX file `model`.
    ///
    /// # Errors
    /// [`OnnxError`] for a file that tract can't run, one of another shape than `config` declares, or a field out of
    /// range.
    pub fn new(config: &OnnxConfig<'_>, model: &[u8]) -> Result<Self, OnnxError> {
        let settler = Settler::new(config.threshold, config.near_miss, config.refractory_ms, PATIENCE)?;
        ConfigError::check("duration_ms", f64::from(config.duration_ms), 0.0, 10_000.0)?;
        let model = match config.input {
            Input::Mel { preset, frames, step } => {
                Model::Mel(MelWindow::new(model, preset, frames, step, config.output)?)
            }
            Input::OpenWakeWord { melspectrogram, embedding } => {
                Model::OpenWakeWord(OpenWakeWord::new(model, melspectrogram, embedding, config.output)?)
            }
        };
        Ok(OnnxSpotter {
            fresh: model.clone(),
            model,
            scale: config.scale,
            settler,
            duration: u64::from(config.duration_ms) * 16,
            heard: 0,
            pending: None,
            score: 0.0,
            steps: 0,
            sum: 0.0,
            failure: None,
        })
    }

    /// The same spotter, as new, with other numbers to decide by: see [`OnnxConfig`]. The model is not read again.
    ///
    /// # Errors
    /// [`ConfigError`] for a number out of range.
    pub fn deciding(
        mut self,
        threshold: f32,
        near_miss: f32,
        refractory_ms: u32,
    ) -> Result<Self, ConfigError> {
        self.settler = Settler::new(threshold, near_miss, refractory_ms, PATIENCE)?;
        self.reset();
        Ok(self)
    }

    /// Score to wake at.
    pub fn threshold(&self) -> f32 {
        self.settler.threshold()
    }

    /// Whether openWakeWord's embedding is computed row by row, and not anew for each window.
    pub fn is_incremental(&self) -> bool {
        matches!(&self.model, Model::OpenWakeWord(chain) if chain.is_in_parts())
    }

    /// Why it hears nothing any more, if the model failed while it ran; until the next reset.
    pub fn failure(&self) -> Option<&OnnxError> {
        self.failure.as_ref()
    }

    fn take(&mut self, value: Result<f32, OnnxError>) {
        match value {
            Ok(value) => {
                let score = match self.scale {
                    Scale::Probability => value,
                    Scale::LogOdds => 1.0 / (1.0 + libm::expf(-value)),
                };
                // What is no number is no evidence.
                self.pending = Some(if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) });
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Looks at the model's new score.
    fn evaluate(&mut self, score: f32, frame: &MelFrame) -> Option<Detection> {
        self.score = if self.heard > WARM_UP { score } else { 0.0 };
        if self.settler.held(self.score) {
            self.steps += 1;
            self.sum += self.score;
        } else {
            (self.steps, self.sum) = (0, 0.0);
        }
        let end = frame.span.end;
        let evidence = OnnxEvidence { steps: self.steps, mean: self.sum / self.steps.max(1) as f32 };
        let span = SampleSpan { start: end.before(self.duration), end };
        self.settler.process(self.score, end, span, Evidence::Onnx(evidence))
    }
}

impl KeywordSpotter for OnnxSpotter {
    fn hear(&mut self, mut pcm: &[i16]) {
        self.heard += pcm.len() as u64;
        while self.failure.is_none() && !pcm.is_empty() {
            let value = match &mut self.model {
                Model::Mel(window) => window.take(&mut pcm),
                Model::OpenWakeWord(chain) => chain.take(&mut pcm),
            };
            if let Some(value) = value {
                self.take(value);
            }
        }
    }

    fn process(&mut self, frame: &MelFrame, _: &VadFrame) -> Option<Detection> {
        if let (Model::Mel(window), None) = (&mut self.model, &self.failure)
            && let Some(value) = window.frame(frame)
        {
            self.take(value);
        }
        let score = self.pending.take()?;
        self.evaluate(score, frame)
    }

    fn score(&self) -> f32 {
        self.score
    }

    fn reset(&mut self) {
        self.model = self.fresh.clone();
        self.heard = 0;
        self.pending = None;
        (self.score, self.steps, self.sum) = (0.0, 0, 0.0);
        self.settler.reset();
        self.failure = None;
    }
}
