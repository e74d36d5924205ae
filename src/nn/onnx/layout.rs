//! Which axis of an ONNX tensor is which. Our rows have channels only; time is the stream.

use alloc::vec;
use alloc::vec::Vec;

/// What an axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Axis {
    /// Of length 1: batch, direction, height.
    One,
    Time,
    Channel,
}

/// The axes of a tensor in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout(pub(super) Vec<Axis>);

impl Layout {
    pub(super) fn position(&self, axis: Axis) -> Option<usize> {
        self.0.iter().position(|&a| a == axis)
    }

    /// An axis as an operator counts it: from the end if negative.
    pub(super) fn resolve(&self, axis: i64) -> Option<usize> {
        let rank = self.0.len() as i64;
        let axis = if axis < 0 { axis + rank } else { axis };
        (0..rank).contains(&axis).then_some(axis as usize)
    }

    /// Readings of the graph's input, the likeliest first. One of the dimensions must be fixed: the channels.
    pub(super) fn of_input(dims: &[Option<usize>]) -> Vec<(Layout, usize)> {
        use Axis::{Channel, One, Time};
        let candidates = match dims.len() {
            2 => vec![vec![Time, Channel], vec![Channel, Time]],
            3 => vec![vec![One, Time, Channel], vec![One, Channel, Time], vec![Time, One, Channel]],
            4 => vec![
                vec![One, One, Time, Channel],
                vec![One, Channel, Time, One],
                vec![One, Channel, One, Time],
                vec![One, One, Channel, Time],
            ],
            _ => vec![],
        };
        let mut all: Vec<(Layout, usize)> = candidates
            .into_iter()
            .filter(|axes| axes.iter().zip(dims).all(|(&a, &d)| a != One || d.is_none_or(|d| d == 1)))
            .filter_map(|axes| {
                let layout = Layout(axes);
                let channels = dims[layout.position(Channel)?]?;
                Some((layout, channels))
            })
            .collect();
        // Time that is left open is surely time.
        all.sort_by_key(|(layout, _)| layout.position(Time).is_some_and(|at| dims[at].is_some()));
        all
    }

    pub(super) fn transposed(&self, permutation: &[i64]) -> Option<Layout> {
        let reversed: Vec<i64> = (0..self.0.len() as i64).rev().collect();
        let permutation = if permutation.is_empty() { &reversed } else { permutation };
        if permutation.len() != self.0.len() {
            return None;
        }
        permutation
            .iter()
            .map(|&from| self.0.get(usize::try_from(from).ok()?).copied())
            .collect::<Option<_>>()
            .map(Layout)
    }

    /// Without the axes of length 1 that are named, or without any if none is.
    pub(super) fn squeezed(&self, axes: &[i64]) -> Option<Layout> {
        if axes.is_empty() {
            return Some(Layout(self.0.iter().copied().filter(|&axis| axis != Axis::One).collect()));
        }
        let gone: Vec<usize> = axes.iter().map(|&axis| self.resolve(axis)).collect::<Option<_>>()?;
        if gone.iter().any(|&axis| self.0[axis] != Axis::One) {
            return None;
        }
        let kept = self.0.iter().enumerate().filter(|(i, _)| !gone.contains(i)).map(|(_, &axis)| axis);
        Some(Layout(kept.collect()))
    }

    pub(super) fn unsqueezed(&self, axes: &[i64]) -> Option<Layout> {
        let rank = self.0.len() + axes.len();
        let mut new = Layout(vec![Axis::Time; rank]);
        let places: Vec<usize> = axes.iter().map(|&axis| new.resolve(axis)).collect::<Option<_>>()?;
        let mut old = self.0.iter();
        for (place, axis) in new.0.iter_mut().enumerate() {
            *axis = if places.contains(&place) { Axis::One } else { *old.next()? };
        }
        Some(new)
    }

    /// As two axes, the first `axis` ones in one.
    pub(super) fn flattened(&self, axis: i64) -> Option<Layout> {
        let axis = if axis == self.0.len() as i64 { self.0.len() } else { self.resolve(axis)? };
        let merged = |axes: &[Axis]| {
            let mut long = axes.iter().copied().filter(|&axis| axis != Axis::One);
            let first = long.next().unwrap_or(Axis::One);
            long.next().is_none().then_some(first)
        };
        let (head, tail) = self.0.split_at(axis);
        Some(Layout(vec![merged(head)?, merged(tail)?]))
    }

    /// The axes after a reshape to `dims` (0: as before, −1: what is left), and into how many frames each row is cut.
    pub(super) fn reshaped(&self, channels: usize, dims: &[i64]) -> Option<(Layout, usize)> {
        let time_first = self.position(Axis::Time)? < self.position(Axis::Channel)?;
        let (mut axes, mut frames) = (Vec::new(), 1);
        for (place, &dim) in dims.iter().enumerate() {
            let has = |axis| axes.contains(&axis);
            let next = match dim {
                1 if channels != 1 => Axis::One,
                0 => *self.0.get(place)?,
                -1 if has(Axis::Channel) => Axis::Time,
                -1 if has(Axis::Time) => Axis::Channel,
                -1 => {
                    if time_first {
                        Axis::Time
                    } else {
                        Axis::Channel
                    }
                }
                dim => {
                    let dim = usize::try_from(dim).ok()?;
                    let cut = time_first && has(Axis::Time) && dim > 0 && channels.is_multiple_of(dim);
                    if dim == channels && !has(Axis::Channel) {
                        Axis::Channel
                    } else if cut && !has(Axis::Channel) {
                        frames = channels / dim;
                        Axis::Channel
                    } else {
                        Axis::Time
                    }
                }
            };
            if next != Axis::One && has(next) {
                return None;
            }
            axes.push(next);
        }
        let layout = Layout(axes);
        let (time, channel) = (layout.position(Axis::Time)?, layout.position(Axis::Channel)?);
        ((time < channel) == time_first).then_some((layout, frames))
    }

    /// One number per channel from a constant that is broadcast to this layout: all of them, or the one for all.
    pub(super) fn per_channel(&self, dims: &[usize], values: &[f32], channels: usize) -> Option<Vec<f32>> {
        if values.len() == 1 {
            return Some(vec![values[0]; channels]);
        }
        let channel = self.position(Axis::Channel)?;
        let missing = self.0.len().checked_sub(dims.len())?;
        let fits = dims
            .iter()
            .enumerate()
            .all(|(i, &dim)| if i + missing == channel { dim == channels } else { dim == 1 });
        (fits && values.len() == channels).then(|| values.to_vec())
    }
}
