//! The Fourier transform of 512 real 16-bit samples in 16-bit arithmetic, with the roundings of KISS FFT: every
//! radix-4 stage divides by four, every product is rounded to nearest.

use core::f64::consts::PI;

const HALF: usize = super::FFT / 2;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) re: i16,
    pub(super) im: i16,
}

/// Q30 to Q15, halves up.
fn round(x: i32) -> i16 {
    ((x + (1 << 14)) >> 15) as i16
}

impl Fixed {
    /// e^(iφ), full scale 32767.
    fn unit(phase: f64) -> Self {
        let fixed = |x: f64| libm::floor(0.5 + 32767.0 * x) as i16;
        Fixed { re: fixed(libm::cos(phase)), im: fixed(libm::sin(phase)) }
    }
    fn plus(self, other: Self) -> Self {
        Fixed { re: self.re.wrapping_add(other.re), im: self.im.wrapping_add(other.im) }
    }
    fn minus(self, other: Self) -> Self {
        Fixed { re: self.re.wrapping_sub(other.re), im: self.im.wrapping_sub(other.im) }
    }
    fn times(self, other: Self) -> Self {
        let (a, b) = (i32::from(self.re), i32::from(self.im));
        let (c, d) = (i32::from(other.re), i32::from(other.im));
        Fixed { re: round((a * c).wrapping_sub(b * d)), im: round((a * d).wrapping_add(b * c)) }
    }
    /// Times `by` / 32768.
    fn scaled(self, by: i32) -> Self {
        Fixed { re: round(i32::from(self.re) * by), im: round(i32::from(self.im) * by) }
    }
    fn conjugate(self) -> Self {
        Fixed { re: self.re, im: self.im.wrapping_neg() }
    }
    /// −i·self.
    fn turned(self) -> Self {
        Fixed { re: self.im, im: self.re.wrapping_neg() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct FixedFft {
    input: [i16; super::FFT],
    /// e^(−2πik/256).
    twiddle: [Fixed; HALF],
    /// e^(−iπ(k/256 + ½)), k = 1 … 128.
    split: [Fixed; HALF / 2],
    work: [Fixed; HALF],
    output: [Fixed; HALF + 1],
}

impl FixedFft {
    pub(super) fn new() -> Self {
        let mut fft = FixedFft {
            input: [0; super::FFT],
            twiddle: [Fixed::default(); HALF],
            split: [Fixed::default(); HALF / 2],
            work: [Fixed::default(); HALF],
            output: [Fixed::default(); HALF + 1],
        };
        for (k, w) in fft.twiddle.iter_mut().enumerate() {
            *w = Fixed::unit(-2.0 * PI * k as f64 / HALF as f64);
        }
        for (k, w) in fft.split.iter_mut().enumerate() {
            *w = Fixed::unit(-PI * ((k + 1) as f64 / HALF as f64 + 0.5));
        }
        fft
    }

    pub(super) fn input(&mut self) -> &mut [i16; super::FFT] {
        &mut self.input
    }

    /// Bins 0 … 256 of what `input` was filled with.
    pub(super) fn transform(&mut self) -> &[Fixed; HALF + 1] {
        let (pairs, _) = self.input.as_chunks::<2>();
        for (i, &[re, im]) in pairs.iter().enumerate() {
            // Four base-4 digits, reversed.
            let bits = (i as u8).reverse_bits();
            let at = usize::from(((bits & 0x55) << 1) | ((bits >> 1) & 0x55));
            self.work[at] = Fixed { re, im };
        }
        stage::<1>(&mut self.work, &self.twiddle);
        stage::<4>(&mut self.work, &self.twiddle);
        stage::<16>(&mut self.work, &self.twiddle);
        stage::<64>(&mut self.work, &self.twiddle);
        self.separate();
        &self.output
    }

    /// From the transform of even + i·odd samples to that of all.
    fn separate(&mut self) {
        const BY_TWO: i32 = 32767 / 2;
        let first = self.work[0].scaled(BY_TWO);
        let (head, tail) = self.output.split_at_mut(HALF / 2);
        let Some((bottom, low)) = head.split_first_mut() else {
            return;
        };
        let Some((top, high)) = tail.split_last_mut() else {
            return;
        };
        *bottom = Fixed { re: first.re.wrapping_add(first.im), im: 0 };
        *top = Fixed { re: first.re.wrapping_sub(first.im), im: 0 };
        // Bin k from below, bin 256 − k from above; in the middle they meet, and the one from above stays.
        let both = |k: usize, w: Fixed| {
            let z = self.work[k % HALF].scaled(BY_TWO);
            let mirrored = self.work[(HALF - k) % HALF].conjugate().scaled(BY_TWO);
            (z.plus(mirrored), z.minus(mirrored).times(w))
        };
        let half = |a: i16, b: i16, sign: i32| ((i32::from(a) + sign * i32::from(b)) >> 1) as i16;
        for (k, &w) in (1..).zip(&self.split) {
            let (even, odd) = both(k, w);
            if let Some(out) = low.get_mut(k - 1) {
                *out = Fixed { re: half(even.re, odd.re, 1), im: half(even.im, odd.im, 1) };
            }
            if let Some(out) = high.get_mut(HALF / 2 - k) {
                *out = Fixed { re: half(even.re, odd.re, -1), im: half(odd.im, even.im, -1) };
            }
        }
    }
}

/// Radix-4 butterflies over quarters of `M` values.
fn stage<const M: usize>(work: &mut [Fixed; HALF], twiddle: &[Fixed; HALF]) {
    const BY_FOUR: i32 = 32767 / 4;
    let stride = HALF / (4 * M);
    let (quarters, _) = work.as_chunks_mut::<M>();
    let (blocks, _) = quarters.as_chunks_mut::<4>();
    for [a, b, c, d] in blocks {
        for (k, (((a, b), c), d)) in a.iter_mut().zip(b).zip(c).zip(d).enumerate() {
            let w = |times: usize| twiddle[(k * stride * times) % HALF];
            let (x0, x1) = (a.scaled(BY_FOUR), b.scaled(BY_FOUR).times(w(1)));
            let (x2, x3) = (c.scaled(BY_FOUR).times(w(2)), d.scaled(BY_FOUR).times(w(3)));
            let (even, even_half) = (x0.plus(x2), x0.minus(x2));
            let (odd, odd_half) = (x1.plus(x3), x1.minus(x3).turned());
            *a = even.plus(odd);
            *b = even_half.plus(odd_half);
            *c = even.minus(odd);
            *d = even_half.minus(odd_half);
        }
    }
}
