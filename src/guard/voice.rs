//! Level and mean spectrum of a voice: is the one who answers the one who asked?

use crate::frontend::MelFrame;

/// Bands of the mean spectrum.
pub const VOICE_BANDS: usize = 8;

/// How a stretch of speech sounded on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceFacts {
    /// Mean level, dB; only differences matter.
    pub level_db: f32,
    /// Mean level of each band less `level_db`, dB, from low to high.
    pub bands_db: [f32; VOICE_BANDS],
}

impl VoiceFacts {
    /// Change of level, dB, and root mean square change of the bands, dB.
    pub fn change(&self, other: &VoiceFacts) -> (f32, f32) {
        let level = libm::fabsf(self.level_db - other.level_db);
        let squares: f32 = self.bands_db.iter().zip(&other.bands_db).map(|(a, b)| (a - b) * (a - b)).sum();
        (level, libm::sqrtf(squares / VOICE_BANDS as f32))
    }
}

/// Averages the log-mel frames of speech, from one [`reset`](VoiceMeter::reset) to the next.
#[derive(Clone, Debug, Default)]
pub struct VoiceMeter {
    sums: [f32; VOICE_BANDS],
    frames: u32,
}

impl VoiceMeter {
    /// Nothing heard yet.
    pub fn new() -> Self {
        VoiceMeter::default()
    }

    /// Takes in a frame of natural logarithms of power (front end `base`). Give it frames of speech only.
    pub fn process(&mut self, frame: &MelFrame) {
        let mel = frame.mel();
        let width = mel.len().div_ceil(VOICE_BANDS).max(1);
        for (sum, band) in self.sums.iter_mut().zip(mel.chunks(width)) {
            *sum += band.iter().sum::<f32>() / band.len() as f32;
        }
        self.frames += 1;
    }

    /// What was heard since the last reset; `None` if nothing was.
    pub fn facts(&self) -> Option<VoiceFacts> {
        if self.frames == 0 {
            return None;
        }
        let to_db = 10.0 * core::f32::consts::LOG10_E / self.frames as f32;
        let mut bands_db = self.sums.map(|sum| sum * to_db);
        let level_db = bands_db.iter().sum::<f32>() / VOICE_BANDS as f32;
        bands_db.iter_mut().for_each(|band| *band -= level_db);
        Some(VoiceFacts { level_db, bands_db })
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        *self = VoiceMeter::default();
    }
}
