//! Bits in bytes, lowest first.

/// `count` (at most 24) bits from bit `at` on; those beyond the end are 0.
#[cfg(feature = "alloc")]
pub(super) fn field(bytes: &[u8], at: usize, count: u32) -> u32 {
    let from = at / 8;
    let word = match bytes.get(from..).and_then(<[u8]>::first_chunk) {
        Some(&four) => u32::from_le_bytes(four),
        None => (0..4)
            .fold(0, |word, n| word | u32::from(bytes.get(from + n).copied().unwrap_or_default()) << (8 * n)),
    };
    (word >> (at % 8)) & ((1 << count) - 1)
}

/// Reads one bit after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        BitReader { bytes, at }
    }

    /// Bits read so far, counted from the start of the bytes.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = (byte >> (self.at % 8)) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }
}

/// Writes one bit after the other.
#[cfg(feature = "alloc")]
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    pub(super) bytes: alloc::vec::Vec<u8>,
    bits: usize,
}

#[cfg(feature = "alloc")]
impl BitWriter {
    pub(super) fn position(&self) -> usize {
        self.bits
    }

    /// The lowest `count` bits of `code`, the highest of them first.
    pub(super) fn push(&mut self, code: u32, count: u32) {
        for n in (0..count).rev() {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((code >> n & 1) as u8) << (self.bits % 8);
            }
            self.bits += 1;
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = BitWriter::default();
        writer.push(0b1011, 4);
        writer.push(0b0_0110, 5);
        assert_eq!(writer.position(), 9);
        let mut reader = BitReader::new(&writer.bytes, 0);
        let read: alloc::vec::Vec<u32> = (0..9).filter_map(|_| reader.bit()).collect();
        assert_eq!(read, [1, 0, 1, 1, 0, 0, 1, 1, 0]);
        assert_eq!(reader.position(), 9);
        assert_eq!(field(&[0x34, 0x12], 4, 12), 0x123);
        assert_eq!(field(&[0x34, 0x12, 0xff, 0xff, 0x1], 20, 13), 0x1fff);
        assert_eq!((field(&[0xff], 4, 8), field(&[], 0, 24)), (0xf, 0));
    }
}
