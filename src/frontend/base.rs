//! The front end of earnest's own models with its tables in flash.

use super::fft::{Factors, Scratch, power_512};
use super::framing::{Framer, Ready};
use super::log::Log;
use super::mel::{BaseBank, POWER_BLOCKS, Power};
use super::window::Window;
use super::{FrontEndConfig, MAX_FFT, MelFrame, MelSource, mean_square};
use crate::audio::{Sample, SampleIndex};
use crate::simd::{BLOCK, Level};

const CONFIG: FrontEndConfig = FrontEndConfig::base();
static WINDOW: Window = Window::base();
static FACTORS: Factors = Factors::of_512();
static BANK: BaseBank = BaseBank::new();

/// What a [`BaseFrontEnd`] works in. Plain numbers: any bytes are one.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct BaseMemory {
    samples: [f32; MAX_FFT],
    scratch: Scratch,
    power: Power,
}

impl BaseMemory {
    /// As a front end takes it.
    pub const ZERO: BaseMemory =
        BaseMemory { samples: [0.0; MAX_FFT], scratch: Scratch::ZERO, power: [[0.0; BLOCK]; POWER_BLOCKS] };
}

/// [`FrontEnd`](super::FrontEnd) of [`FrontEndConfig::base`], bit for bit, for machines with little memory: what others
/// compute at construction, the compiler has computed. It takes a third of the memory, and next to no stack.
#[derive(Debug)]
pub struct BaseFrontEnd<'a> {
    framer: Framer<&'a mut [f32; MAX_FFT]>,
    level: Level,
    scratch: &'a mut Scratch,
    power: &'a mut Power,
    frame: MelFrame,
}

impl<'a> BaseFrontEnd<'a> {
    /// A front end for the best instruction set of this machine. What is in `memory` is overwritten.
    pub fn new(memory: &'a mut BaseMemory) -> Self {
        let BaseMemory { samples, scratch, power } = memory;
        samples.fill(0.0);
        power.as_flattened_mut().fill(0.0);
        BaseFrontEnd {
            framer: Framer::new(&CONFIG, samples),
            level: Level::detect(),
            scratch,
            power,
            frame: MelFrame::new(CONFIG.mel_bins),
        }
    }

    fn transform(&mut self, silence: bool) {
        const SILENCE: &[f32; CONFIG.fft_samples] = &[0.0; CONFIG.fft_samples];
        let frame = if silence { SILENCE } else { self.framer.frame() };
        let power = self.power.as_flattened_mut().get_mut(..CONFIG.fft_samples / 2 + 1).unwrap_or_default();
        let window = WINDOW.weights(CONFIG.fft_samples);
        power_512(self.level, &FACTORS, self.scratch, frame, window, power);
    }

    fn compute(&mut self, ready: Ready) -> &MelFrame {
        self.transform(false);
        let total = BANK.apply(self.level, self.power, &mut self.frame.mel);
        Log::natural(CONFIG.floor, self.level).apply(&mut self.frame.mel, CONFIG.mel_bins);
        self.frame.mean_square = mean_square(self.power, total, CONFIG.fft_samples, &WINDOW);
        self.frame.span = ready.span;
        self.frame.index = ready.index;
        &self.frame
    }

    /// Samples taken in since the start or the last reset.
    pub fn now(&self) -> SampleIndex {
        self.framer.now()
    }
}

impl MelSource for BaseFrontEnd<'_> {
    fn process<S: Sample>(&mut self, input: &mut &[S]) -> Option<&MelFrame> {
        let ready = self.framer.fill(input)?;
        Some(self.compute(ready))
    }

    fn reset_at(&mut self, now: SampleIndex) {
        self.framer.reset(now);
        self.transform(true);
        self.frame = MelFrame::new(CONFIG.mel_bins);
    }
}
