//! The embedding of a window of mel frames, every time that a few frames are new.
//!
//! Convolution and pooling without padding in time give for a row that two windows share the same values in both. So the
//! model is cut at its poolings, and each part computes only the rows that are new, from the rows that it was given and the
//! last ones before them, which it keeps.

use super::OnnxError;
use super::plan::{Declared, Part, Plan};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Mel bands of a frame.
pub(super) const BANDS: usize = 32;
/// Frames of a window.
pub(super) const WINDOW: usize = 76;
/// Frames that are new each time.
pub(super) const STEP: usize = 8;
/// Values of an embedding.
pub(super) const VALUES: usize = 96;
/// How far an embedding may be from that of the whole model, relative to its largest value. Sums in another order differ by
/// less than a hundredth of that.
const TOLERANCE: f32 = 1e-4;

/// Computes embeddings.
#[derive(Clone, Debug)]
pub(super) enum Embedding {
    /// Only what is new.
    Parts(Vec<Stage>),
    /// The whole window.
    Whole { plan: Plan, window: Vec<f32> },
}

/// A part of the model.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    plan: Plan,
    channels: usize,
    width: usize,
    /// Rows that it takes at once.
    rows: usize,
    /// Those rows, by channel; the new ones are last.
    input: Vec<f32>,
}

impl Embedding {
    /// For the model in `bytes`.
    pub(super) fn new(bytes: &[u8]) -> Result<Embedding, OnnxError> {
        let name = "embedding";
        let declared = Declared::read(name, bytes)?;
        let shape = |what, expected: &[usize], actual: &[usize]| OnnxError::Shape {
            name,
            what,
            expected: expected.to_vec(),
            actual: actual.to_vec(),
        };
        let expected = [1, WINDOW, BANDS, 1];
        let fits = |(actual, expected): (&usize, &usize)| *actual == 0 || actual == expected;
        if declared.input.len() != 4 || !declared.input.iter().zip(&expected).all(fits) {
            return Err(shape("input", &expected, &declared.input));
        }
        let plan = Plan::new(name, bytes, &Part::default(), &expected)?;
        if plan.output.iter().product::<usize>() != VALUES {
            return Err(shape("output", &[1, 1, 1, VALUES], &plan.output));
        }
        let mut whole = Embedding::Whole { plan, window: vec![0.0; WINDOW * BANDS] };
        let Some(mut parts) = parts(bytes, &declared.nodes) else { return Ok(whole) };
        // Whether the parts are the whole, no rule could say more surely than the numbers.
        for round in 0..2 * WINDOW / STEP {
            let value = |n: usize| ((n * 7919 + round * 104_729) % 1000) as f32 / 250.0 - 2.0;
            let new: Vec<f32> = (0..STEP * BANDS).map(value).collect();
            let (Ok(a), Ok(b)) = (whole.push(&new), parts.push(&new)) else { return Ok(whole) };
            let most = a.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            let same = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= TOLERANCE * most);
            if round >= WINDOW / STEP && !same {
                return Ok(whole);
            }
        }
        Ok(parts)
    }

    /// Whether it computes only what is new.
    pub(super) fn is_in_parts(&self) -> bool {
        matches!(self, Embedding::Parts(_))
    }

    /// Takes [`STEP`] frames and gives the embedding of the window that ends with them.
    pub(super) fn push(&mut self, new: &[f32]) -> Result<Vec<f32>, OnnxError> {
        match self {
            Embedding::Whole { plan, window } => {
                window.copy_within(new.len().., 0);
                let from = window.len() - new.len();
                window[from..].copy_from_slice(new);
                plan.run(window)
            }
            Embedding::Parts(stages) => {
                let mut rows = new.to_vec();
                for stage in stages {
                    rows = stage.push(&rows)?;
                }
                Ok(rows)
            }
        }
    }
}

impl Stage {
    /// Takes rows, by channel, and gives the rows that follow from them.
    fn push(&mut self, new: &[f32]) -> Result<Vec<f32>, OnnxError> {
        let row = self.width;
        let new_len = new.len() / self.channels;
        let channels = self.input.chunks_exact_mut(self.rows * row).zip(new.chunks_exact(new_len));
        for (kept, new) in channels {
            kept.copy_within(new_len.., 0);
            let from = kept.len() - new_len;
            kept[from..].copy_from_slice(new);
        }
        self.plan.run(&self.input)
    }
}

/// The model cut at its poolings, if it is of the kind that can be.
fn parts(bytes: &[u8], nodes: &[(String, String)]) -> Option<Embedding> {
    let name = "embedding";
    // A change of axes at both ends, and what is between keeps them: channels, rows, columns.
    let is_reshape = |(_, op): &&(String, String)| op.contains("Reshape");
    let first = nodes.iter().find(is_reshape)?;
    let last = nodes.iter().rposition(|node| is_reshape(&node)).filter(|at| *at > 0)?;
    let between = |node: &&(String, String)| node.1.contains("MaxPool");
    let mut cuts: Vec<String> = vec![first.0.clone()];
    cuts.extend(nodes[..last].iter().filter(between).map(|node| node.0.clone()));
    let end = nodes[..last].iter().rev().find(|(_, op)| !op.contains("Const") && !op.contains("Source"))?;
    cuts.push(end.0.clone());
    let (mut channels, mut width, mut new_rows) = (1, BANDS, STEP);
    let mut stages = Vec::new();
    for pair in cuts.windows(2) {
        let part = Part { after: Some(pair[0].clone()), upto: Some(pair[1].clone()) };
        let make = |rows: usize| Plan::new(name, bytes, &part, &[1, channels, rows, width]).ok();
        // How many rows it needs for one row, and how many more for one more: told from many, as tract has its own ideas of
        // what too few give.
        let gives = |rows: usize| make(rows).and_then(|plan| plan.output.get(2).copied());
        let most = gives(WINDOW)?;
        let fewest_for = |wanted: usize, from: usize| {
            (1..from).rev().find(|&rows| gives(rows) != Some(wanted)).map(|rows| rows + 1)
        };
        let fewest = fewest_for(most, WINDOW)?;
        let stride = fewest - fewest_for(most.checked_sub(1)?, fewest)?;
        let one = fewest.checked_sub((most - 1) * stride)?;
        if new_rows % stride != 0 {
            return None;
        }
        let out_rows = new_rows / stride;
        let rows = (out_rows - 1) * stride + one;
        if rows < new_rows {
            return None;
        }
        let plan = make(rows)?;
        let &[1, out_channels, out, out_width] = plan.output.as_slice() else { return None };
        if out != out_rows {
            return None;
        }
        stages.push(Stage { input: vec![0.0; channels * rows * width], plan, channels, width, rows });
        (channels, width, new_rows) = (out_channels, out_width, out);
    }
    (new_rows == 1 && channels * width == VALUES).then_some(Embedding::Parts(stages))
}
