//! Energy over a noise floor, for frames of any front end.

use super::segments::Segmenter;
use super::{VadFrame, VoiceActivityDetector};
use crate::error::ConfigError;
use crate::frontend::MelFrame;

/// How the energy VAD decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyVadConfig {
    /// A frame is likelier speech than not from this far above the noise floor, 1 to 40 dB.
    pub threshold_db: f32,
    /// Probability goes from 0.5 to 0.73 over this many dB, 0.1 to 20.
    pub slope_db: f32,
    /// So many likely frames in a row begin speech, 1 to 100.
    pub onset_frames: u32,
    /// Speech goes on for so many unlikely frames, 1 to 500.
    pub hangover_frames: u32,
    /// The floor climbs at this rate towards a louder background, 0.01 to 100 dB a second. It falls at once.
    pub floor_rise_db_per_s: f32,
    /// Nothing below this level is speech, −100 to 0 dB: digital silence has no floor to stand above.
    pub quietest_db: f32,
    /// Talk time is summed over so long, s: 1 to 60, and not below the hangover.
    pub talk_window_s: u32,
}

impl Default for EnergyVadConfig {
    fn default() -> Self {
        EnergyVadConfig {
            threshold_db: 9.0,
            slope_db: 2.0,
            onset_frames: 3,
            hangover_frames: 30,
            floor_rise_db_per_s: 3.0,
            quietest_db: -65.0,
            talk_window_s: 10,
        }
    }
}

/// See [`EnergyVadConfig`].
#[derive(Clone, Debug)]
pub struct EnergyVad {
    config: EnergyVadConfig,
    floor_db: Option<f32>,
    segmenter: Segmenter,
}

impl EnergyVad {
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub fn new(config: EnergyVadConfig) -> Result<Self, ConfigError> {
        ConfigError::check("threshold_db", f64::from(config.threshold_db), 1.0, 40.0)?;
        ConfigError::check("slope_db", f64::from(config.slope_db), 0.1, 20.0)?;
        ConfigError::check("floor_rise_db_per_s", f64::from(config.floor_rise_db_per_s), 0.01, 100.0)?;
        ConfigError::check("quietest_db", f64::from(config.quietest_db), -100.0, 0.0)?;
        let segmenter = Segmenter::new(config.onset_frames, config.hangover_frames, config.talk_window_s)?;
        Ok(EnergyVad { config, floor_db: None, segmenter })
    }
}

impl VoiceActivityDetector for EnergyVad {
    fn process(&mut self, frame: &MelFrame) -> VadFrame {
        let config = &self.config;
        let level_db = 10.0 * libm::log10f(frame.mean_square.max(1e-10));
        let rise = config.floor_rise_db_per_s * 0.01;
        let floor =
            self.floor_db.map_or(level_db, |floor| level_db.min(floor + rise)).max(config.quietest_db - 20.0);
        self.floor_db = Some(floor);
        let snr_db = level_db - floor;
        let probability = if level_db < config.quietest_db {
            0.0
        } else {
            1.0 / (1.0 + libm::expf((config.threshold_db - snr_db) / config.slope_db))
        };
        self.segmenter.process(frame.span, probability >= 0.5, probability, level_db, floor)
    }

    fn reset(&mut self) {
        self.floor_db = None;
        self.segmenter.reset();
    }
}
