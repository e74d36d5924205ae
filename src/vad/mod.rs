//! Voice activity detection: is somebody speaking, how loud, over what noise, since when.
//!
//! | detector | looks at | for |
//! |---|---|---|
//! | [`MelVad`] | mel frames of the base front end | almost everything |
//! | [`EnergyVad`] | the level of frames of any front end | quiet rooms, other front ends |
//! | `EarshotVad` (feature `earshot`) | the samples | a second opinion at many times the cost |
//!
//! `benches/README.md` has their accuracy in noise, beside WebRTC's and Silero's.

mod noise;
mod segments;
mod energy;
mod mel;
#[cfg(feature = "earshot")]
mod earshot;

#[cfg(feature = "earshot")]
pub use self::earshot::{EarshotVad, EarshotVadConfig};
pub use energy::{EnergyVad, EnergyVadConfig};
pub use mel::{INPUTS, MelVad, MelVadConfig, VadFeatures};
pub use segments::MAX_TALK_WINDOW_S;

use crate::audio::SampleIndex;
use crate::frontend::MelFrame;

/// What the VAD says about one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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
    /// While nobody speaks: samples since the last speech ended. While somebody does: samples of quiet before this
    /// speech began. Counted from the start of listening where there was no speech before.
    pub quiet_samples: u64,
    /// Samples of speech, from onset to end, within the configured last seconds (`talk_window_s`). At an end the
    /// hangover is taken off again: it counted as speech only as long as it could have been a pause.
    pub talk_samples: u32,
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

/// A voice activity detector: one judgement for every mel frame.
pub trait VoiceActivityDetector {
    /// The samples themselves, for a detector that needs them; the others ignore them. Before a frame is judged,
    /// everything up to the end of its window has been heard, in order, in any chunks.
    fn hear(&mut self, pcm: &[i16]) {
        let _ = pcm;
    }

    /// Judges the next frame. Frames come in order, none left out, one every 160 samples.
    fn process(&mut self, frame: &MelFrame) -> VadFrame;

    /// As new.
    fn reset(&mut self);
}

/// Natural log of a power to dB.
fn decibel(nats: f32) -> f32 {
    nats * (10.0 * core::f32::consts::LOG10_E)
}
