//! Symbols in as few bits as their neighbours allow: canonical Huffman codes, chosen by the symbol before.
//!
//! A table in an image: for every context the place of its code (u16, from the start of the table) and one more for
//! the end; a code is the number of symbols of each length 1 … 15 (15 bytes), then the symbols, shortest first.
//! Decoding counts through the lengths (as in Mark Adler's `puff`), so nothing is built and nothing is on the heap.

use super::bits::BitReader;
use crate::image::{ImageError, u16_at};

/// Longest code, bits.
pub(super) const MAX_BITS: usize = 15;

/// The codes of one alphabet, viewed in an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codes<'a> {
    table: &'a [u8],
    contexts: usize,
}

impl<'a> Codes<'a> {
    pub(super) fn new(table: &'a [u8], contexts: usize) -> Self {
        Codes { table, contexts }
    }

    /// The code in `context`: symbols of each length, and the symbols.
    #[inline]
    fn code(&self, context: usize) -> (&'a [u8], &'a [u8]) {
        let from = usize::from(u16_at(self.table, 2 * context));
        let to = usize::from(u16_at(self.table, 2 * context + 2));
        let code = self.table.get(from..to).unwrap_or_default();
        code.split_at_checked(MAX_BITS).unwrap_or_default()
    }

    /// Are these codes of an alphabet of `symbols`? At most three bytes may follow them, to fill up a word.
    pub(super) fn check(&self, symbols: u8, field: &'static str) -> Result<(), ImageError> {
        let mut end = 2 * (self.contexts + 1);
        for context in 0..=self.contexts {
            let at = usize::from(u16_at(self.table, 2 * context));
            if at != end {
                return Err(ImageError::Field { field, expected: end as u64, actual: at as u64 });
            }
            if context == self.contexts {
                break;
            }
            let wrong = ImageError::Contents { what: field, index: context };
            let (lengths, found) = self.code(context);
            // Places left among the codes of each length: never fewer than none.
            let mut left = 1i32;
            for &count in lengths {
                left = 2 * left - i32::from(count);
                if left < 0 {
                    return Err(wrong);
                }
            }
            let count: usize = lengths.iter().map(|&n| usize::from(n)).sum();
            if count != found.len()
                || found.iter().any(|&symbol| symbol >= symbols)
                || (count > 1 && left != 0)
            {
                return Err(wrong);
            }
            end += lengths.len() + count;
            if lengths.is_empty() {
                return Err(wrong);
            }
        }
        if end.next_multiple_of(4) == self.table.len().next_multiple_of(4) {
            Ok(())
        } else {
            Err(ImageError::Field { field, expected: end as u64, actual: self.table.len() as u64 })
        }
    }

    /// The next symbol; none if the bits are no code or end.
    #[inline]
    pub(super) fn read(&self, context: usize, bits: &mut BitReader<'_>) -> Option<u8> {
        let (lengths, symbols) = self.code(context);
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in lengths {
            code |= bits.bit()?;
            let count = u32::from(count);
            if code < first + count {
                return symbols.get((index + code.checked_sub(first)?) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

#[cfg(feature = "alloc")]
pub(super) use writer::CodeWriter;

#[cfg(feature = "alloc")]
mod writer {
    use super::super::bits::BitWriter;
    use super::MAX_BITS;
    use alloc::vec;
    use alloc::vec::Vec;

    /// Counts symbols, then codes them.
    pub(in super::super) struct CodeWriter {
        symbols: usize,
        counts: Vec<u64>,
        /// Code and length of each symbol in each context.
        codes: Vec<(u32, u32)>,
    }

    impl CodeWriter {
        pub(in super::super) fn new(contexts: usize, symbols: usize) -> Self {
            CodeWriter {
                symbols,
                counts: vec![0; contexts * symbols],
                codes: vec![(0, 0); contexts * symbols],
            }
        }

        pub(in super::super) fn count(&mut self, context: usize, symbol: usize) {
            self.counts[context * self.symbols + symbol] += 1;
        }

        /// The table for the image; codes are ready afterwards.
        pub(in super::super) fn table(&mut self) -> Vec<u8> {
            let contexts = self.counts.len() / self.symbols;
            let (mut places, mut body) = (Vec::new(), Vec::new());
            for context in 0..contexts {
                places.push(body.len());
                let range = context * self.symbols..(context + 1) * self.symbols;
                let lengths = lengths(&self.counts[range.clone()]);
                let mut order: Vec<usize> = (0..self.symbols).filter(|&s| lengths[s] > 0).collect();
                order.sort_by_key(|&symbol| lengths[symbol]);
                let (mut code, mut last) = (0, 0);
                for &symbol in &order {
                    code <<= lengths[symbol] - last;
                    last = lengths[symbol];
                    self.codes[range.start + symbol] = (code, last);
                    code += 1;
                }
                let of_length = |n| lengths.iter().filter(|&&length| length == n).count() as u8;
                body.extend((1..=MAX_BITS as u32).map(of_length));
                body.extend(order.iter().map(|&symbol| symbol as u8));
            }
            places.push(body.len());
            let head = 2 * places.len();
            let mut table: Vec<u8> =
                places.iter().flat_map(|&at| ((head + at) as u16).to_le_bytes()).collect();
            table.extend(body);
            table
        }

        pub(in super::super) fn write(&self, context: usize, symbol: usize, bits: &mut BitWriter) {
            let (code, length) = self.codes[context * self.symbols + symbol];
            bits.push(code, length);
        }
    }

    /// Huffman's code lengths of counted symbols, none longer than [`MAX_BITS`]; 0 for what does not occur.
    fn lengths(counts: &[u64]) -> Vec<u32> {
        let mut counts = counts.to_vec();
        loop {
            let lengths = unlimited(&counts);
            if lengths.iter().all(|&length| length <= MAX_BITS as u32) {
                return lengths;
            }
            // Rare symbols become a little less rare until none is too long.
            for count in counts.iter_mut().filter(|count| **count > 0) {
                *count = *count / 2 + 1;
            }
        }
    }

    fn unlimited(counts: &[u64]) -> Vec<u32> {
        let mut lengths = vec![0; counts.len()];
        let used = (0..counts.len()).filter(|&symbol| counts[symbol] > 0);
        let mut trees: Vec<(u64, Vec<usize>)> = used.map(|symbol| (counts[symbol], vec![symbol])).collect();
        if let [(_, only)] = &trees[..] {
            lengths[only[0]] = 1;
        }
        while trees.len() > 1 {
            // The two rarest last; equal ones by their symbols, so that the same counts give the same code.
            trees.sort_by(|a, b| b.cmp(a));
            if let (Some((a, mut left)), Some((b, right))) = (trees.pop(), trees.pop()) {
                left.extend(right);
                for &symbol in &left {
                    lengths[symbol] += 1;
                }
                trees.push((a + b, left));
            }
        }
        lengths
    }

    #[cfg(test)]
    mod tests {
        use super::super::super::bits::{BitReader, BitWriter};
        use super::super::Codes;
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn any_text_comes_back(text in prop::collection::vec((0usize..3, 0usize..40), 1..300), skew in 0u32..40) {
                let mut codes = CodeWriter::new(3, 40);
                for &(context, symbol) in &text {
                    codes.count(context, symbol);
                    // Counts like Fibonacci's numbers make the longest codes.
                    codes.counts[context * 40 + symbol] += 1u64 << (symbol as u32).min(skew);
                }
                let table = codes.table();
                let mut bits = BitWriter::default();
                for &(context, symbol) in &text {
                    codes.write(context, symbol, &mut bits);
                }
                let view = Codes::new(&table, 3);
                prop_assert_eq!(view.check(40, "code"), Ok(()));
                let mut reader = BitReader::new(&bits.bytes, 0);
                for &(context, symbol) in &text {
                    prop_assert_eq!(view.read(context, &mut reader), Some(symbol as u8));
                }
                prop_assert_eq!(reader.position(), bits.position());
            }
        }
    }
}
