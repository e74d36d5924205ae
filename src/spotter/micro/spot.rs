//! The streaming spotter: samples to features, features to probabilities, and when their mean is an event.

use super::MicroEvidence;
use super::model::MicroModel;
use super::net::{MicroMemory, MicroNet};
use crate::audio::SampleSpan;
use crate::error::ConfigError;
use crate::frontend::{MelFrame, MicroFrontEnd, MicroFrontEndConfig};
use crate::spotter::settle::Settler;
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::vad::VadFrame;
use zeroize::Zeroize;

/// From the start, samples in which nothing counts: as for the other engines, half a second.
const WARM_UP: u64 = 8000;
/// Samples for which a score under the threshold must not rise again before it is told as a near miss: 240 ms.
const PATIENCE: usize = 3840;
/// Bands of a frame.
const BANDS: usize = MicroFrontEndConfig::base().mel_bins;
/// Most frames that a model may take at once.
const MAX_FRAMES: usize = 16;
/// Most probabilities that are averaged.
const MAX_WINDOW: usize = 64;

/// How a micro spotter is fed and decides. A model's manifest, the JSON file beside it, says what its makers chose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MicroConfig {
    /// Score that wakes, 0 to 1: `probability_cutoff` in a manifest.
    pub threshold: f32,
    /// Runs of the model whose probabilities are averaged, 1 to 64: `sliding_window_size` in a manifest.
    pub window: usize,
    /// From one frame to the next, 10 to 30 ms: `feature_step_size` in a manifest.
    pub hop_ms: u32,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing counts for this long, 0 to 10,000 ms.
    pub refractory_ms: u32,
    /// How long the phrase usually lasts, 0 to 10,000 ms; for [`Detection::span`] only.
    pub duration_ms: u32,
}

impl Default for MicroConfig {
    fn default() -> Self {
        MicroConfig {
            threshold: 0.9,
            window: 5,
            hop_ms: 10,
            near_miss: 0.2,
            refractory_ms: 1000,
            duration_ms: 800,
        }
    }
}

/// Finds one phrase in a stream of samples with a model of microWakeWord's.
///
/// A detection comes when the score has crossed the threshold and doesn't rise any more, two runs of the model later at the
/// latest. The next one can't come before the refractory time is over and the score has fallen.
#[derive(Debug)]
pub struct MicroSpotter<'a> {
    front_end: MicroFrontEnd,
    net: MicroNet<'a>,
    settler: Settler,
    duration: u64,
    /// From one run of the model to the next, ms.
    step_ms: u32,
    /// Features for the next run.
    features: [i8; MAX_FRAMES * BANDS],
    frames: usize,
    /// The latest probabilities, the oldest at `next`.
    window: [f32; MAX_WINDOW],
    len: usize,
    runs: usize,
    next: usize,
    /// Samples heard since the start.
    heard: u64,
    /// The latest mean that wasn't looked at yet.
    pending: Option<f32>,
    score: f32,
    held_runs: u32,
}

impl<'a> MicroSpotter<'a> {
    /// A spotter for `model`, which works in `memory`.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range, for too little memory, and for a model that doesn't take frames of 40
    /// bands or gives more than one number.
    pub fn new(
        config: MicroConfig,
        model: MicroModel<'a>,
        memory: MicroMemory<'a>,
    ) -> Result<Self, ConfigError> {
        ConfigError::check("window", config.window as f64, 1.0, MAX_WINDOW as f64)?;
        ConfigError::check("hop_ms", f64::from(config.hop_ms), 10.0, 30.0)?;
        ConfigError::check("duration_ms", f64::from(config.duration_ms), 0.0, 10_000.0)?;
        let micro = MicroFrontEndConfig { hop_samples: 16 * config.hop_ms as usize, ..Default::default() };
        let [frames, bands] = model.frames();
        let expect = |what, expected, actual| match expected == actual {
            true => Ok(()),
            false => Err(ConfigError::Mismatch { what, expected, actual }),
        };
        expect("bands that the model takes", BANDS, bands)?;
        expect("frames that the model takes", frames.min(MAX_FRAMES), frames)?;
        expect("numbers that the model takes", frames * bands, model.input_len())?;
        expect("numbers that the model gives", 1, model.output_len())?;
        let step_ms = config.hop_ms * frames as u32;
        let patience = (PATIENCE / (micro.hop_samples * frames)).max(1) as u32;
        Ok(MicroSpotter {
            front_end: MicroFrontEnd::new(micro)?,
            net: MicroNet::new(model, memory)?,
            settler: Settler::new(config.threshold, config.near_miss, config.refractory_ms, patience)?,
            duration: u64::from(config.duration_ms) * 16,
            step_ms,
            features: [0; MAX_FRAMES * BANDS],
            frames: 0,
            window: [0.0; MAX_WINDOW],
            len: config.window,
            runs: 0,
            next: 0,
            heard: 0,
            pending: None,
            score: 0.0,
            held_runs: 0,
        })
    }

    /// The model it runs.
    pub fn model(&self) -> &MicroModel<'a> {
        self.net.model()
    }

    /// Score to wake at.
    pub fn threshold(&self) -> f32 {
        self.settler.threshold()
    }

    /// Takes the front end's latest frame.
    fn take(&mut self) {
        let MicroSpotter { front_end, net, features, .. } = self;
        let [frames, bands] = net.model().frames();
        let slots = features.iter_mut().skip(self.frames * bands);
        for (slot, value) in slots.zip(front_end.values()) {
            *slot = net.model().quantise(f64::from(*value) * f64::from(MicroFrontEnd::STEP));
        }
        self.frames += 1;
        if self.frames < frames {
            return;
        }
        self.frames = 0;
        let output = net.process(features).first().copied().unwrap_or(0);
        let probability = net.model().dequantise(output).clamp(0.0, 1.0);
        if let Some(slot) = self.window.get_mut(self.next) {
            *slot = probability;
        }
        self.next = (self.next + 1) % self.len.max(1);
        self.runs = (self.runs + 1).min(self.len);
        let window = self.window.get(..self.len).unwrap_or(&self.window);
        let mean = window.iter().sum::<f32>() / self.len.max(1) as f32;
        self.pending = Some(if self.runs < self.len { 0.0 } else { mean });
    }

    /// Looks at a new mean.
    fn evaluate(&mut self, mean: f32, frame: &MelFrame) -> Option<Detection> {
        self.score = if self.heard > WARM_UP { mean } else { 0.0 };
        self.held_runs = if self.settler.held(self.score) { self.held_runs.saturating_add(1) } else { 0 };
        let window = self.window.get(..self.len).unwrap_or(&self.window);
        let evidence = MicroEvidence {
            runs: self.len as u32,
            highest: window.iter().copied().fold(0.0, f32::max),
            held_ms: self.held_runs.saturating_mul(self.step_ms),
        };
        let end = frame.span.end;
        let span = SampleSpan { start: end.before(self.duration), end };
        self.settler.process(self.score, end, span, Evidence::Micro(evidence))
    }
}

impl KeywordSpotter for MicroSpotter<'_> {
    fn hear(&mut self, mut pcm: &[i16]) {
        self.heard += pcm.len() as u64;
        while !pcm.is_empty() {
            if self.front_end.process(&mut pcm).is_some() {
                self.take();
            }
        }
    }

    fn process(&mut self, frame: &MelFrame, _: &VadFrame) -> Option<Detection> {
        let mean = self.pending.take()?;
        self.evaluate(mean, frame)
    }

    fn score(&self) -> f32 {
        self.score
    }

    fn reset(&mut self) {
        self.front_end.reset();
        self.net.reset();
        self.settler.reset();
        self.features.zeroize();
        self.window.zeroize();
        (self.frames, self.runs, self.next) = (0, 0, 0);
        (self.heard, self.pending, self.score, self.held_runs) = (0, None, 0.0, 0);
    }
}
