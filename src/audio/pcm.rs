//! The scale of a sample is part of its type: `i16` is full scale at ±32768, [`Unit`] at ±1.

/// A float sample in [-1, 1]. Never NaN, never infinite.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Unit(f32);

impl Unit {
    /// A sample from a float in [-1, 1]. What lies outside is clipped; NaN becomes silence, because one bad
    /// sample must not poison the running state behind it for ever.
    pub fn saturating(value: f32) -> Unit {
        if value.is_nan() { Unit(0.0) } else { Unit(value.clamp(-1.0, 1.0)) }
    }

    /// The value, in [-1, 1].
    pub fn get(self) -> f32 {
        self.0
    }

    /// Rounded to the nearest 16-bit sample; +1 becomes 32767.
    pub fn to_i16(self) -> i16 {
        libm::rintf(self.0 * 32768.0).clamp(-32768.0, 32767.0) as i16
    }
}

impl From<i16> for Unit {
    fn from(sample: i16) -> Unit {
        Unit(f32::from(sample) * (1.0 / 32768.0))
    }
}

/// A sample whose scale is known from its type.
pub trait Sample: Copy {
    /// The same sample with full scale at ±1.
    fn unit(self) -> Unit;

    /// The same sample rounded to 16 bits.
    fn pcm(self) -> i16 {
        self.unit().to_i16()
    }
}

impl Sample for i16 {
    #[inline]
    fn unit(self) -> Unit {
        Unit::from(self)
    }
    #[inline]
    fn pcm(self) -> i16 {
        self
    }
}

impl Sample for Unit {
    #[inline]
    fn unit(self) -> Unit {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_16_bit_sample_survives_the_round_trip() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(sample.unit().to_i16(), sample);
        }
    }

    #[test]
    fn what_is_no_sample_becomes_one() {
        assert_eq!(Unit::saturating(f32::NAN).get(), 0.0);
        assert_eq!(Unit::saturating(f32::INFINITY).get(), 1.0);
        assert_eq!(Unit::saturating(-7.0).get(), -1.0);
        assert_eq!(Unit::saturating(1.0).to_i16(), 32767);
    }
}
