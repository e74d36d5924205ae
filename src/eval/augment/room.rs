//! A room: convolution with its impulse response, block by block in the frequency domain (overlap-add).

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::fmt;
use std::prelude::rust_2024::*;
use std::sync::Arc;
use std::vec;

/// Samples at a time.
pub(crate) const BLOCK: usize = 4096;

/// An impulse response in the frequency domain. It begins at its highest sample, so that a sound keeps its time, and
/// its energy is 1, so that a sound keeps its level, more or less.
pub(super) struct Room {
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
    spectrum: Vec<Complex<f32>>,
    len: usize,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("len", &self.len).finish()
    }
}

impl Room {
    pub(super) fn new(response: &[i16]) -> Room {
        let direct =
            response.iter().enumerate().rev().max_by_key(|(_, s)| s.unsigned_abs()).map_or(0, |(i, _)| i);
        let taps: Vec<f32> = response.iter().skip(direct).map(|sample| f32::from(*sample)).collect();
        let energy: f32 = taps.iter().map(|tap| tap * tap).sum();
        let points = (BLOCK + taps.len()).next_power_of_two();
        let mut planner = RealFftPlanner::new();
        let (forward, back) = (planner.plan_fft_forward(points), planner.plan_fft_inverse(points));
        let mut time = forward.make_input_vec();
        let mut spectrum = forward.make_output_vec();
        let scale = 1.0 / (libm::sqrtf(energy.max(1e-9)) * points as f32);
        for (cell, tap) in time.iter_mut().zip(&taps) {
            *cell = tap * scale;
        }
        let made = forward.process(&mut time, &mut spectrum);
        debug_assert!(made.is_ok(), "buffers made for it");
        Room { forward, back, spectrum, len: taps.len() }
    }
}

/// Sound on its way through a room.
#[derive(Debug)]
pub(super) struct InRoom {
    room: Arc<Room>,
    /// What the blocks so far still add to those to come.
    tail: Vec<f32>,
    time: Vec<f32>,
    frequency: Vec<Complex<f32>>,
}

impl InRoom {
    pub(super) fn new(room: Arc<Room>) -> InRoom {
        let (time, frequency) = (room.forward.make_input_vec(), room.forward.make_output_vec());
        InRoom { tail: vec![0.0; time.len()], time, frequency, room }
    }

    pub(super) fn reset(&mut self) {
        self.tail.fill(0.0);
    }

    /// At most [`BLOCK`] samples.
    pub(super) fn process(&mut self, block: &mut [f32]) {
        let n = block.len().min(BLOCK);
        self.time.fill(0.0);
        for (cell, sample) in self.time.iter_mut().zip(block.iter().take(n)) {
            *cell = *sample;
        }
        let there = self.room.forward.process(&mut self.time, &mut self.frequency);
        for (bin, response) in self.frequency.iter_mut().zip(&self.room.spectrum) {
            *bin *= response;
        }
        // Rounding leaves a little of what a real signal can't have.
        if let Some(first) = self.frequency.first_mut() {
            first.im = 0.0;
        }
        if let Some(last) = self.frequency.last_mut() {
            last.im = 0.0;
        }
        let back = self.room.back.process(&mut self.frequency, &mut self.time);
        debug_assert!(there.is_ok() && back.is_ok(), "buffers made for it");
        for (sum, sample) in self.tail.iter_mut().zip(&self.time) {
            *sum += sample;
        }
        for (sample, sum) in block.iter_mut().zip(&self.tail) {
            *sample = *sum;
        }
        self.tail.copy_within(n.., 0);
        let left = self.tail.len() - n;
        if let Some(free) = self.tail.get_mut(left..) {
            free.fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_convolution_with_the_response_from_its_peak_on() {
        let response = [100i16, -300, 20_000, 9_000, 0, -4_000, 77];
        let taps: Vec<f64> = response[2..].iter().map(|s| f64::from(*s)).collect();
        let scale = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
        let sound: Vec<f32> = (0..10_000).map(|n: i32| ((n * 7919 % 211) as f32 - 100.0) / 200.0).collect();
        let mut room = InRoom::new(Arc::new(Room::new(&response)));
        let mut heard = sound.clone();
        heard.chunks_mut(BLOCK).for_each(|block| room.process(block));
        for (n, got) in heard.iter().enumerate() {
            let taps = taps.iter().enumerate().take(n + 1);
            let expected: f64 = taps.map(|(i, tap)| f64::from(sound[n - i]) * tap).sum::<f64>() / scale;
            assert!((f64::from(*got) - expected).abs() < 1e-5, "{n}: {got} {expected}");
        }
    }
}
