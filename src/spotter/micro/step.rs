//! What a model's operators come down to: a few kinds of steps on bytes, each with all that it needs but the bytes themselves.

use super::fixed::Factor;

/// Where 8-bit numbers lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) len: usize,
    /// In the file, and not in memory.
    pub(super) constant: bool,
}

/// Memory for one step of a model: see [`MicroMemory`](super::MicroMemory).
#[derive(Clone, Copy, Debug, Default)]
pub struct MicroStep(pub(super) Step);

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Step {
    #[default]
    Nothing,
    Copy(Copied),
    Convolve(Convolution),
    /// Every channel by itself.
    Depthwise(Convolution),
    Lookup(Lookup),
    Combine(Combination),
    Pool(Pool),
    /// The same number everywhere.
    Fill(Place, u8),
}

/// Numbers that go elsewhere as they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copied {
    pub(super) from: Place,
    pub(super) to: Place,
    /// How many along each dimension, the innermost last.
    pub(super) counts: [usize; 4],
    /// From one to the next along each dimension.
    pub(super) from_steps: [usize; 4],
    pub(super) to_steps: [usize; 4],
}

impl Copied {
    /// Everything in `from`, to the beginning of `to`.
    pub(super) fn whole(from: Place, to: Place) -> Copied {
        Copied { from, to, counts: [1, 1, 1, from.len], from_steps: [1; 4], to_steps: [1; 4] }
    }

    /// The same with as few and as long dimensions as there can be.
    pub(super) fn merged(mut self) -> Copied {
        for outer in (0..3).rev() {
            let inner = outer + 1;
            let follows = |steps: [usize; 4]| steps[outer] == self.counts[inner] * steps[inner];
            if self.counts[outer] == 1 || follows(self.from_steps) && follows(self.to_steps) {
                // The inner one takes it in, and those outside move in by one.
                self.counts[inner] *= self.counts[outer];
                for dim in (1..inner).rev() {
                    self.counts[dim] = self.counts[dim - 1];
                    self.from_steps[dim] = self.from_steps[dim - 1];
                    self.to_steps[dim] = self.to_steps[dim - 1];
                }
                self.counts[0] = 1;
            }
        }
        self
    }
}

/// A convolution over rows and columns; a fully connected layer is one of a single row and column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolution {
    pub(super) from: Place,
    pub(super) to: Place,
    /// Where in the file the weights lie: output channel, row, column, input channel; of a depthwise one row, column,
    /// output channel.
    pub(super) weights: Place,
    /// Where each output channel's three words begin: bias less what the input's zero adds, the factor's fraction and shift.
    pub(super) words: usize,
    pub(super) batch: usize,
    /// Rows, columns, channels.
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 3],
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    /// Rows above and columns to the left that aren't there.
    pub(super) padding: [usize; 2],
    pub(super) zeros: [i32; 2],
    /// Smallest and largest output.
    pub(super) range: [i32; 2],
}

impl Convolution {
    /// Whether what the kernel sees lies together in the input, all of it and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        let inside =
            |axis: usize| (self.output[axis] - 1) * self.stride[axis] + self.kernel[axis] <= self.input[axis];
        let together = self.kernel[1] == self.input[1] || self.kernel[0] == 1;
        self.dilation == [1, 1] && self.padding == [0, 0] && together && inside(0) && inside(1)
    }
}

/// One of 256 numbers for each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup {
    pub(super) from: Place,
    pub(super) to: Place,
    /// Where the 64 words of the table begin, four numbers each.
    pub(super) words: usize,
}

/// Sum or product of two numbers each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Combination {
    pub(super) product: bool,
    pub(super) from: [Place; 2],
    pub(super) to: Place,
    /// Sizes of the output's dimensions.
    pub(super) counts: [usize; 4],
    /// From one to the next along each dimension, 0 where the same number serves for all.
    pub(super) steps: [[usize; 4]; 2],
    /// Of the two inputs and the output.
    pub(super) zeros: [i32; 3],
    /// Likewise; of a product, only the last.
    pub(super) factors: [Factor; 3],
    pub(super) range: [i32; 2],
}

/// The mean or the largest of what a window sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    pub(super) largest: bool,
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) batch: usize,
    /// Rows, columns, channels.
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 2],
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Rows above and columns to the left that aren't there.
    pub(super) padding: [usize; 2],
    pub(super) range: [i32; 2],
}
