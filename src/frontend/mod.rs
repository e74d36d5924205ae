//! From samples to mel frames: window → real FFT → power → mel filterbank → compression, one frame every 10 ms.
//!
//! [`FrontEnd`] computes in `f32`, [`FrontEndConfig`] says what: the features of earnest's own models, of Kaldi, of
//! librosa, with logarithm or per-channel energy normalisation. [`BaseFrontEnd`] gives the first of these, bit for bit,
//! with its tables in flash. [`MicroFrontEnd`] is the integer front end of TensorFlow Lite Micro, bit for bit.

mod config;
mod conditioning;
mod framing;
mod series;
mod window;
mod butterflies;
mod fft;
mod mel;
mod compression;
mod log;
mod pcen;
mod base;
mod micro;

pub use base::{BaseFrontEnd, BaseMemory};
pub use config::{
    Compression, Conditioning, Edges, FrontEndConfig, Height, MelScale, Triangles, WindowShape,
};
pub use fft::{MAX_FFT, MIN_FFT, RealFft, RealFftF32};
pub use micro::{MicroFrontEnd, MicroFrontEndConfig};
pub use pcen::PcenConfig;

use crate::audio::{Sample, SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::simd::{BLOCK, Level};
use compression::Compressor;
use framing::{Framer, Ready};
use mel::{MEL_BLOCKS, Mel, MelFilterbank, POWER_BLOCKS, Power};
use window::Window;

/// Most mel bins a frame can have.
pub const MAX_MEL_BINS: usize = 128;

/// One frame: the mel spectrum of a short window of audio.
#[derive(Clone, Debug)]
pub struct MelFrame {
    /// Number of the frame, from 0 at the start or the last reset.
    pub index: u64,
    /// The samples the window saw.
    pub span: SampleSpan,
    /// Power of the windowed audio, 1 for a square wave at full scale, 0.5 for a sine.
    pub mean_square: f32,
    bins: usize,
    mel: Mel,
}

impl MelFrame {
    fn new(bins: usize) -> Self {
        let mel = [[0.0; BLOCK]; MEL_BLOCKS];
        MelFrame { index: 0, span: SampleSpan::default(), mean_square: 0.0, bins, mel }
    }

    /// A frame with these bands, the first, of no power.
    pub(crate) fn of(span: SampleSpan, bands: &[f32]) -> Self {
        let mut frame = MelFrame { span, ..MelFrame::new(bands.len()) };
        frame.mel.as_flattened_mut().iter_mut().zip(bands).for_each(|(to, from)| *to = *from);
        frame
    }

    /// Compressed mel energies, lowest band first; their number and scale are the configuration's.
    pub fn mel(&self) -> &[f32] {
        let mel = self.mel.as_flattened();
        mel.get(..self.bins).unwrap_or(mel)
    }
}

/// Of no bins, at sample 0.
impl Default for MelFrame {
    fn default() -> Self {
        MelFrame::new(0)
    }
}

/// What gives a chain its mel frames: [`FrontEnd`] or [`BaseFrontEnd`].
pub trait MelSource {
    /// Takes samples from `input` until a frame is ready or `input` is empty, and leaves the rest in `input`. After
    /// `None` all of it is taken in.
    fn process<S: Sample>(&mut self, input: &mut &[S]) -> Option<&MelFrame>;

    /// As new, but that the next sample is sample `now`. Nothing of what was heard is left in memory.
    fn reset_at(&mut self, now: SampleIndex);
}

impl<F: RealFft> MelSource for FrontEnd<F> {
    fn process<S: Sample>(&mut self, input: &mut &[S]) -> Option<&MelFrame> {
        FrontEnd::process(self, input)
    }

    fn reset_at(&mut self, now: SampleIndex) {
        FrontEnd::reset_at(self, now);
    }
}

/// The front end: samples in, mel frames out. `F` is the Fourier transform, earnest's own unless it is given
/// another.
#[derive(Clone, Debug)]
pub struct FrontEnd<F = RealFftF32> {
    config: FrontEndConfig,
    framer: Framer,
    window: Window,
    fft: F,
    filterbank: MelFilterbank,
    compressor: Compressor,
    power: Power,
    frame: MelFrame,
}

impl FrontEnd {
    /// Makes all tables, for the best instruction set of this machine.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first field that is out of range.
    pub fn new(config: FrontEndConfig) -> Result<Self, ConfigError> {
        FrontEnd::with_level(config, Level::detect())
    }

    /// As [`FrontEnd::new`], for an instruction set of the caller's choice. All levels give the same bits.
    ///
    /// # Errors
    /// As [`FrontEnd::new`].
    pub fn with_level(config: FrontEndConfig, level: Level) -> Result<Self, ConfigError> {
        config.check()?;
        FrontEnd::with_fft(config, RealFftF32::with_level(config.fft_samples, level)?, level)
    }
}

impl<F: RealFft> FrontEnd<F> {
    /// A front end around another Fourier transform.
    ///
    /// # Errors
    /// As [`FrontEnd::new`], and [`ConfigError::Mismatch`] if `fft` is not as long as `config.fft_samples`.
    pub fn with_fft(config: FrontEndConfig, fft: F, level: Level) -> Result<Self, ConfigError> {
        config.check()?;
        if fft.len() != config.fft_samples {
            let (expected, actual) = (config.fft_samples, fft.len());
            return Err(ConfigError::Mismatch { what: "fft_samples", expected, actual });
        }
        // What can fail comes first: then the rest is made where it will lie, not on the stack and copied.
        let filterbank = MelFilterbank::new(&config, level)?;
        Ok(FrontEnd {
            config,
            framer: Framer::new(&config, [0.0; MAX_FFT]),
            window: Window::new(&config),
            fft,
            filterbank,
            compressor: Compressor::new(&config, level),
            power: [[0.0; BLOCK]; POWER_BLOCKS],
            frame: MelFrame::new(config.mel_bins),
        })
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &FrontEndConfig {
        &self.config
    }

    /// Takes samples from `input` until a frame is ready or `input` is empty, and leaves the rest in `input`.
    ///
    /// Call it until it gives `None`; then all of `input` is taken in. The frames don't depend on how the
    /// audio is cut into calls.
    ///
    /// # Real time
    /// No allocation; at most one FFT a call.
    pub fn process<S: Sample>(&mut self, input: &mut &[S]) -> Option<&MelFrame> {
        let ready = self.framer.fill(input)?;
        Some(self.compute(ready))
    }

    /// The frames at the end of a recording whose windows reach beyond it, one a call, then `None`.
    ///
    /// There are none with [`Edges::Snip`], nor with [`Edges::Mirror`] in less audio than one window. A stream that
    /// never ends never needs it. Call [`FrontEnd::reset`] before new audio.
    pub fn finish(&mut self) -> Option<&MelFrame> {
        let ready = self.framer.finish()?;
        Some(self.compute(ready))
    }

    fn compute(&mut self, ready: Ready) -> &MelFrame {
        match self.config.conditioning {
            Conditioning::Frame { remove_mean, pre_emphasis } => {
                self.transform_prepared(remove_mean, pre_emphasis)
            }
            _ => transform(&mut self.fft, self.framer.frame(), &self.window, &mut self.power),
        }
        let total = self.filterbank.apply(&self.power, &mut self.frame.mel);
        self.compressor.apply(&mut self.frame.mel, self.config.mel_bins);
        self.frame.mean_square = mean_square(&self.power, total, self.config.fft_samples, &self.window);
        self.frame.span = ready.span;
        self.frame.index = ready.index;
        &self.frame
    }

    /// Apart, so that the copy of the window takes stack only where it is needed.
    #[inline(never)]
    fn transform_prepared(&mut self, remove_mean: bool, pre_emphasis: f32) {
        let window_samples = self.config.window_samples;
        let frame = conditioning::prepare(self.framer.frame(), window_samples, remove_mean, pre_emphasis);
        transform(&mut self.fft, &frame, &self.window, &mut self.power);
    }

    /// Samples taken in since the start or the last reset.
    pub fn now(&self) -> SampleIndex {
        self.framer.now()
    }

    /// As new: the next sample is sample 0.
    pub fn reset(&mut self) {
        self.reset_at(SampleIndex(0));
    }

    /// As new, but that the next sample is sample `now`: listening goes on after a stretch that was not heard.
    ///
    /// Nothing of what was heard is left in memory. One transform of silence overwrites the scratch, whatever the
    /// transform is, so this takes about as long as a frame.
    pub fn reset_at(&mut self, now: SampleIndex) {
        self.framer.reset(now);
        self.compressor.reset();
        transform(&mut self.fft, &[0.0; MAX_FFT], &self.window, &mut self.power);
        self.frame = MelFrame::new(self.config.mel_bins);
    }
}

/// Of the windowed audio; `total`: sum of all `power`.
fn mean_square(power: &Power, total: f32, fft_samples: usize, window: &Window) -> f32 {
    // Parseval: every bin but the first and the last stands for two.
    let power = power.as_flattened();
    let once = |bin: usize| power.get(bin).copied().unwrap_or(0.0);
    let both_sides = 2.0 * total - once(0) - once(fft_samples / 2);
    both_sides * window.inverse_energy() / fft_samples as f32
}

fn transform<F: RealFft>(fft: &mut F, frame: &[f32; MAX_FFT], window: &Window, power: &mut Power) {
    let len = fft.len();
    let (frame, power) = (frame.get(..len), power.as_flattened_mut().get_mut(..len / 2 + 1));
    if let (Some(frame), Some(power)) = (frame, power) {
        fft.power(frame, window.weights(len), power);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// The presets, and what they leave out.
    fn presets() -> [FrontEndConfig; 7] {
        [
            FrontEndConfig::base(),
            FrontEndConfig::kaldi(),
            FrontEndConfig::librosa(),
            FrontEndConfig::pcen(),
            FrontEndConfig { edges: Edges::Mirror, ..FrontEndConfig::kaldi() },
            FrontEndConfig {
                conditioning: Conditioning::Stream { dc_cut_hz: 20.0, pre_emphasis: 0.97 },
                compression: Compression::None,
                window: WindowShape::Hamming,
                ..FrontEndConfig::base()
            },
            FrontEndConfig {
                window_samples: 200,
                hop_samples: 70,
                fft_samples: 256,
                mel_bins: 20,
                ..FrontEndConfig::base()
            },
        ]
    }

    type Bits = (u64, SampleSpan, u32, Vec<u32>);

    fn bits(frame: &MelFrame) -> Bits {
        let mel = frame.mel().iter().map(|v| v.to_bits()).collect();
        (frame.index, frame.span, frame.mean_square.to_bits(), mel)
    }

    /// All frames of `pcm`, which comes in chunks of these sizes and then whatever is left.
    fn frames(front_end: &mut FrontEnd, pcm: &[i16], chunks: &[usize]) -> Vec<Bits> {
        let mut out = Vec::new();
        let mut rest = pcm;
        for &n in chunks.iter().chain(&[pcm.len()]) {
            let (mut chunk, after) = rest.split_at(n.min(rest.len()));
            rest = after;
            while let Some(frame) = front_end.process(&mut chunk) {
                out.push(bits(frame));
            }
            assert!(chunk.is_empty());
        }
        while let Some(frame) = front_end.finish() {
            out.push(bits(frame));
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn neither_chunks_nor_levels_nor_history_change_a_bit(
            preset in 0usize..7,
            pcm in prop::collection::vec(any::<i16>(), 0..3000),
            shift in 0u32..16,
            sizes in prop::collection::vec(0usize..700, 1..20),
        ) {
            let pcm: Vec<i16> = pcm.into_iter().map(|x| x >> shift).collect();
            let config = presets()[preset];
            let whole = frames(&mut FrontEnd::with_level(config, Level::scalar()).unwrap(), &pcm, &[]);
            let hop = config.hop_samples;
            let expected = match config.edges {
                Edges::Snip => (pcm.len() + hop).saturating_sub(config.window_samples) / hop,
                Edges::Silence => pcm.len() / hop + 1,
                Edges::Mirror if pcm.len() < config.window_samples => whole.len(),
                Edges::Mirror => (pcm.len() + hop / 2) / hop,
            };
            prop_assert_eq!(whole.len(), expected);
            for level in Level::all() {
                let mut front_end = FrontEnd::with_level(config, level).unwrap();
                frames(&mut front_end, &[12345; 777], &[]);
                front_end.reset();
                prop_assert_eq!(&whole, &frames(&mut front_end, &pcm, &sizes), "{}", level);
            }
        }

        #[test]
        fn the_tables_in_flash_give_the_same_bits(
            pcm in prop::collection::vec(any::<i16>(), 0..3000),
            shift in 0u32..16,
            chunk in 1usize..700,
        ) {
            let pcm: Vec<i16> = pcm.into_iter().map(|x| x >> shift).collect();
            let whole = frames(&mut FrontEnd::new(FrontEndConfig::base()).unwrap(), &pcm, &[]);
            let mut memory = BaseMemory::ZERO;
            let mut base = BaseFrontEnd::new(&mut memory);
            base.process(&mut &[777i16; 333][..]);
            base.reset_at(SampleIndex(0));
            let mut found = Vec::new();
            for mut chunk in pcm.chunks(chunk) {
                while let Some(frame) = base.process(&mut chunk) {
                    found.push(bits(frame));
                }
            }
            prop_assert_eq!(whole, found);
        }

        #[test]
        fn the_integer_front_end_takes_any_chunks(
            pcm in prop::collection::vec(any::<i16>(), 0..3000),
            sizes in prop::collection::vec(0usize..700, 1..20),
        ) {
            let run = |chunks: &[usize]| {
                let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
                let mut out = Vec::new();
                for audio in [&[4321i16; 999][..], &pcm] {
                    front_end.reset();
                    out.clear();
                    let mut rest = audio;
                    for &n in chunks.iter().chain(&[audio.len()]) {
                        let (mut chunk, after) = rest.split_at(n.min(rest.len()));
                        rest = after;
                        while let Some(frame) = front_end.process(&mut chunk) {
                            out.push(bits(frame));
                        }
                    }
                }
                out
            };
            prop_assert_eq!(run(&[]), run(&sizes));
        }
    }

    /// The same on every machine and in every version of the compiler, not only on all levels of one: FNV-1a of the
    /// bits of ten frames of noise, one hash a preset.
    #[test]
    fn the_bits_are_these() {
        let mut state = 1u32;
        let pcm: Vec<i16> = (0..2000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 18) as i16
            })
            .collect();
        let hashes = presets().map(|config| {
            let all = frames(&mut FrontEnd::new(config).unwrap(), &pcm, &[]);
            let words = all.iter().flat_map(|(_, _, power, mel)| mel.iter().chain([power]));
            words.flat_map(|word| word.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        });
        let expected = [
            0xeb0d_054e_2af4_e495,
            0xcc6c_727c_0fbe_0648,
            0xce61_e837_41d7_550c,
            0x2cbb_f8da_5057_833d,
            0xfb88_84c6_d357_f189,
            0x532b_e3e6_5350_3938,
            0x844c_1e79_e233_4cc1,
        ];
        assert_eq!(hashes, expected, "{hashes:#018x?}");
    }

    #[test]
    fn another_transform_plugs_in() {
        struct Naive;
        impl RealFft for Naive {
            fn len(&self) -> usize {
                512
            }
            fn power(&mut self, frame: &[f32], window: &[f32], power: &mut [f32]) {
                for (k, power) in power.iter_mut().enumerate() {
                    let (mut re, mut im) = (0.0, 0.0);
                    for (n, (x, w)) in frame.iter().zip(window).enumerate() {
                        let angle = core::f64::consts::TAU * ((k * n) % 512) as f64 / 512.0;
                        re += f64::from(x * w) * libm::cos(angle);
                        im += f64::from(x * w) * libm::sin(angle);
                    }
                    *power = (re * re + im * im) as f32;
                }
            }
        }
        let pcm: Vec<i16> = (0..400).map(|i| (i * 7919 % 20011 - 10000) as i16).collect();
        let mut own = FrontEnd::new(FrontEndConfig::base()).unwrap();
        let mut other = FrontEnd::with_fft(FrontEndConfig::base(), Naive, Level::detect()).unwrap();
        let (own, other) = (own.process(&mut &pcm[..]).unwrap(), other.process(&mut &pcm[..]).unwrap());
        for (a, b) in own.mel().iter().zip(other.mel()) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        let short = FrontEndConfig { window_samples: 200, fft_samples: 256, ..FrontEndConfig::base() };
        assert!(matches!(
            FrontEnd::with_fft(short, Naive, Level::detect()),
            Err(ConfigError::Mismatch { expected: 256, actual: 512, .. })
        ));
    }

    #[test]
    fn mean_square_is_the_signals_power() {
        let sine: Vec<i16> = (0..1600)
            .map(|i| (16384.0 * libm::sin(i as f64 * core::f64::consts::TAU * 1000.0 / 16000.0)) as i16)
            .collect();
        for config in [FrontEndConfig::base(), FrontEndConfig::pcen(), FrontEndConfig { ..presets()[6] }] {
            let mut front_end = FrontEnd::new(config).unwrap();
            let frame = front_end.process(&mut &sine[..]).unwrap();
            assert!((frame.mean_square - 0.125).abs() < 1e-4, "{}", frame.mean_square);
        }
        let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
        let frame = front_end.process(&mut &sine[..]).unwrap();
        assert!((frame.mean_square - 0.125).abs() < 1e-4, "{}", frame.mean_square);
    }

    #[test]
    fn fits_a_microcontroller() {
        assert!(size_of::<FrontEnd>() <= 16 * 1024, "{}", size_of::<FrontEnd>());
        assert!(size_of::<MicroFrontEnd>() <= 11 * 1024, "{}", size_of::<MicroFrontEnd>());
    }
}
