//! What the front end computes.

use super::pcen::PcenConfig;
use super::{MAX_FFT, MAX_MEL_BINS, MIN_FFT};
use crate::audio::SAMPLE_RATE_HZ;
use crate::error::ConfigError;

/// The numbers that define a mel front end on 16 kHz audio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrontEndConfig {
    /// Length of the analysis window, 32 to 512 samples. Shorter than the FFT, it is padded with zeros.
    pub window_samples: usize,
    /// From one frame to the next, 1 sample to `window_samples`.
    pub hop_samples: usize,
    /// Length of the FFT: 128, 256 or 512, not below `window_samples`.
    pub fft_samples: usize,
    /// Number of mel bands, 4 to 128.
    pub mel_bins: usize,
    /// Lower edge of the lowest band, Hz.
    pub low_hz: f32,
    /// Upper edge of the highest band, Hz, at most 8000.
    pub high_hz: f32,
    /// Energies below this count as this, in units of `full_scale`²; logarithms only. 1e-8 is about the power that
    /// 16-bit rounding leaves in one FFT bin of audio at full scale 1.
    pub floor: f32,
    /// What a sample at full scale counts as: 1, or 32768 for features defined on 16-bit integers.
    pub full_scale: f32,
    /// The analysis window.
    pub window: WindowShape,
    /// What is done to the samples before the window.
    pub conditioning: Conditioning,
    /// Where the first and the last window lie.
    pub edges: Edges,
    /// Where the bands lie.
    pub mel_scale: MelScale,
    /// Along which axis the sides of a band's triangle are straight.
    pub triangles: Triangles,
    /// How high a triangle is.
    pub height: Height,
    /// What becomes of the energies.
    pub compression: Compression,
}

/// The analysis window, N samples long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WindowShape {
    /// 0.5 − 0.5 cos(2πn/N), periodic: SciPy's and librosa's `hann`.
    Hann,
    /// (0.5 − 0.5 cos(2πn/(N−1)))^0.85: Kaldi's own, between Hamming and Hann, zero at both ends.
    Povey,
    /// 0.54 − 0.46 cos(2πn/(N−1)).
    Hamming,
}

/// What is done to the samples before the window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Conditioning {
    /// Nothing.
    None,
    /// In every window by itself, as Kaldi defines it.
    Frame {
        /// Takes the mean of the window off.
        remove_mean: bool,
        /// x\[n\] − a·x\[n−1\] with this a, 0 to 1; the first sample of a window stands for the one before it.
        pre_emphasis: f32,
    },
    /// Along the stream, with a memory that outlives chunks and windows.
    Stream {
        /// y\[n\] = x\[n\] − x\[n−1\] + p·y\[n−1\], p = e^(−2π·cut/16000): a high pass with its −3 dB point here,
        /// 0 to 1000 Hz. 0 leaves it out.
        dc_cut_hz: f32,
        /// Behind the high pass, y\[n\] − a·y\[n−1\] with this a, 0 to 1.
        pre_emphasis: f32,
    },
}

/// Where the first and the last window lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Edges {
    /// Windows lie wholly in the audio: Kaldi's `snip_edges`, librosa's `center=False`.
    Snip,
    /// Window t is centred on sample t·hop, with silence before and after the audio: librosa's `center=True`.
    Silence,
    /// Window t is centred on sample (t + ½)·hop, with the audio mirrored at its ends: Kaldi's `snip_edges=false`.
    Mirror,
}

/// Where the bands lie: their edges are equally far apart on this scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MelScale {
    /// 1127 ln(1 + f/700): HTK's and Kaldi's.
    Htk,
    /// Linear below 1000 Hz, logarithmic above: Slaney's Auditory Toolbox, librosa's default.
    Slaney,
}

/// Along which axis the sides of a triangle are straight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Triangles {
    /// Along mel, as HTK and Kaldi.
    Mel,
    /// Along frequency, as librosa.
    Hertz,
}

/// How high a triangle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Height {
    /// 1, as HTK and Kaldi.
    One,
    /// 2 / width in Hz, so that all have the same area: librosa's `norm="slaney"`.
    EqualArea,
}

/// What becomes of the band energies E.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Compression {
    /// Nothing: E.
    None,
    /// ln(max(E, floor)).
    NaturalLog,
    /// 10 log₁₀(max(E, floor)): librosa's `power_to_db` with `ref=1`, `top_db=None`.
    Decibel,
    /// Per-channel energy normalisation.
    Pcen(PcenConfig),
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
            full_scale: 1.0,
            window: WindowShape::Hann,
            conditioning: Conditioning::None,
            edges: Edges::Snip,
            mel_scale: MelScale::Htk,
            triangles: Triangles::Mel,
            height: Height::One,
            compression: Compression::NaturalLog,
        }
    }

    /// Kaldi's fbank with its defaults, 80 bands from 20 Hz, no dither: 16-bit scale, mean removed and 0.97
    /// pre-emphasis window by window, Povey window, natural log above the float epsilon.
    pub const fn kaldi() -> Self {
        FrontEndConfig {
            mel_bins: 80,
            low_hz: 20.0,
            high_hz: 8000.0,
            floor: f32::EPSILON,
            full_scale: 32768.0,
            window: WindowShape::Povey,
            conditioning: Conditioning::Frame { remove_mean: true, pre_emphasis: 0.97 },
            ..FrontEndConfig::base()
        }
    }

    /// librosa's `melspectrogram` and `power_to_db` with `n_fft=512, win_length=400, hop_length=160, n_mels=80`:
    /// Slaney's scale and norm, centred windows, decibels above 1e-10.
    pub const fn librosa() -> Self {
        FrontEndConfig {
            mel_bins: 80,
            low_hz: 0.0,
            high_hz: 8000.0,
            floor: 1e-10,
            edges: Edges::Silence,
            mel_scale: MelScale::Slaney,
            triangles: Triangles::Hertz,
            height: Height::EqualArea,
            compression: Compression::Decibel,
            ..FrontEndConfig::base()
        }
    }

    /// The bands of [`FrontEndConfig::base`] at 16-bit scale, with per-channel energy normalisation instead of the
    /// logarithm: loudness and stationary noise are divided out.
    pub const fn pcen() -> Self {
        FrontEndConfig {
            full_scale: 32768.0,
            compression: Compression::Pcen(PcenConfig::librosa()),
            ..FrontEndConfig::base()
        }
    }

    /// Samples before the audio that the first window reaches back.
    pub(super) fn lead_samples(&self) -> usize {
        match self.edges {
            Edges::Snip => 0,
            Edges::Silence => self.window_samples / 2,
            Edges::Mirror => (self.window_samples / 2).saturating_sub(self.hop_samples / 2),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let nyquist_hz = f64::from(SAMPLE_RATE_HZ / 2);
        ConfigError::check("fft_samples", self.fft_samples as f64, MIN_FFT as f64, MAX_FFT as f64)?;
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
        ConfigError::check("floor", f64::from(self.floor), f64::from(f32::MIN_POSITIVE), 1.0)?;
        ConfigError::check("full_scale", f64::from(self.full_scale), 1.0, 65536.0)?;
        let pre_emphasis = match self.conditioning {
            Conditioning::None => 0.0,
            Conditioning::Frame { pre_emphasis, .. } => pre_emphasis,
            Conditioning::Stream { dc_cut_hz, pre_emphasis } => {
                ConfigError::check("dc_cut_hz", f64::from(dc_cut_hz), 0.0, 1000.0)?;
                pre_emphasis
            }
        };
        ConfigError::check("pre_emphasis", f64::from(pre_emphasis), 0.0, 1.0)?;
        match self.compression {
            Compression::Pcen(pcen) => pcen.check(),
            _ => Ok(()),
        }
    }
}

impl Default for FrontEndConfig {
    fn default() -> Self {
        FrontEndConfig::base()
    }
}
