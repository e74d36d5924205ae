//! Instruction sets: which there are, which this machine has, and the one a stage was told to use.
//!
//! Every hot loop is written once, over vectors of `f32` or over plain integers, and compiled for every level. The
//! order of all operations is fixed and nothing is fused, so all levels give the same bits: the level is a matter
//! of speed alone. The vectors are `fearless_simd`'s, which keeps this crate free of `unsafe`.

mod lanes;
pub(crate) mod math;

pub(crate) use lanes::{BLOCK, Kernel, Lanes};

use core::fmt;

/// An instruction set that the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// No vectors: one value at a time, for microcontrollers, and the yardstick of all others.
    Scalar,
    /// 128-bit vectors, on every x86-64.
    Sse2,
    /// 128-bit vectors, on every 64-bit Arm.
    Neon,
    /// 128-bit vectors of WebAssembly, if compiled in.
    Simd128,
    /// 256-bit vectors: x86-64-v3, so with FMA, BMI2 and F16C.
    Avx2,
    /// 512-bit vectors as of Ice Lake and Zen 4: F, BW, CD, DQ, VL, VNNI and VBMI among others.
    Avx512,
}

impl Isa {
    /// All instruction sets, narrow ones first.
    pub const ALL: [Isa; 6] = [Isa::Scalar, Isa::Sse2, Isa::Neon, Isa::Simd128, Isa::Avx2, Isa::Avx512];

    /// Name in lower case, as `avx512`.
    pub const fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Sse2 => "sse2",
            Isa::Neon => "neon",
            Isa::Simd128 => "simd128",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An instruction set that this machine is known to have.
///
/// There is no way to make a level that the machine lacks, so whoever holds one may run code compiled for it.
#[derive(Clone, Copy)]
pub struct Level(fearless_simd::Level);

impl Level {
    /// The best level of this machine. Without the `std` feature, the best one the compiler may take for granted.
    pub fn detect() -> Level {
        Level(fearless_simd::Level::try_detect().unwrap_or(fearless_simd::Level::baseline()))
    }

    /// Plain code without explicit vectors.
    pub const fn scalar() -> Level {
        Level(fearless_simd::Level::fallback())
    }

    /// The level for `isa`; `None` if this machine lacks it.
    pub fn of(isa: Isa) -> Option<Level> {
        #[allow(unused_variables, reason = "a machine without vectors has but one level")]
        let best = Level::detect().0;
        match isa {
            Isa::Scalar => Some(Level::scalar()),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Isa::Sse2 => best.as_sse2().map(|token| Level(fearless_simd::Level::Sse2(token))),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Isa::Avx2 => best.as_avx2().map(|token| Level(fearless_simd::Level::Avx2(token))),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Isa::Avx512 => best.as_avx512().map(|token| Level(fearless_simd::Level::Avx512(token))),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => best.as_neon().map(|token| Level(fearless_simd::Level::Neon(token))),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => {
                best.as_wasm_simd128().map(|token| Level(fearless_simd::Level::WasmSimd128(token)))
            }
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }

    /// All levels of this machine, the narrowest first.
    pub fn all() -> impl Iterator<Item = Level> {
        Isa::ALL.into_iter().filter_map(Level::of)
    }

    /// Which instruction set this is.
    pub fn isa(self) -> Isa {
        match self.0 {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Sse2(_) | fearless_simd::Level::Sse4_2(_) => Isa::Sse2,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2(_) => Isa::Avx2,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512(_) => Isa::Avx512,
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon(_) => Isa::Neon,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            fearless_simd::Level::WasmSimd128(_) => Isa::Simd128,
            _ => Isa::Scalar,
        }
    }
}

impl Default for Level {
    fn default() -> Self {
        Level::detect()
    }
}

impl PartialEq for Level {
    fn eq(&self, other: &Self) -> bool {
        self.isa() == other.isa()
    }
}

impl Eq for Level {}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Level({})", self.isa())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.isa().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn levels_are_what_they_say_and_the_best_is_last() {
        let all: Vec<Level> = Level::all().collect();
        assert_eq!(all[0], Level::scalar());
        assert_eq!(all[all.len() - 1], Level::detect());
        for isa in Isa::ALL {
            assert!(Level::of(isa).is_none_or(|level| level.isa() == isa));
        }
        assert_eq!(Level::of(Isa::Sse2).is_some(), cfg!(target_arch = "x86_64"));
        assert_eq!(Level::of(Isa::Neon).is_some(), cfg!(target_arch = "aarch64"));
    }
}
