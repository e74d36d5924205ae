//! The logarithm of the band energies.

use super::mel::Mel;
use crate::simd::{Kernel, Lanes, Level, math};

/// 10 / ln 10: from natural logarithm to decibel.
const DECIBEL: f32 = 4.342_945;

/// `unit` · ln(max(E, floor)) for the first `bins` energies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    floor: f32,
    unit: f32,
    level: Level,
}

impl Log {
    pub(super) fn natural(floor: f32, level: Level) -> Self {
        Log { floor, unit: 1.0, level }
    }

    pub(super) fn decibel(floor: f32, level: Level) -> Self {
        Log { floor, unit: DECIBEL, level }
    }

    pub(super) fn apply(self, mel: &mut Mel, bins: usize) {
        self.level.run(Apply { log: self, mel, bins });
    }
}

struct Apply<'a> {
    log: Log,
    mel: &'a mut Mel,
    bins: usize,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes>(self, token: V::Token) {
        let floor = V::splat(token, self.log.floor);
        let unit = V::splat(token, self.log.unit);
        for block in self.mel.iter_mut().take(self.bins.div_ceil(crate::simd::BLOCK)) {
            for part in 0..crate::simd::BLOCK / V::N {
                let energy = V::load(token, block, part).max(floor);
                (math::ln(token, energy) * unit).store(block, part);
            }
        }
    }
}
