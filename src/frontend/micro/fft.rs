//! The Fourier transform of 512 real 16-bit samples in 16-bit arithmetic, with the roundings of KISS FFT: every
//! radix-4 stage divides by four, every product is rounded to nearest.
//!
//! Its butterflies in Stockham's order: every stage reads four quarters of a row and writes them to four rows, so
//! nothing is reordered.

use crate::simd::{Kernel, Lanes, Level};
use core::f64::consts::PI;

const HALF: usize = super::FFT / 2;
/// Bins of the spectrum.
pub(super) const BINS: usize = HALF + 1;

/// Real and imaginary parts.
#[derive(Clone, Debug)]
struct Complex<const N: usize> {
    re: [i16; N],
    im: [i16; N],
}

impl<const N: usize> Complex<N> {
    const ZERO: Self = Complex { re: [0; N], im: [0; N] };

    /// e^(iφ(k)), full scale 32767.
    fn units(phase: impl Fn(usize) -> f64) -> Self {
        let fixed = |x: f64| libm::floor(0.5 + 32767.0 * x) as i16;
        let mut units = Complex::ZERO;
        for (k, (re, im)) in units.re.iter_mut().zip(&mut units.im).enumerate() {
            (*re, *im) = (fixed(libm::cos(phase(k))), fixed(libm::sin(phase(k))));
        }
        units
    }
}

/// Turns of the second, third and fourth quarter by k/(4M) of their angle, k < M.
#[derive(Clone, Debug)]
struct Turns<const M: usize>([Complex<M>; 3]);

impl<const M: usize> Turns<M> {
    fn new() -> Self {
        Turns(
            [1, 2, 3].map(|times| {
                Complex::units(|k| -2.0 * PI * (k * times * (HALF / (4 * M))) as f64 / HALF as f64)
            }),
        )
    }
}

#[derive(Clone, Debug)]
pub(super) struct FixedFft {
    level: Level,
    input: [i16; super::FFT],
    turns: (Turns<1>, Turns<4>, Turns<16>, Turns<64>),
    /// e^(−iπ(k/256 + ½)), k = 1 … 128.
    split: Complex<{ HALF / 2 }>,
    work: [Complex<HALF>; 2],
    energies: [u32; BINS],
}

impl FixedFft {
    pub(super) fn new(level: Level) -> Self {
        FixedFft {
            level,
            input: [0; super::FFT],
            turns: (Turns::new(), Turns::new(), Turns::new(), Turns::new()),
            split: Complex::units(|k| -PI * ((k + 1) as f64 / HALF as f64 + 0.5)),
            work: [Complex::ZERO, Complex::ZERO],
            energies: [0; BINS],
        }
    }

    pub(super) fn input(&mut self) -> &mut [i16; super::FFT] {
        &mut self.input
    }

    /// |X|² of bins 1 … 255 of what `input` was filled with. Bins 0 and 256 are left zero: no band reaches them.
    pub(super) fn energies(&mut self) -> &[u32; BINS] {
        self.level.run(Transform(self));
        &self.energies
    }
}

struct Transform<'a>(&'a mut FixedFft);

impl Kernel for Transform<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes>(self, _: V::Token) {
        let FixedFft { input, turns, split, work: [a, b], energies, .. } = self.0;
        for ((pair, re), im) in input.as_chunks::<2>().0.iter().zip(&mut a.re).zip(&mut a.im) {
            [*re, *im] = *pair;
        }
        stage::<1, 64>(a, b, &turns.0);
        stage::<4, 16>(b, a, &turns.1);
        stage::<16, 4>(a, b, &turns.2);
        stage::<64, 1>(b, a, &turns.3);
        separate(a, split, energies);
    }
}

/// Q30 to Q15, halves up.
#[inline(always)]
fn round(x: i32) -> i32 {
    (x + (1 << 14)) >> 15
}

/// Radix-4 butterflies: of `M` rows, the quarters of `Q` values each. Between the products nothing can overflow 32
/// bits, and what would overflow 16 is cut off at the end as it would be on the way.
#[inline(always)]
fn stage<const M: usize, const Q: usize>(from: &Complex<HALF>, to: &mut Complex<HALF>, turns: &Turns<M>) {
    const BY_FOUR: i32 = 32767 / 4;
    let Turns([one, two, three]) = turns;
    let (from_re, from_im) = (from.re.as_chunks::<Q>().0, from.im.as_chunks::<Q>().0);
    let (from_re, from_im) = (from_re.as_chunks::<4>().0, from_im.as_chunks::<4>().0);
    let (to_re, to_im) = (to.re.as_chunks_mut::<Q>().0, to.im.as_chunks_mut::<Q>().0);
    let ([re0, re1, re2, re3], []) = to_re.as_chunks_mut::<M>() else {
        return;
    };
    let ([im0, im1, im2, im3], []) = to_im.as_chunks_mut::<M>() else {
        return;
    };
    for (k, (re, im)) in from_re.iter().zip(from_im).enumerate().take(M) {
        let turn = |quarter: usize, j: usize, by: &Complex<M>| {
            let (a, b) =
                (round(i32::from(re[quarter][j]) * BY_FOUR), round(i32::from(im[quarter][j]) * BY_FOUR));
            let (c, d) = (i32::from(by.re[k]), i32::from(by.im[k]));
            (round(a * c - b * d), round(a * d + b * c))
        };
        for j in 0..Q {
            let (a, b) = (round(i32::from(re[0][j]) * BY_FOUR), round(i32::from(im[0][j]) * BY_FOUR));
            let ((c, d), (e, f), (g, h)) = (turn(1, j, one), turn(2, j, two), turn(3, j, three));
            let (even_re, even_im, half_re, half_im) = (a + e, b + f, a - e, b - f);
            let (odd_re, odd_im, turned_re, turned_im) = (c + g, d + h, d - h, g - c);
            re0[k][j] = (even_re + odd_re) as i16;
            im0[k][j] = (even_im + odd_im) as i16;
            re1[k][j] = (half_re + turned_re) as i16;
            im1[k][j] = (half_im + turned_im) as i16;
            re2[k][j] = (even_re - odd_re) as i16;
            im2[k][j] = (even_im - odd_im) as i16;
            re3[k][j] = (half_re - turned_re) as i16;
            im3[k][j] = (half_im - turned_im) as i16;
        }
    }
}

/// From the transform of even + i·odd samples to the energies of that of all, bin k and bin 256 − k at a time.
#[inline(always)]
fn separate(z: &Complex<HALF>, split: &Complex<{ HALF / 2 }>, energies: &mut [u32; BINS]) {
    const BY_TWO: i32 = 32767 / 2;
    let (low, high) = energies.split_at_mut(HALF / 2);
    let low = low.iter_mut().skip(1);
    let (re, im) = (z.re.iter().skip(1), z.im.iter().skip(1));
    let (mirrored_re, mirrored_im) = (z.re.iter().rev(), z.im.iter().rev());
    let mirrored = high.iter_mut().rev().skip(1);
    let bins = re.zip(im).zip(mirrored_re.zip(mirrored_im)).zip(split.re.iter().zip(&split.im));
    let mut last = 0;
    for ((((re, im), (mirrored_re, mirrored_im)), (c, d)), (low, high)) in
        bins.zip(low.chain([&mut last]).zip(mirrored))
    {
        let half = |x: i16| round(i32::from(x) * BY_TWO);
        let (a, b) = (half(*re), half(*im));
        let (e, f) = (half(*mirrored_re), half(mirrored_im.wrapping_neg()));
        let wrapped = |x: i32| i32::from(x as i16);
        let (even_re, even_im) = (wrapped(a + e), wrapped(b + f));
        let (odd_re, odd_im) = (wrapped(a - e), wrapped(b - f));
        let (c, d) = (i32::from(*c), i32::from(*d));
        let turned_re = wrapped(round((odd_re * c).wrapping_sub(odd_im * d)));
        let turned_im = wrapped(round((odd_re * d).wrapping_add(odd_im * c)));
        let energy = |re: i32, im: i32| ((re >> 1).pow(2) as u32).wrapping_add((im >> 1).pow(2) as u32);
        // In the middle both are the same bin, and the one from above stays.
        *low = energy(even_re + turned_re, even_im + turned_im);
        *high = energy(even_re - turned_re, turned_im - even_im);
    }
}
