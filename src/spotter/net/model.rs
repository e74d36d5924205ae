//! An image of [`crate::nn`] and what its metadata says about the phrase.

use super::curve::Curve;
use crate::decimal;
use crate::frontend::FrontEndConfig;
use crate::nn::{ImageError, Model, OutputKind};
use crate::storage::Image;
use core::fmt;

/// Value of the metadata's `engine` that makes an image a wake net.
const ENGINE: &str = "wake-net";
/// Samples per millisecond.
const PER_MS: u64 = crate::audio::SAMPLE_RATE_HZ as u64 / 1000;

/// A network for one phrase: an image whose metadata has
///
/// | key | value |
/// |---|---|
/// | `engine` | `wake-net` |
/// | `preset` | `base`: frames of [`FrontEndConfig::base`] |
/// | `phrase` | the phrase as text |
/// | `threshold` | score to wake at, 0 to 1 |
/// | `duration_ms` | how long the phrase usually lasts |
/// | `delay_ms` | how long after the phrase's end the score usually crosses the threshold |
/// | `curve` | false accepts by score, see [`Curve`]; may be missing |
/// | `check_from`, `check_threshold` | with a check behind it ([`spotter::cascade`](crate::spotter::cascade)): the score of the network from which on it is asked for, and the score of both to wake at; may be missing |
/// | `check_curve` | false accepts by that score; may be missing |
///
/// Its output is one value a step, the log-odds that the phrase has just ended.
#[derive(Clone, Debug)]
pub struct NetModel<'a> {
    model: Model<'a>,
    threshold: f32,
    duration_ms: u32,
    delay_ms: u32,
    check: Option<(f32, f32)>,
}

/// Why an image is no wake net.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum NetModelError {
    /// It is no image of a network at all.
    Image(ImageError),
    /// A number of its shape is not that of a wake net.
    Shape {
        /// What is counted.
        what: &'static str,
        /// What a wake net has.
        expected: usize,
        /// What the image has.
        actual: usize,
    },
    /// A key of the metadata is missing, or its value is not what it must be.
    Metadata {
        /// The key.
        key: &'static str,
    },
}

impl From<ImageError> for NetModelError {
    fn from(error: ImageError) -> Self {
        NetModelError::Image(error)
    }
}

impl fmt::Display for NetModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetModelError::Image(error) => error.fmt(f),
            NetModelError::Shape { what, expected, actual } => {
                write!(f, "{what}: {actual}, expected {expected}")
            }
            NetModelError::Metadata { key } => {
                write!(f, "metadata {key} is missing, or not what a wake net needs")
            }
        }
    }
}

impl core::error::Error for NetModelError {}

impl<'a> NetModel<'a> {
    /// Checks `image` and reads what it says about the phrase.
    ///
    /// # Errors
    /// [`NetModelError`]: what is wrong first.
    pub fn parse(image: impl Into<Image<'a>>) -> Result<Self, NetModelError> {
        NetModel::new(Model::new(image)?)
    }

    /// The same for an image that was already checked.
    ///
    /// # Errors
    /// [`NetModelError`] but for [`NetModelError::Image`].
    pub fn new(model: Model<'a>) -> Result<Self, NetModelError> {
        let is = |key, wanted| {
            (model.meta(key) == Some(wanted)).then_some(()).ok_or(NetModelError::Metadata { key })
        };
        is("engine", ENGINE)?;
        is("preset", "base")?;
        for (what, expected, actual) in [
            ("mel bands", FrontEndConfig::base().mel_bins, model.input_channels()),
            ("outputs of a step", 1, model.output_channels() * model.output_frames()),
            ("function of the output", OutputKind::Plain as usize, model.output_kind() as usize),
        ] {
            if expected != actual {
                return Err(NetModelError::Shape { what, expected, actual });
            }
        }
        if model.meta("phrase").is_none_or(|phrase| phrase.trim_ascii().is_empty()) {
            return Err(NetModelError::Metadata { key: "phrase" });
        }
        let threshold = number(&model, "threshold", 1.0)?;
        let duration_ms = number(&model, "duration_ms", 10_000.0)? as u32;
        let delay_ms = number(&model, "delay_ms", 10_000.0)? as u32;
        for key in ["curve", "check_curve"] {
            if model.meta(key).is_some_and(|text| Curve::parse(text).is_none()) {
                return Err(NetModelError::Metadata { key });
            }
        }
        let checked = model.meta("check_from").or(model.meta("check_threshold")).is_some();
        let check = match checked {
            true => Some((number(&model, "check_from", 1.0)?, number(&model, "check_threshold", 1.0)?)),
            false => None,
        };
        Ok(NetModel { model, threshold, duration_ms, delay_ms, check })
    }

    /// Whether the metadata calls `model` a wake net; whether it is a good one, [`NetModel::new`] says.
    pub fn is_wake_net(model: &Model<'_>) -> bool {
        model.meta("engine") == Some(ENGINE)
    }

    /// The phrase, as text.
    pub fn phrase(&self) -> &str {
        self.model.meta("phrase").unwrap_or_default()
    }

    /// Score to wake at, 0 to 1, if the user has no other wish.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// False accepts by score, if they were counted.
    pub fn curve(&self) -> Option<Curve<'_>> {
        self.model.meta("curve").and_then(Curve::parse)
    }

    /// With a check behind it: the network's score from which on that is asked for, 0 to 1, if the model says so.
    pub fn check_from(&self) -> Option<f32> {
        self.check.map(|(from, _)| from)
    }

    /// With a check behind it: the score of both to wake at, 0 to 1, if the model says so.
    pub fn check_threshold(&self) -> Option<f32> {
        self.check.map(|(_, threshold)| threshold)
    }

    /// False accepts by the score of network and check, if they were counted.
    pub fn check_curve(&self) -> Option<Curve<'_>> {
        self.model.meta("check_curve").and_then(Curve::parse)
    }

    /// Samples that the phrase usually lasts.
    pub fn duration_samples(&self) -> u64 {
        u64::from(self.duration_ms) * PER_MS
    }

    /// Samples from the phrase's end until the score usually crosses the threshold.
    pub fn delay_samples(&self) -> u64 {
        u64::from(self.delay_ms) * PER_MS
    }

    /// The network.
    pub fn network(&self) -> &Model<'a> {
        &self.model
    }

    pub(super) fn into_network(self) -> Model<'a> {
        self.model
    }
}

fn number(model: &Model<'_>, key: &'static str, most: f32) -> Result<f32, NetModelError> {
    let value = model.meta(key).and_then(|text| decimal::parse(text.trim_ascii())).map(|value| value as f32);
    value.filter(|value| (0.0..=most).contains(value)).ok_or(NetModelError::Metadata { key })
}
