//! Normalised cepstra of a window of mel frames.

/// Mel bands of a frame, as the base front end gives them.
pub(super) const BANDS: usize = 40;
/// Numbers of a feature vector.
pub(super) const DIMS: usize = 12;
/// Steps in the window: 2.4 s of 20 ms.
pub(super) const WINDOW: usize = 120;
/// Mel frames in a step.
pub(super) const FRAMES_PER_STEP: usize = 2;

/// One step's features.
pub(super) type Feature = [f32; DIMS];

/// Band energy (natural log) below which nothing differs: about what noise at −80 dB gives. Rooms are louder; digital
/// silence is not, and must not count as the room's noise floor.
pub(super) const QUIETEST: f32 = -12.0;
/// A frame counts from e times the noise floor on.
const MARGIN_OVER_FLOOR: f32 = 1.0;
/// Cepstra fall off with their order n about as (n+1)^-1; this keeps the higher ones from being lost or overrated.
const ORDER_WEIGHT_POWER: f64 = -0.2;
/// Loudness (order 0) varies more between people than timbre.
const LOUDNESS_WEIGHT: f32 = 0.4;
/// The window's loud steps are scaled to this mean height over the floor.
const LOUD: f32 = 5.0;
/// Unless they are lower than this: then there is nothing but noise to scale.
const LOUD_AT_LEAST: f32 = 1.0;

/// Tables and scratch for the features of a window.
#[derive(Clone, Debug)]
pub(super) struct Features {
    dct: [[f32; BANDS]; DIMS],
}

impl Features {
    pub(super) fn new() -> Self {
        let mut dct = [[0.0; BANDS]; DIMS];
        for (order, row) in dct.iter_mut().enumerate() {
            let norm = libm::sqrt(if order == 0 { 1.0 } else { 2.0 } / BANDS as f64)
                * libm::pow(order as f64 + 1.0, ORDER_WEIGHT_POWER);
            for (band, c) in row.iter_mut().enumerate() {
                let angle = core::f64::consts::PI * order as f64 * (band as f64 + 0.5) / BANDS as f64;
                *c = (norm * libm::cos(angle)) as f32;
            }
        }
        Features { dct }
    }

    /// Features of the steps in `mel` (oldest first, at most [`WINDOW`]), one each in `out`.
    ///
    /// `warp` scales the frequency axis: above 1 as from a longer vocal tract. Everything is relative to this window:
    /// the noise floor is the 10th percentile of each band, level and mean are the window's.
    pub(super) fn window<'m>(
        &self,
        mel: impl Iterator<Item = &'m [f32; BANDS]> + Clone,
        warp: &Warp,
        out: &mut [Feature],
    ) {
        let steps = out.len().min(WINDOW);
        if steps == 0 {
            return;
        }
        let mut column = [0.0f32; WINDOW];
        let column = column.get_mut(..steps).unwrap_or_default();
        let mut floor = [0.0f32; BANDS];
        for (band, floor) in floor.iter_mut().enumerate() {
            for (slot, frame) in column.iter_mut().zip(mel.clone()) {
                *slot = frame.get(band).copied().unwrap_or(QUIETEST);
            }
            *floor = quantile(column, 0.10) + MARGIN_OVER_FLOOR;
        }
        for (slot, frame) in column.iter_mut().zip(mel.clone()) {
            *slot = frame.iter().zip(&floor).map(|(m, f)| over_floor(m - f)).sum::<f32>() / BANDS as f32;
        }
        let loud = quantile(column, 0.98).max(LOUD_AT_LEAST);
        let scale = LOUD / loud;
        let mut mean = [0.0f32; DIMS];
        for (out, frame) in out.iter_mut().zip(mel) {
            let mut height = [0.0f32; BANDS];
            for ((h, m), f) in height.iter_mut().zip(frame).zip(&floor) {
                *h = over_floor(m - f) * scale;
            }
            let height = warp.apply(&height);
            for ((c, row), mean) in out.iter_mut().zip(&self.dct).zip(&mut mean) {
                *c = row.iter().zip(&height).map(|(a, b)| a * b).sum();
                *mean += *c / steps as f32;
            }
        }
        for out in out.iter_mut().take(steps) {
            for (c, mean) in out.iter_mut().zip(&mean) {
                *c -= mean;
            }
            out[0] *= LOUDNESS_WEIGHT;
        }
    }
}

/// ln(1 + eᵘ): how far a band stands above the floor, and smoothly nothing below it.
fn over_floor(u: f32) -> f32 {
    if u > 12.0 {
        u
    } else if u < -12.0 {
        0.0
    } else {
        libm::log1pf(libm::expf(u))
    }
}

/// The `q` quantile of at least one value, by partial sorting in place.
fn quantile(mut values: &mut [f32], q: f32) -> f32 {
    let mut rank = (q * values.len().saturating_sub(1) as f32 + 0.5) as usize;
    while let Some(&pivot) = values.get(values.len() / 2) {
        let less = partition(values, |v| v.total_cmp(&pivot).is_lt());
        let (below, rest) = core::mem::take(&mut values).split_at_mut_checked(less).unwrap_or_default();
        if rank < less {
            values = below;
            continue;
        }
        let equal = partition(rest, |v| v.total_cmp(&pivot).is_le());
        if rank < less + equal {
            return pivot;
        }
        rank -= less + equal;
        values = rest.get_mut(equal..).unwrap_or_default();
    }
    0.0
}

/// Brings the values that are `wanted` to the front; gives their number.
fn partition(values: &mut [f32], wanted: impl Fn(&f32) -> bool) -> usize {
    let mut values = values.iter_mut();
    let mut count = 0;
    while let Some(unwanted) = values.find(|v| {
        let found = wanted(v);
        count += usize::from(found);
        !found
    }) {
        let Some(misplaced) = values.rfind(|v| wanted(v)) else { break };
        core::mem::swap(unwanted, misplaced);
        count += 1;
    }
    count
}

/// A warp of the frequency axis, as between vocal tracts of different length (Eide & Gish 1996: linear in Hz).
#[derive(Clone, Debug)]
pub(super) struct Warp {
    from: [(u8, f32); BANDS],
}

impl Warp {
    /// `factor` times the frequency; 1 changes nothing.
    pub(super) fn new(factor: f64, low_hz: f64, high_hz: f64) -> Self {
        let mel = |hz: f64| 1127.0 * libm::log(1.0 + hz / 700.0);
        let step = (mel(high_hz) - mel(low_hz)) / (BANDS + 1) as f64;
        let mut from = [(0, 0.0); BANDS];
        for (band, from) in from.iter_mut().enumerate() {
            let centre = mel(low_hz) + (band + 1) as f64 * step;
            let hz = 700.0 * (libm::exp(centre / 1127.0) - 1.0) * factor;
            let position = ((mel(hz) - mel(low_hz)) / step - 1.0).clamp(0.0, (BANDS - 1) as f64);
            let band = (position as usize).min(BANDS - 2);
            *from = (band as u8, (position - band as f64) as f32);
        }
        Warp { from }
    }

    fn apply(&self, bands: &[f32; BANDS]) -> [f32; BANDS] {
        self.from.map(|(band, fraction)| {
            let pair = bands.get(usize::from(band)..).and_then(<[f32]>::first_chunk).unwrap_or(&[0.0; 2]);
            pair[0] * (1.0 - fraction) + pair[1] * fraction
        })
    }
}

/// Squared Euclidean distance.
pub(super) fn distance(a: &Feature, b: &Feature) -> f32 {
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(b) {
        sum += (a - b) * (a - b);
    }
    sum
}

/// Gathers mel frames into steps and keeps the latest [`WINDOW`] of them, in a ring that the caller holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    /// Steps completed since the start.
    count: u64,
    /// Frames gathered for the next one.
    frames: usize,
}

impl Steps {
    /// Takes a frame in; true when it completes a step.
    pub(super) fn push(&mut self, mel: &[f32], ring: &mut [[f32; BANDS]]) -> bool {
        let Some(slot) = ring.get_mut((self.count % WINDOW as u64) as usize) else { return false };
        let share = 1.0 / FRAMES_PER_STEP as f32;
        for (slot, m) in slot.iter_mut().zip(mel) {
            let m = m.max(QUIETEST);
            *slot = if self.frames == 0 { m * share } else { *slot + m * share };
        }
        self.frames += 1;
        if self.frames < FRAMES_PER_STEP {
            return false;
        }
        self.frames = 0;
        self.count += 1;
        true
    }

    /// Steps in the ring.
    pub(super) fn held(&self) -> usize {
        self.count.min(WINDOW as u64) as usize
    }

    /// Steps completed since the start.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The steps in the ring, oldest first.
    pub(super) fn ordered<'r>(
        &self,
        ring: &'r [[f32; BANDS]],
    ) -> impl Iterator<Item = &'r [f32; BANDS]> + Clone + use<'r> {
        let held = self.held();
        let next = (self.count % WINDOW as u64) as usize;
        // Until the ring is full, it begins at 0.
        let oldest = if held == WINDOW { next } else { 0 };
        let (newer, older) = ring.split_at_checked(oldest).unwrap_or((ring, &[]));
        older.iter().chain(newer).take(held)
    }

    pub(super) fn reset(&mut self) {
        *self = Steps::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn a_quantile_is_what_sorting_gives(
            values in prop::collection::vec(prop_oneof![-20.0f32..5.0, Just(-12.0), Just(0.0), Just(-0.0)], 1..130),
            q in 0.0f32..=1.0,
        ) {
            let mut sorted = values.clone();
            sorted.sort_by(f32::total_cmp);
            let rank = (q * (sorted.len() - 1) as f32 + 0.5) as usize;
            let mut scratch = values;
            prop_assert_eq!(quantile(&mut scratch, q).to_bits(), sorted[rank].to_bits());
        }
    }

    /// A loud, changing stretch between two quiet ones.
    fn mel(gain: f32) -> Vec<[f32; BANDS]> {
        (0..WINDOW)
            .map(|t| {
                core::array::from_fn(|band| {
                    let quiet = -9.0 + 0.1 * libm::sinf((7 * t + 3 * band) as f32);
                    let loud = -2.0 + 2.0 * libm::sinf(0.2 * t as f32 + 0.3 * band as f32);
                    gain + if (40..80).contains(&t) { loud } else { quiet }
                })
            })
            .collect()
    }

    fn features(mel: &[[f32; BANDS]], warp: f64) -> Vec<Feature> {
        let mut out = std::vec![[0.0; DIMS]; mel.len()];
        Features::new().window(mel.iter(), &Warp::new(warp, 80.0, 7600.0), &mut out);
        out
    }

    #[test]
    fn gain_changes_nothing() {
        for (a, b) in features(&mel(0.0), 1.0).iter().zip(&features(&mel(3.0), 1.0)) {
            assert!(distance(a, b) < 1e-6, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_warp_moves_the_spectrum_and_one_does_not() {
        let bands: [f32; BANDS] = core::array::from_fn(|band| band as f32);
        assert_eq!(Warp::new(1.0, 80.0, 7600.0).apply(&bands).map(libm::roundf), bands);
        let longer = Warp::new(1.12, 80.0, 7600.0).apply(&bands);
        assert!(longer.iter().zip(&bands).take(BANDS - 3).all(|(a, b)| a > b), "{longer:?}");
        assert!(
            features(&mel(0.0), 1.12)
                .iter()
                .zip(&features(&mel(0.0), 1.0))
                .any(|(a, b)| distance(a, b) > 0.1)
        );
    }

    #[test]
    fn the_ring_gives_the_latest_steps_in_order() {
        let mut ring = std::vec![[0.0; BANDS]; WINDOW];
        let mut steps = Steps::default();
        for frame in 0..2 * (WINDOW + 30) {
            let completed = steps.push(&[frame as f32; BANDS], &mut ring);
            assert_eq!(completed, frame % 2 == 1);
            let last = steps.count() as f32 - 1.0;
            let held: Vec<f32> = steps.ordered(&ring).map(|step| step[0]).collect();
            // While a step is being gathered its slot is the oldest one's, which is then no longer whole.
            if completed {
                let first = last + 1.0 - held.len() as f32;
                let expected: Vec<f32> = (0..held.len()).map(|i| 2.0 * (first + i as f32) + 0.5).collect();
                assert_eq!(held, expected);
            }
        }
        assert_eq!(steps.held(), WINDOW);
    }
}
