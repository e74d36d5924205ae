//! Raw 16 kHz, 16 bit, little endian, mono, from a pipe.

use super::{AudioError, Source, Warning};
use crate::audio::SAMPLE_RATE_HZ;
use std::io::{ErrorKind, Read};
use std::prelude::rust_2024::*;

/// Bytes asked for at a time; a live pipe gives fewer.
const READ_BYTES: usize = 8192;

/// Samples from a pipe.
#[derive(Debug)]
pub struct Raw<R> {
    input: R,
    bytes: Vec<u8>,
    samples: Vec<i16>,
    taken: u64,
    odd: bool,
}

impl<R: Read> Raw<R> {
    /// Reads until the pipe ends. Errors call it `-`.
    pub fn new(input: R) -> Raw<R> {
        Raw { input, bytes: Vec::new(), samples: Vec::new(), taken: 0, odd: false }
    }
}

impl<R: Read> Source for Raw<R> {
    fn next_block(&mut self) -> Result<Option<&[i16]>, AudioError> {
        loop {
            let held = self.bytes.len();
            self.bytes.resize(held + READ_BYTES, 0);
            let read = match self.input.read(&mut self.bytes[held..]) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    self.bytes.truncate(held);
                    continue;
                }
                Err(source) => {
                    let seconds = self.taken as f64 / f64::from(SAMPLE_RATE_HZ);
                    return Err(AudioError::Read { file: "-".into(), seconds, source });
                }
            };
            self.bytes.truncate(held + read);
            if read == 0 {
                self.odd = !self.bytes.is_empty();
                if self.taken == 0 {
                    return Err(AudioError::NoSamples { file: "-".into() });
                }
                return Ok(None);
            }
            // Half a sample waits for its other half.
            let whole = self.bytes.len() & !1;
            self.samples.clear();
            self.samples
                .extend(self.bytes[..whole].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])));
            self.bytes.drain(..whole);
            if !self.samples.is_empty() {
                self.taken += self.samples.len() as u64;
                return Ok(Some(&self.samples));
            }
        }
    }

    fn total_seconds(&self) -> Option<f64> {
        None
    }

    fn warnings(&self) -> Vec<Warning> {
        if self.odd { Vec::from([Warning::OddByte]) } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `n` bytes a read.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = self.1.min(self.0.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn bytes_in_any_pieces_are_the_same_samples() {
        let bytes: Vec<u8> = (0..41).collect();
        for n in [1, 2, 3, 7, 41] {
            let mut raw = Raw::new(Dribble(&bytes, n));
            let mut all = Vec::new();
            while let Some(block) = raw.next_block().unwrap() {
                all.extend_from_slice(block);
            }
            assert_eq!(all.len(), 20);
            assert_eq!(all[19], i16::from_le_bytes([38, 39]));
            assert_eq!(raw.warnings(), [Warning::OddByte]);
        }
    }
}
