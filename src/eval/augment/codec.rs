//! What telephones and cheap links do to samples.

use super::band::Band;
use std::fmt;
use std::prelude::rust_2024::*;
use std::str::FromStr;

/// How samples were carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// µ-law at 8 kHz, 64 kbit/s: ITU-T G.711.
    MuLaw,
    /// A-law at 8 kHz: ITU-T G.711.
    ALaw,
    /// Rounded to so many bits, 2 to 15, at 16 kHz.
    Bits(u32),
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Codec::MuLaw => f.write_str("mulaw"),
            Codec::ALaw => f.write_str("alaw"),
            Codec::Bits(bits) => write!(f, "bits{bits}"),
        }
    }
}

impl FromStr for Codec {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Codec, &'static str> {
        match (text, text.strip_prefix("bits").map(str::parse)) {
            ("mulaw", _) => Ok(Codec::MuLaw),
            ("alaw", _) => Ok(Codec::ALaw),
            (_, Some(Ok(bits @ 2..=15))) => Ok(Codec::Bits(bits)),
            _ => Err("`mulaw`, `alaw` or `bits2` to `bits15`"),
        }
    }
}

/// Samples on their way through a codec.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    codec: Codec,
    /// Before the rate is halved, and after it is doubled again.
    before: Band,
    after: Band,
    odd: bool,
}

impl Carried {
    pub(super) fn new(codec: Codec) -> Carried {
        let half = || Band::new(0.0, 3400.0);
        Carried { codec, before: half(), after: half(), odd: false }
    }

    pub(super) fn process(&mut self, sample: f32) -> f32 {
        if let Codec::Bits(bits) = self.codec {
            let steps = (1u32 << (bits - 1)) as f32;
            return libm::rintf(sample.clamp(-1.0, 1.0) * steps).min(steps - 1.0) / steps;
        }
        let narrow = self.before.process(sample);
        self.odd = !self.odd;
        // Every second sample is carried; zeros between them and a gain of 2 bring the rate back.
        let carried = if self.odd {
            let pcm = libm::rintf(narrow * 32_768.0).clamp(-32_768.0, 32_767.0) as i32;
            let back = if self.codec == Codec::MuLaw { mu_law(pcm) } else { a_law(pcm) };
            2.0 * back as f32 / 32_768.0
        } else {
            0.0
        };
        self.after.process(carried)
    }
}

/// There and back, 16-bit scale. G.711 has 14 bits here: segments that double, 16 steps each, with an offset of 33.
fn mu_law(pcm: i32) -> i32 {
    let magnitude = (pcm.abs() >> 2).min(8158) + 33;
    let segment = magnitude.ilog2() - 5;
    let step = (magnitude >> (segment + 1)) & 15;
    let back = (((step * 2 + 33) << segment) - 33) << 2;
    if pcm < 0 { -back } else { back }
}

/// There and back, 16-bit scale. G.711 has 13 bits here: the first two segments are alike, the others double.
fn a_law(pcm: i32) -> i32 {
    // Negative numbers are counted from −1.
    let magnitude = (if pcm < 0 { !pcm } else { pcm }) >> 4;
    let back = match magnitude.checked_ilog2().unwrap_or(0) {
        0..=4 => (magnitude << 4) + 8,
        exponent => {
            let shift = exponent - 4;
            (((magnitude >> shift) << shift) << 4) + (8 << shift)
        }
    };
    if pcm < 0 { -back } else { back }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Tables 1 and 2 of G.711: the decision values' outputs at the ends and of the first segments.
    #[test]
    fn the_levels_are_those_of_g_711() {
        let levels = |law: fn(i32) -> i32| (-32_768..=32_767).map(law).collect::<BTreeSet<_>>();
        let mu: Vec<i32> = levels(mu_law).into_iter().filter(|level| *level >= 0).collect();
        assert_eq!((mu.len(), mu[0], mu[1], mu[16], mu[127]), (128, 0, 8, 132, 32_124));
        let a: Vec<i32> = levels(a_law).into_iter().filter(|level| *level > 0).collect();
        assert_eq!((a.len(), a[0], a[1], a[32], a[127]), (128, 8, 24, 528, 32_256));
    }

    /// Two bits: −1, −½, 0 and ½.
    #[test]
    fn bits_are_rounded_and_stay_in_their_range() {
        let mut line = Carried::new(Codec::Bits(2));
        let heard = [-2.0, -0.6, -0.2, 0.2, 0.3, 0.9, 2.0].map(|x| line.process(x));
        assert_eq!(heard, [-1.0, -0.5, 0.0, 0.0, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn names_come_back() {
        for codec in [Codec::MuLaw, Codec::ALaw, Codec::Bits(8)] {
            assert_eq!(codec.to_string().parse(), Ok(codec));
        }
        assert!("bits16".parse::<Codec>().is_err() && "opus".parse::<Codec>().is_err());
    }
}
