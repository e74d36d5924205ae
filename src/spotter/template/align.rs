//! Subsequence dynamic time warping: where in a window does a recording fit best, ending near its end?

use super::features::{DIMS, Feature, WINDOW, distance};

/// Longest recording, in steps.
pub(super) const MAX_STEPS: usize = 80;
/// Shortest recording, in steps: 0.2 s.
pub(super) const MIN_STEPS: usize = 10;

/// Share of what any speech would cost that is taken off the local distance.
const FILLER_SHARE: f32 = 0.5;

/// No path.
const UNREACHED: f32 = 1e9;

/// The best alignment that ends at one step of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Alignment {
    /// Mean cost of a step of the recording; below 0 where it is nearer than the filler.
    pub(super) cost: f32,
    /// Step of the window it begins at.
    pub(super) start: usize,
}

impl Alignment {
    pub(super) const NONE: Alignment = Alignment { cost: UNREACHED, start: 0 };
}

/// For every step of `window`, what the nearest word of the codebook costs.
pub(super) fn filler_costs(window: &[Feature], codebook: &[Feature], out: &mut [f32; WINDOW]) {
    for (out, step) in out.iter_mut().zip(window) {
        let nearest = codebook.iter().map(|word| distance(word, step)).fold(UNREACHED, f32::min);
        *out = if codebook.is_empty() { 0.0 } else { FILLER_SHARE * nearest };
    }
}

#[derive(Clone, Copy)]
struct Cell {
    cost: f32,
    start: u8,
}

/// Aligns `recording` with `window`. Every step of the recording counts exactly once, and against the audio it may
/// run at half to double speed: from a cell the path goes on by one step of each, by two of the window for one of
/// the recording, or by one for two (Sakoe & Chiba 1978, symmetric form P = 1, with weights on the recording). That
/// bounds the path as a band would.
///
/// `ends` gets the alignments ending at each of the last `ends.len()` steps of the window, in order.
pub(super) fn align(
    recording: &[Feature],
    window: &[Feature],
    filler: &[f32; WINDOW],
    ends: &mut [Alignment],
) {
    const OFF: Cell = Cell { cost: UNREACHED, start: 0 };
    let rows = recording.len().min(MAX_STEPS);
    // Columns of the window: this one, the one before, and the one before that.
    let (mut now, mut before, mut earlier) = ([OFF; MAX_STEPS], [OFF; MAX_STEPS], [OFF; MAX_STEPS]);
    let (mut local, mut local_before) = ([0.0f32; MAX_STEPS], [0.0f32; MAX_STEPS]);
    let first_end = window.len().saturating_sub(ends.len());
    ends.fill(Alignment::NONE);
    for (t, (step, filler)) in window.iter().zip(filler).enumerate() {
        for (local, recorded) in local.iter_mut().zip(recording) {
            *local = distance(recorded, step) - filler;
        }
        now[0] = Cell { cost: local[0], start: t as u8 };
        for row in 1..rows {
            let here = local[row];
            let mut best = Cell { cost: before[row - 1].cost + here, ..before[row - 1] };
            let slow = earlier[row - 1].cost + 0.5 * (here + local_before[row]);
            if slow < best.cost {
                best = Cell { cost: slow, ..earlier[row - 1] };
            }
            if row >= 2 {
                let fast = before[row - 2].cost + local[row - 1] + here;
                if fast < best.cost {
                    best = Cell { cost: fast, ..before[row - 2] };
                }
            }
            now[row] = best;
        }
        let last = rows.checked_sub(1).and_then(|row| now.get(row));
        let end = t.checked_sub(first_end).and_then(|end| ends.get_mut(end));
        if let (Some(last), Some(end)) = (last, end)
            && last.cost < UNREACHED / 2.0
        {
            *end = Alignment { cost: last.cost / rows as f32, start: usize::from(last.start) };
        }
        (earlier, before, now) = (before, now, earlier);
        (local_before, local) = (local, local_before);
    }
}

/// Flat memory as features. A length that is no multiple of [`DIMS`] loses its tail.
pub(super) fn as_features(flat: &[f32]) -> &[Feature] {
    flat.as_chunks::<DIMS>().0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn feature(values: &[f32]) -> Feature {
        core::array::from_fn(|i| values[i % values.len()] * (i + 1) as f32)
    }

    fn sequence(max: usize) -> impl Strategy<Value = Vec<Feature>> {
        prop::collection::vec(prop::array::uniform4(-2.0f32..2.0).prop_map(|v| feature(&v)), 1..max)
    }

    /// The recursion as it is written in the paper, over a whole matrix, from the end.
    fn naive(recording: &[Feature], window: &[Feature], filler: &[f32; WINDOW], end: usize) -> f64 {
        let local = |row: usize, t: usize| f64::from(distance(&recording[row], &window[t]) - filler[t]);
        fn cost(row: usize, t: usize, local: &dyn Fn(usize, usize) -> f64, memo: &mut Vec<Vec<f64>>) -> f64 {
            if row == 0 {
                return local(0, t);
            }
            if memo[row][t].is_finite() {
                return memo[row][t];
            }
            let mut best = 1e9;
            if t >= 1 {
                best = cost(row - 1, t - 1, local, memo) + local(row, t);
            }
            if t >= 2 {
                let slow = cost(row - 1, t - 2, local, memo) + 0.5 * (local(row, t - 1) + local(row, t));
                best = best.min(slow);
            }
            if t >= 1 && row >= 2 {
                best = best.min(cost(row - 2, t - 1, local, memo) + local(row - 1, t) + local(row, t));
            }
            memo[row][t] = best;
            best
        }
        let mut memo = std::vec![std::vec![f64::NAN; window.len()]; recording.len()];
        cost(recording.len() - 1, end, &local, &mut memo) / recording.len() as f64
    }

    proptest! {
        #[test]
        fn equals_the_recursion(recording in sequence(14), window in sequence(30), word in sequence(3)) {
            let mut filler = [0.0; WINDOW];
            filler_costs(&window, &word, &mut filler);
            let mut ends = std::vec![Alignment::NONE; window.len()];
            align(&recording, &window, &filler, &mut ends);
            for (t, end) in ends.iter().enumerate() {
                let expected = naive(&recording, &window, &filler, t);
                if expected < 1e6 {
                    prop_assert!((f64::from(end.cost) - expected).abs() < 1e-3 * (1.0 + expected.abs()));
                    // The slopes allow no path shorter than half the recording or longer than twice.
                    let steps = t + 1 - end.start;
                    prop_assert!(2 * steps + 1 >= recording.len() && steps < 2 * recording.len());
                } else {
                    prop_assert_eq!(*end, Alignment::NONE);
                }
            }
        }

        #[test]
        fn finds_itself_at_any_speed_between_half_and_double(
            recording in sequence(20), offset in 0usize..20, slow in any::<bool>(),
        ) {
            prop_assume!(recording.len() >= 4);
            let said: Vec<Feature> = if slow {
                recording.iter().flat_map(|step| [*step; 2]).collect()
            } else {
                recording.clone()
            };
            let mut window = std::vec![[9.0; DIMS]; offset];
            window.extend(&said);
            let mut ends = [Alignment::NONE; 1];
            align(&recording, &window, &[0.0; WINDOW], &mut ends);
            prop_assert!(ends[0].cost < 1e-3, "{:?}", ends[0]);
        }
    }
}
