//! Voice activity detection: is somebody speaking, how loud, over what noise.

mod energy;

pub use energy::{EnergyVad, EnergyVadConfig};

use crate::audio::SampleIndex;
use crate::frontend::MelFrame;

/// What the VAD says about one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VadFrame {
    /// Whether this frame belongs to speech, hangover included.
    pub speech: bool,
    /// Probability of speech in this very frame, 0 to 1.
    pub probability: f32,
    /// Level, dB below a full-scale square wave.
    pub level_db: f32,
    /// Level of the background, same scale.
    pub noise_db: f32,
    /// Set in the frame in which speech was found to begin or to have ended.
    pub edge: Option<SpeechEdge>,
}

impl VadFrame {
    /// How far the frame stands above the background, dB.
    pub fn snr_db(&self) -> f32 {
        self.level_db - self.noise_db
    }
}

/// A change between silence and speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeechEdge {
    /// Speech began at this sample, a little before it was noticed.
    Onset(SampleIndex),
    /// The last speech ended at this sample, one hangover before it was noticed.
    End(SampleIndex),
}

/// A voice activity detector over mel frames.
pub trait VoiceActivityDetector {
    /// Judges the next frame. Frames come in order, none left out.
    fn process(&mut self, frame: &MelFrame) -> VadFrame;

    /// As new.
    fn reset(&mut self);
}
