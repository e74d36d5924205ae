//! What becomes of the band energies: the one compression that the configuration chose.

use super::log::Log;
use super::mel::Mel;
use super::pcen::Pcen;
use super::{Compression, FrontEndConfig};
use crate::simd::Level;

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a microcontroller has no heap to put the large one on")]
pub(super) enum Compressor {
    None,
    Log(Log),
    Pcen(Pcen),
}

impl Compressor {
    pub(super) fn new(config: &FrontEndConfig, level: Level) -> Self {
        match config.compression {
            Compression::None => Compressor::None,
            Compression::NaturalLog => Compressor::Log(Log::natural(config.floor, level)),
            Compression::Decibel => Compressor::Log(Log::decibel(config.floor, level)),
            Compression::Pcen(pcen) => Compressor::Pcen(Pcen::new(pcen, config.hop_samples, level)),
        }
    }

    pub(super) fn apply(&mut self, mel: &mut Mel, bins: usize) {
        match self {
            Compressor::None => (),
            Compressor::Log(log) => log.apply(mel, bins),
            Compressor::Pcen(pcen) => pcen.apply(mel, bins),
        }
    }

    pub(super) fn reset(&mut self) {
        if let Compressor::Pcen(pcen) = self {
            pcen.reset();
        }
    }
}
