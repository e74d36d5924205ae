//! What the front end computes.

use super::{MAX_FFT, MAX_MEL_BINS};
use crate::audio::SAMPLE_RATE_HZ;
use crate::error::ConfigError;

/// The numbers that define a log-mel front end on 16 kHz audio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrontEndConfig {
    /// Length of the analysis window, 32 to 1024 samples. Shorter than the FFT, it is padded with zeros.
    pub window_samples: usize,
    /// From one frame to the next, 1 sample to `window_samples`.
    pub hop_samples: usize,
    /// Length of the FFT: a power of two, 64 to 1024, not below `window_samples`.
    pub fft_samples: usize,
    /// Number of mel bands, 4 to 128.
    pub mel_bins: usize,
    /// Lower edge of the lowest band, Hz.
    pub low_hz: f32,
    /// Upper edge of the highest band, Hz, at most 8000.
    pub high_hz: f32,
    /// Energies below this count as this. 1e-8 is about the power that 16-bit rounding leaves in one FFT bin.
    pub floor: f32,
}

impl FrontEndConfig {
    /// The preset of earnest's own models: 40 bands from 80 to 7600 Hz, 25 ms windows every 10 ms, natural log.
    pub const fn base() -> Self {
        FrontEndConfig {
            window_samples: 400,
            hop_samples: 160,
            fft_samples: 512,
            mel_bins: 40,
            low_hz: 80.0,
            high_hz: 7600.0,
            floor: 1e-8,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let nyquist_hz = f64::from(SAMPLE_RATE_HZ / 2);
        ConfigError::check("fft_samples", self.fft_samples as f64, 64.0, MAX_FFT as f64)?;
        let power_of_two = self.fft_samples.next_power_of_two();
        if power_of_two != self.fft_samples {
            let what = "fft_samples (a power of two)";
            return Err(ConfigError::Mismatch { what, expected: power_of_two, actual: self.fft_samples });
        }
        ConfigError::check("window_samples", self.window_samples as f64, 32.0, self.fft_samples as f64)?;
        ConfigError::check("hop_samples", self.hop_samples as f64, 1.0, self.window_samples as f64)?;
        ConfigError::check("mel_bins", self.mel_bins as f64, 4.0, MAX_MEL_BINS as f64)?;
        ConfigError::check("high_hz", f64::from(self.high_hz), 1.0, nyquist_hz)?;
        ConfigError::check("low_hz", f64::from(self.low_hz), 0.0, f64::from(self.high_hz) - 1.0)?;
        ConfigError::check("floor", f64::from(self.floor), f64::from(f32::MIN_POSITIVE), 1.0)
    }
}

impl Default for FrontEndConfig {
    fn default() -> Self {
        FrontEndConfig::base()
    }
}
