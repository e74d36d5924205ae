//! Per-channel energy normalisation: each band divided by its own recent past, then a root.
//!
//! Wang, Getreuer, Hughes, Lyon and Saurous, *Trainable frontend for robust and far-field keyword spotting*, 2017;
//! the parameters and the initial state are librosa's `pcen`.

use super::mel::{MEL_BLOCKS, Mel};
use crate::audio::SAMPLE_RATE_HZ;
use crate::error::ConfigError;
use crate::simd::{BLOCK, Kernel, Lanes, Level, math};

/// The numbers of per-channel energy normalisation: (E / (eps + M)^gain + bias)^power − bias^power, where M follows
/// E with a time constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PcenConfig {
    /// How much of the loudness is divided out, 0 to 1.
    pub gain: f32,
    /// What quiet bands are compared with, 0.001 to 1000.
    pub bias: f32,
    /// Exponent of the compression, 0.01 to 1.
    pub power: f32,
    /// Time constant of M in seconds, 0.001 to 10.
    pub time_constant_s: f32,
    /// Keeps the division finite, 1e-12 to 1.
    pub eps: f32,
}

impl PcenConfig {
    /// librosa's defaults.
    pub const fn librosa() -> Self {
        PcenConfig { gain: 0.98, bias: 2.0, power: 0.5, time_constant_s: 0.4, eps: 1e-6 }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        ConfigError::check("gain", f64::from(self.gain), 0.0, 1.0)?;
        ConfigError::check("bias", f64::from(self.bias), 0.001, 1000.0)?;
        ConfigError::check("power", f64::from(self.power), 0.01, 1.0)?;
        ConfigError::check("time_constant_s", f64::from(self.time_constant_s), 0.001, 10.0)?;
        ConfigError::check("eps", f64::from(self.eps), 1e-12, 1.0)
    }
}

impl Default for PcenConfig {
    fn default() -> Self {
        PcenConfig::librosa()
    }
}

/// The normalisation with its memory.
#[derive(Clone, Debug)]
pub(super) struct Pcen {
    config: PcenConfig,
    level: Level,
    /// Share of the new energy in M.
    follow: f32,
    /// bias^power.
    rest: f32,
    /// M.
    past: Mel,
}

impl Pcen {
    pub(super) fn new(config: PcenConfig, hop_samples: usize, level: Level) -> Self {
        // The pole whose response falls to half its power at 1 / (2π·time constant).
        let frames = f64::from(config.time_constant_s) * f64::from(SAMPLE_RATE_HZ) / hop_samples as f64;
        let follow = (libm::sqrt(1.0 + 4.0 * frames * frames) - 1.0) / (2.0 * frames * frames);
        let rest = libm::pow(f64::from(config.bias), f64::from(config.power));
        Pcen { config, level, follow: follow as f32, rest: rest as f32, past: [[1.0; BLOCK]; MEL_BLOCKS] }
    }

    pub(super) fn apply(&mut self, mel: &mut Mel, bins: usize) {
        self.level.run(Apply { pcen: self, mel, bins });
    }

    pub(super) fn reset(&mut self) {
        self.past = [[1.0; BLOCK]; MEL_BLOCKS];
    }
}

struct Apply<'a> {
    pcen: &'a mut Pcen,
    mel: &'a mut Mel,
    bins: usize,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes>(self, token: V::Token) {
        let Pcen { config, follow, rest, past, .. } = self.pcen;
        let splat = |value: f32| V::splat(token, value);
        let (follow, keep) = (splat(*follow), splat(1.0 - *follow));
        let blocks = self.mel.iter_mut().zip(past).take(self.bins.div_ceil(BLOCK));
        for (block, past) in blocks {
            for part in 0..BLOCK / V::N {
                let energy = V::load(token, block, part);
                let mean = energy * follow + V::load(token, past, part) * keep;
                mean.store(past, part);
                let divided =
                    math::exp(token, math::ln(token, mean + splat(config.eps)) * splat(-config.gain))
                        * energy;
                let root =
                    math::exp(token, math::ln(token, divided + splat(config.bias)) * splat(config.power));
                (root - splat(*rest)).store(block, part);
            }
        }
    }
}
