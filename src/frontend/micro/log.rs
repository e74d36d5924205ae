//! The natural logarithm of integers, by a table of log₂ with straight lines between.

/// Fraction bits of the logarithm to base 2.
const BITS: u32 = 16;
/// The table has 2⁷ segments.
const SEGMENT_BITS: u32 = 7;
/// ln 2 in Q16.
const LN_2: u64 = 45_426;
const HALF: u32 = 1 << (BITS - 1);

#[derive(Clone, Debug)]
pub(super) struct Logarithm {
    scale_bits: u32,
    /// log₂(1 + i/128) − i/128 in Q16, and one more value for the end.
    table: [u16; (1 << SEGMENT_BITS) + 2],
}

impl Logarithm {
    pub(super) fn new(scale_bits: u32) -> Self {
        let mut table = [0; (1 << SEGMENT_BITS) + 2];
        for (i, value) in table.iter_mut().take(1 << SEGMENT_BITS).enumerate() {
            let x = i as f64 / f64::from(1 << SEGMENT_BITS);
            *value = libm::round((libm::log2(1.0 + x) - x) * f64::from(1 << BITS)) as u16;
        }
        Logarithm { scale_bits, table }
    }

    /// ln x with `scale_bits` fraction bits; 0 for 0 and 1.
    pub(super) fn apply(&self, x: u32) -> u16 {
        let Some(whole) = x.checked_ilog2().filter(|&whole| whole > 0) else {
            return 0;
        };
        // Behind the leading one, sixteen bits.
        let below = x ^ (1 << whole);
        let fraction = if whole < BITS { below << (BITS - whole) } else { below >> (whole - BITS) };
        let segment = (fraction >> (BITS - SEGMENT_BITS)) as usize;
        let at = |i: usize| i32::from(self.table.get(i).copied().unwrap_or(0));
        let within = (fraction & ((1 << (BITS - SEGMENT_BITS)) - 1)) as i32;
        let line = at(segment) + (((at(segment + 1) - at(segment)) * within) >> BITS);
        let log2 = (whole << BITS).wrapping_add(fraction).wrapping_add(line as u32);
        let ln = ((LN_2 * u64::from(log2) + u64::from(HALF)) >> BITS) as u32;
        let scaled = ((ln << self.scale_bits) + HALF) >> BITS;
        scaled.min(u32::from(u16::MAX)) as u16
    }
}
