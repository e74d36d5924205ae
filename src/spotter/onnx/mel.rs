//! A model on the latest mel frames.

use super::plan::{Declared, Part, Plan};
use super::{OnnxError, Preset};
use crate::error::ConfigError;
use crate::frontend::{FrontEnd, FrontEndConfig, MelFrame, MicroFrontEnd, MicroFrontEndConfig};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// Where frames come from.
#[derive(Clone, Debug)]
enum Source {
    /// The pipeline has them.
    Pipeline,
    /// Another front end.
    Own(Box<FrontEnd>),
    /// The integer one.
    Micro(Box<MicroFrontEnd>),
}

/// The model, and the frames that it sees.
#[derive(Clone, Debug)]
pub(super) struct MelWindow {
    source: Source,
    plan: Plan,
    output: usize,
    bands: usize,
    step: usize,
    /// Whether a frame's bands lie together in the model's input, or a band's frames.
    by_frame: bool,
    /// The latest frames, one after another.
    window: Vec<f32>,
    /// Frames that the window has of its own, at most all.
    heard: usize,
    /// Frames since the last run.
    since: usize,
}

impl MelWindow {
    pub(super) fn new(
        model: &[u8],
        preset: Preset,
        frames: Option<usize>,
        step: usize,
        output: usize,
    ) -> Result<MelWindow, OnnxError> {
        ConfigError::check("step", step as f64, 1.0, 100.0)?;
        if let Some(frames) = frames {
            ConfigError::check("frames", frames as f64, 1.0, 10_000.0)?;
        }
        let own = |config| FrontEnd::new(config).map(|front_end| Source::Own(Box::new(front_end)));
        let (source, bands) = match preset {
            Preset::Base => (Source::Pipeline, FrontEndConfig::base().mel_bins),
            Preset::Kaldi => (own(FrontEndConfig::kaldi())?, FrontEndConfig::kaldi().mel_bins),
            Preset::Librosa => (own(FrontEndConfig::librosa())?, FrontEndConfig::librosa().mel_bins),
            Preset::Pcen => (own(FrontEndConfig::pcen())?, FrontEndConfig::pcen().mel_bins),
            Preset::Micro => {
                let config = MicroFrontEndConfig::base();
                (Source::Micro(Box::new(MicroFrontEnd::new(config)?)), config.mel_bins)
            }
        };
        let declared = Declared::read("model", model)?.input;
        let shape = |expected: Vec<usize>| OnnxError::Shape {
            name: "model",
            what: "input",
            expected,
            actual: declared.clone(),
        };
        let wrong = || shape(vec![1, frames.unwrap_or(0), bands]);
        // The last two that aren't batch or channel: frames and bands, in this order or the other.
        let axes = match declared.len() {
            2 => [0, 1],
            3 => [1, 2],
            4 if declared[3] == 1 => [1, 2],
            4 => [2, 3],
            _ => return Err(wrong()),
        };
        let [first, second] = axes.map(|axis| declared[axis]);
        let counts = |count: usize| count == 0 || frames.is_none_or(|frames| frames == count);
        let by_frame = match (second == bands || second == 0 && first != bands, first == bands) {
            (true, _) if counts(first) => true,
            (_, true) if counts(second) => false,
            _ => return Err(wrong()),
        };
        let stated = if by_frame { first } else { second };
        let count = frames.or((stated > 0).then_some(stated)).ok_or_else(wrong)?;
        let mut input = vec![1; declared.len()];
        input[axes[0]] = if by_frame { count } else { bands };
        input[axes[1]] = if by_frame { bands } else { count };
        if declared.iter().zip(&input).any(|(declared, input)| *declared != 0 && declared != input) {
            return Err(shape(input));
        }
        let plan = Plan::new("model", model, &Part::default(), &input)?;
        if plan.output.iter().product::<usize>() <= output {
            let (expected, actual) = (vec![1, output + 1], plan.output);
            return Err(OnnxError::Shape { name: "model", what: "output", expected, actual });
        }
        let window = vec![0.0; count * bands];
        Ok(MelWindow { source, plan, output, bands, step, by_frame, window, heard: 0, since: 0 })
    }

    /// Takes samples until a run of the model is due or there are none left; for presets that the pipeline has not.
    pub(super) fn take(&mut self, pcm: &mut &[i16]) -> Option<Result<f32, OnnxError>> {
        while !pcm.is_empty() {
            let MelWindow { source, window, bands, .. } = self;
            let frame = match source {
                Source::Pipeline => {
                    *pcm = &[];
                    return None;
                }
                Source::Own(front_end) => front_end.process(pcm),
                Source::Micro(front_end) => front_end.process(pcm),
            };
            if let Some(frame) = frame {
                shift(window, frame.mel(), *bands);
                if let Some(value) = self.run() {
                    return Some(value);
                }
            }
        }
        None
    }

    /// Takes a frame of the pipeline's, if it is the kind that the model takes.
    pub(super) fn frame(&mut self, frame: &MelFrame) -> Option<Result<f32, OnnxError>> {
        if !matches!(self.source, Source::Pipeline) {
            return None;
        }
        shift(&mut self.window, frame.mel(), self.bands);
        self.run()
    }

    /// The model's number, if it is time for one and the window is full.
    fn run(&mut self) -> Option<Result<f32, OnnxError>> {
        let frames = self.window.len() / self.bands;
        self.heard = (self.heard + 1).min(frames);
        self.since += 1;
        if self.heard < frames || self.since < self.step {
            return None;
        }
        self.since = 0;
        let result = if self.by_frame {
            self.plan.run(&self.window)
        } else {
            let band = |band: usize| self.window.iter().skip(band).step_by(self.bands).copied();
            self.plan.run(&(0..self.bands).flat_map(band).collect::<Vec<f32>>())
        };
        Some(result.map(|values| values.get(self.output).copied().unwrap_or(0.0)))
    }
}

/// A frame comes in at the end.
fn shift(window: &mut [f32], mel: &[f32], bands: usize) {
    window.copy_within(bands.., 0);
    let from = window.len() - bands;
    window[from..].iter_mut().zip(mel).for_each(|(slot, value)| *slot = *value);
}
