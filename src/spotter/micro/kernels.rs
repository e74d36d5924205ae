//! The inner loops: a step, done.

use super::fixed::Factor;
use super::step::{Combination, Convolution, Copied, Lookup, Place, Pool, Step};

/// Channels of a depthwise convolution that are summed side by side.
const LANES: usize = 16;

/// Does `step`. `file`: the model. `words`: of the steps. `memory`: everything that is computed.
#[inline(always)]
pub(super) fn run(step: &Step, file: &[u8], words: &[u32], memory: &mut [u8]) -> Option<()> {
    match step {
        Step::Nothing => Some(()),
        Step::Copy(step) => {
            let (from, to) = pair(file, memory, step.from, step.to)?;
            copy(step, from, to)
        }
        Step::Convolve(step) => {
            let weights = bytemuck::cast_slice(bytes(file, step.weights)?);
            let words = words.get(step.words..)?.as_chunks().0;
            let (from, to) = pair(file, memory, step.from, step.to)?;
            let (from, to) = (bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to));
            match step.is_plain() {
                true => convolve_plain(step, weights, words, from, to),
                false => convolve(step, weights, words, from, to),
            }
        }
        Step::Depthwise(step) => {
            let weights = bytemuck::cast_slice(bytes(file, step.weights)?);
            let words = words.get(step.words..)?.as_chunks().0;
            let (from, to) = pair(file, memory, step.from, step.to)?;
            let (from, to) = (bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to));
            match step.is_plain() && step.input[2] == step.output[2] {
                true => depthwise_plain(step, weights, words, from, to),
                false => depthwise(step, weights, words, from, to),
            }
        }
        Step::Lookup(step) => {
            let (from, to) = pair(file, memory, step.from, step.to)?;
            lookup(step, words, from, to)
        }
        Step::Combine(step) => combine(step, file, memory),
        Step::Pool(step) => {
            let (from, to) = pair(file, memory, step.from, step.to)?;
            pool(step, bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to))
        }
        Step::Fill(to, value) => {
            memory.get_mut(to.at..to.at + to.len)?.fill(*value);
            Some(())
        }
    }
}

fn bytes(all: &[u8], place: Place) -> Option<&[u8]> {
    all.get(place.at..place.at + place.len)
}

/// What is read and what is written, which never overlap.
#[inline(always)]
fn pair<'m>(
    file: &'m [u8],
    memory: &'m mut [u8],
    from: Place,
    to: Place,
) -> Option<(&'m [u8], &'m mut [u8])> {
    let ranges = [from.at..from.at + from.len, to.at..to.at + to.len];
    if from.constant {
        let [_, to] = ranges;
        return Some((bytes(file, from)?, memory.get_mut(to)?));
    }
    let [from, to] = memory.get_disjoint_mut(ranges).ok()?;
    Some((from, to))
}

#[inline(always)]
fn copy(step: &Copied, from: &[u8], to: &mut [u8]) -> Option<()> {
    let &Copied { counts: [a, b, c, run], from_steps, to_steps, .. } = step;
    for a in 0..a {
        for b in 0..b {
            for c in 0..c {
                let start = |steps: [usize; 4]| a * steps[0] + b * steps[1] + c * steps[2];
                let from = from.get(start(from_steps)..)?;
                let to = to.get_mut(start(to_steps)..)?;
                if (from_steps[3], to_steps[3]) == (1, 1) {
                    to.get_mut(..run)?.copy_from_slice(from.get(..run)?);
                } else {
                    let from = from.iter().step_by(from_steps[3].max(1));
                    let to = to.iter_mut().step_by(to_steps[3].max(1)).take(run);
                    to.zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
    Some(())
}

/// From a channel's sum to its output.
#[inline(always)]
fn requantise(step: &Convolution, sum: i32, [_, fraction, shift]: &[u32; 3]) -> i8 {
    let factor = Factor { fraction: fraction.cast_signed(), shift: shift.cast_signed() };
    let [least, most] = step.range;
    factor.apply(sum).saturating_add(step.zeros[1]).clamp(least, most) as i8
}

#[inline(always)]
fn dot(a: &[i8], b: &[i8]) -> i32 {
    let mut sum = 0i32;
    for (a, b) in a.iter().zip(b) {
        sum = sum.wrapping_add(i32::from(*a) * i32::from(*b));
    }
    sum
}

/// Every place of an output of so many rows and columns: batch, row, column.
#[inline(always)]
fn places<const N: usize>(batch: usize, output: [usize; N]) -> impl Iterator<Item = [usize; 3]> {
    let [rows, columns] = [output[0], output[1]];
    (0..batch * rows * columns).map(move |n| [n / columns / rows, n / columns % rows, n % columns])
}

/// Every output channel is a product of two rows of numbers.
#[inline(always)]
fn convolve_plain(
    step: &Convolution,
    weights: &[i8],
    words: &[[u32; 3]],
    from: &[i8],
    to: &mut [i8],
) -> Option<()> {
    let [rows, columns, channels] = step.input;
    let len = step.kernel[0] * step.kernel[1] * channels;
    let mut outputs = to.chunks_exact_mut(step.output[2].max(1));
    for [batch, y, x] in places(step.batch, step.output) {
        let row = batch * rows + y * step.stride[0];
        let start = (row * columns + x * step.stride[1]) * channels;
        let seen = from.get(start..start + len)?;
        let output = outputs.next()?.iter_mut();
        for ((output, row), words) in output.zip(weights.chunks_exact(len.max(1))).zip(words) {
            let sum = dot(seen, row).wrapping_add(words[0].cast_signed());
            *output = requantise(step, sum, words);
        }
    }
    Some(())
}

/// The input at `row` and `column` of what the kernel sees at `at`, from the first channel on; `None` beyond the edge.
#[inline(always)]
fn seen<'i>(
    step: &Convolution,
    from: &'i [i8],
    batch: usize,
    at: [usize; 2],
    tap: [usize; 2],
) -> Option<&'i [i8]> {
    let [rows, columns, channels] = step.input;
    let place = |axis: usize| {
        (at[axis] * step.stride[axis] + tap[axis] * step.dilation[axis]).checked_sub(step.padding[axis])
    };
    let (row, column) = (place(0)?, place(1)?);
    if row >= rows || column >= columns {
        return None;
    }
    let start = ((batch * rows + row) * columns + column) * channels;
    from.get(start..start + channels)
}

/// As [`convolve_plain`], with edges and gaps.
#[inline(never)]
fn convolve(
    step: &Convolution,
    weights: &[i8],
    words: &[[u32; 3]],
    from: &[i8],
    to: &mut [i8],
) -> Option<()> {
    let channels = step.input[2];
    let len = step.kernel[0] * step.kernel[1] * channels;
    let mut outputs = to.chunks_exact_mut(step.output[2].max(1));
    for [batch, y, x] in places(step.batch, step.output) {
        let output = outputs.next()?.iter_mut();
        for ((output, row), words) in output.zip(weights.chunks_exact(len.max(1))).zip(words) {
            let mut sum = words[0].cast_signed();
            let mut row = row.chunks_exact(channels.max(1));
            for tap_y in 0..step.kernel[0] {
                for (tap_x, row) in (0..step.kernel[1]).zip(&mut row) {
                    let tap = match seen(step, from, batch, [y, x], [tap_y, tap_x]) {
                        Some(seen) => dot(seen, row),
                        // What isn't there is zero, whatever number stands for it.
                        None => row.iter().map(|weight| i32::from(*weight) * step.zeros[0]).sum(),
                    };
                    sum = sum.wrapping_add(tap);
                }
            }
            *output = requantise(step, sum, words);
        }
    }
    Some(())
}

/// One channel beside the other.
#[inline(always)]
fn depthwise_plain(
    step: &Convolution,
    weights: &[i8],
    words: &[[u32; 3]],
    from: &[i8],
    to: &mut [i8],
) -> Option<()> {
    let [rows, columns, channels] = step.input;
    let len = step.kernel[0] * step.kernel[1] * channels;
    let mut outputs = to.chunks_exact_mut(channels.max(1));
    for [batch, y, x] in places(step.batch, step.output) {
        let row = batch * rows + y * step.stride[0];
        let start = (row * columns + x * step.stride[1]) * channels;
        let seen = from.get(start..start + len)?;
        let output = outputs.next()?;
        let output = output.chunks_mut(LANES).zip(words.chunks(LANES));
        for (block, (output, words)) in output.enumerate() {
            let mut sums = [0i32; LANES];
            let taps = seen.chunks_exact(channels.max(1)).zip(weights.chunks_exact(channels.max(1)));
            for (seen, weights) in taps {
                let (seen, weights) = (seen.get(block * LANES..)?, weights.get(block * LANES..)?);
                match (seen.first_chunk::<LANES>(), weights.first_chunk::<LANES>()) {
                    (Some(seen), Some(weights)) => add_products(&mut sums, seen, weights),
                    _ => add_products(&mut sums, seen, weights),
                }
            }
            for ((output, sum), words) in output.iter_mut().zip(sums).zip(words) {
                *output = requantise(step, sum.wrapping_add(words[0].cast_signed()), words);
            }
        }
    }
    Some(())
}

#[inline(always)]
fn add_products(sums: &mut [i32; LANES], a: &[i8], b: &[i8]) {
    for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
        *sum = sum.wrapping_add(i32::from(*a) * i32::from(*b));
    }
}

/// As [`depthwise_plain`], with edges and gaps, and more than one output of a channel.
#[inline(never)]
fn depthwise(
    step: &Convolution,
    weights: &[i8],
    words: &[[u32; 3]],
    from: &[i8],
    to: &mut [i8],
) -> Option<()> {
    let multiplier = (step.output[2] / step.input[2].max(1)).max(1);
    let mut outputs = to.chunks_exact_mut(step.output[2].max(1));
    for [batch, y, x] in places(step.batch, step.output) {
        let output = outputs.next()?.iter_mut();
        for ((channel, output), words) in output.enumerate().zip(words) {
            let mut sum = words[0].cast_signed();
            for tap_y in 0..step.kernel[0] {
                for tap_x in 0..step.kernel[1] {
                    let tap = (tap_y * step.kernel[1] + tap_x) * step.output[2] + channel;
                    let seen = seen(step, from, batch, [y, x], [tap_y, tap_x]);
                    let seen = match seen {
                        Some(seen) => i32::from(*seen.get(channel / multiplier)?),
                        None => step.zeros[0],
                    };
                    sum = sum.wrapping_add(i32::from(*weights.get(tap)?) * seen);
                }
            }
            *output = requantise(step, sum, words);
        }
    }
    Some(())
}

#[inline(always)]
fn lookup(step: &Lookup, words: &[u32], from: &[u8], to: &mut [u8]) -> Option<()> {
    let table = words.get(step.words..step.words + 64)?;
    for (to, from) in to.iter_mut().zip(from) {
        let word = table.get(usize::from(*from / 4)).copied().unwrap_or(0);
        *to = word.to_le_bytes()[usize::from(*from % 4)];
    }
    Some(())
}

/// Before two numbers of different scales are added, they are shifted left by so much.
const SUM_BITS: u32 = 20;

#[inline(never)]
fn combine(step: &Combination, file: &[u8], memory: &mut [u8]) -> Option<()> {
    // Whatever was computed before lies before.
    let (before, to) = memory.split_at_mut_checked(step.to.at)?;
    let from = |place: Place| bytes(if place.constant { file } else { before }, place);
    let (a, b) = (from(step.from[0])?, from(step.from[1])?);
    let [first, second, third, fourth] = step.counts;
    let mut output = to.get_mut(..step.to.len)?.iter_mut();
    for i in 0..first {
        for j in 0..second {
            for k in 0..third {
                for l in 0..fourth {
                    let at = |steps: [usize; 4]| i * steps[0] + j * steps[1] + k * steps[2] + l * steps[3];
                    let centred = |number: u8, zero: i32| i32::from(number.cast_signed()) - zero;
                    let a = centred(*a.get(at(step.steps[0]))?, step.zeros[0]);
                    let b = centred(*b.get(at(step.steps[1]))?, step.zeros[1]);
                    let [of_a, of_b, of_both] = step.factors;
                    let sum = match step.product {
                        true => a * b,
                        false => of_a.apply(a << SUM_BITS) + of_b.apply(b << SUM_BITS),
                    };
                    let [least, most] = step.range;
                    let value = of_both.apply(sum).saturating_add(step.zeros[2]).clamp(least, most);
                    *output.next()? = (value as i8).cast_unsigned();
                }
            }
        }
    }
    Some(())
}

#[inline(never)]
fn pool(step: &Pool, from: &[i8], to: &mut [i8]) -> Option<()> {
    let [rows, columns, channels] = step.input;
    let mut output = to.iter_mut();
    let seen = |axis: usize, at: usize, size: usize| {
        let start = (at * step.stride[axis]).saturating_sub(step.padding[axis]);
        start..(at * step.stride[axis] + step.kernel[axis]).saturating_sub(step.padding[axis]).min(size)
    };
    for [batch, y, x] in places(step.batch, step.output) {
        for channel in 0..channels {
            let (mut sum, mut count, mut largest) = (0i32, 0i32, -128);
            for row in seen(0, y, rows) {
                for column in seen(1, x, columns) {
                    let at = ((batch * rows + row) * columns + column) * channels + channel;
                    let value = i32::from(*from.get(at)?);
                    (sum, count, largest) = (sum + value, count + 1, value.max(largest));
                }
            }
            // The nearest, halves away from zero.
            let half = if sum < 0 { -(count / 2) } else { count / 2 };
            let value = if step.largest { largest } else { (sum + half) / count.max(1) };
            let [least, most] = step.range;
            *output.next()? = value.clamp(least, most) as i8;
        }
    }
    Some(())
}
