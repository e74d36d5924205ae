//! What must hold of an image before anything in it is used.

use super::super::error::ImageError;
use super::super::layer::{Activation, Format, LANES, Layer, LayerKind, NO_INPUT, RECORD_WORDS, padded};
use super::header::{
    BLOCK_ALIGN, HEADER_WORDS, MAX_CHANNELS, MAX_DILATION, MAX_KERNEL, MAX_LAG, MAX_LAYERS, MAX_MEMORY,
    MAX_STRIDE,
};
use super::{Model, entry};

impl Model<'_> {
    pub(super) fn check_header(&self) -> Result<(), ImageError> {
        let h = &self.header;
        let within = |field, actual: u32, least: u32, most: u32| {
            if actual < least {
                Err(ImageError::Header { field, expected: least, actual })
            } else if actual > most {
                Err(ImageError::Header { field, expected: most, actual })
            } else {
                Ok(())
            }
        };
        within("input_channels", h.input_channels, 1, MAX_CHANNELS)?;
        within("output_channels", h.output_channels, 1, MAX_CHANNELS)?;
        within("output_frames", h.output_frames, 1, MAX_CHANNELS)?;
        within("layers", h.layers, 1, MAX_LAYERS)?;
        within("input_last_use", h.input_last_use, 0, h.layers)?;
        within("state", h.state, 0, MAX_MEMORY as u32)?;
        within("scratch", h.scratch, 1, MAX_MEMORY as u32)?;
        let table_end = 4 * (HEADER_WORDS + RECORD_WORDS * h.layers as usize);
        if self.image.len() < table_end {
            return Err(ImageError::Length { expected: table_end, actual: self.image.len() });
        }
        if h.format == Format::Int8 {
            self.check_scale(h.input_scale).map_err(|actual| ImageError::Header {
                field: "input_scale",
                expected: 1,
                actual,
            })?;
        }
        Ok(())
    }

    /// Scales are positive and their inverse is finite.
    fn check_scale(&self, bits: u32) -> Result<(), u32> {
        let scale = f32::from_bits(bits);
        if (1e-30..=1e30).contains(&scale) { Ok(()) } else { Err(bits) }
    }

    /// Channels, period, lag and place of value `index`, which an earlier layer gives, or the input.
    fn value(&self, index: u32) -> Option<(u32, u32, u32, u32)> {
        match index.checked_sub(1) {
            None => Some((self.header.input_channels, 1, 0, self.header.input_offset)),
            Some(layer) => self.layer(layer as usize).map(|l| (l.out_channels, l.period, l.lag, l.output)),
        }
    }

    pub(super) fn check_layer(&self, index: u32) -> Result<(), ImageError> {
        let layer = self.layer(index as usize).ok_or(ImageError::Kind { layer: index })?;
        let activation = layer.activation().ok_or(ImageError::Kind { layer: index })?;
        let fail = |field, expected: u64, actual: u64| {
            Err(ImageError::Layer { layer: index, field, expected, actual })
        };
        let equal = |field, expected: u32, actual: u32| {
            if expected == actual { Ok(()) } else { fail(field, expected.into(), actual.into()) }
        };
        let within = |field, actual: u32, least: u32, most: u32| {
            if actual < least {
                fail(field, least.into(), actual.into())
            } else if actual > most {
                fail(field, most.into(), actual.into())
            } else {
                Ok(())
            }
        };
        within("out_channels", layer.out_channels, 1, MAX_CHANNELS)?;
        within("kernel", layer.kernel, 1, MAX_KERNEL)?;
        within("stride", layer.stride, 1, MAX_STRIDE)?;
        within("dilation", layer.dilation, 1, MAX_DILATION)?;
        within("wait", layer.wait, 0, MAX_LAG)?;
        within("period", layer.period, 1, MAX_LAG)?;
        within("lag", layer.lag, 0, MAX_LAG)?;
        within("first input", layer.inputs[0], 0, index)?;
        let Some((channels, period, lag, offset)) = self.value(layer.inputs[0]) else {
            return Err(ImageError::Kind { layer: index });
        };
        equal("place of the first input", offset, layer.input_offsets[0])?;
        equal("in_channels", channels, layer.in_channels)?;
        let convolves = matches!(layer.kind, LayerKind::Conv | LayerKind::Depthwise);
        if !convolves {
            equal("kernel", 1, layer.kernel)?;
            equal("stride", 1, layer.stride)?;
            equal("dilation", 1, layer.dilation)?;
            equal("wait", 0, layer.wait)?;
        }
        if layer.kind != LayerKind::Conv && layer.kind != LayerKind::Gru {
            equal("out_channels", layer.in_channels, layer.out_channels)?;
        }
        let (mut own_period, mut own_lag, mut waits) = (period, lag, [0; 2]);
        if layer.kind == LayerKind::Add {
            within("second input", layer.inputs[1], 0, index)?;
            let Some((other_channels, other_period, other_lag, offset)) = self.value(layer.inputs[1]) else {
                return Err(ImageError::Kind { layer: index });
            };
            equal("place of the second input", offset, layer.input_offsets[1])?;
            if layer.inputs[0] == layer.inputs[1] {
                return fail("second input", u64::from(NO_INPUT), layer.inputs[1].into());
            }
            equal("channels of the second input", layer.in_channels, other_channels)?;
            equal("period of the second input", period, other_period)?;
            own_lag = lag.max(other_lag);
            waits = Layer::queue_rows(period, [lag, other_lag]);
        } else {
            equal("second input", NO_INPUT, layer.inputs[1])?;
        }
        if convolves {
            own_period = period.saturating_mul(layer.stride);
            own_lag = lag.saturating_add(period.saturating_mul(layer.wait));
            within("rows that the kernel spans", (layer.kernel - 1) * layer.dilation, 0, MAX_LAG)?;
        }
        equal("rows that the first input waits", waits[0], layer.waits[0])?;
        equal("rows that the second input waits", waits[1], layer.waits[1])?;
        equal("period", own_period, layer.period)?;
        equal("lag", own_lag, layer.lag)?;

        let simple = matches!(activation, Activation::None | Activation::Relu);
        let unary = layer.kind == LayerKind::Activation;
        if !simple && !unary {
            return fail("activation", 1, layer.function[0].into());
        }
        if layer.kind == LayerKind::Gru && activation != Activation::None {
            return fail("activation", 0, layer.function[0].into());
        }
        if self.header.format == Format::Int8 {
            self.check_scale(layer.scale).or_else(|bits| fail("scale", 1, bits.into()))?;
            within("first multiplier", layer.sum[0] & 0xffff, 0, 1 << 15)?;
            within("second multiplier", layer.sum[0] >> 16, 0, 1 << 15)?;
            within("shift", layer.sum[1], 0, 30)?;
        }

        for block in 0..Layer::SECTIONS {
            let (offset, bytes) = layer.section(block, self.header.format);
            if bytes > 0 && !(offset as usize).is_multiple_of(BLOCK_ALIGN) {
                return fail("alignment of a block", BLOCK_ALIGN as u64, offset.into());
            }
            let end = u64::from(offset) + bytes;
            if end > self.image.len() as u64 {
                return fail("end of a block", self.image.len() as u64, end);
            }
        }
        self.check_requantise(index, &layer)?;

        let state_end = u64::from(layer.state) + layer.state_len() as u64;
        if !(layer.state as usize).is_multiple_of(LANES) || state_end > self.header.state.into() {
            return fail("state", self.header.state.into(), state_end);
        }
        // States follow one another, so that none overlaps another.
        let state_before = match index.checked_sub(1) {
            None => 0,
            Some(before) => self.state_end(before)?,
        };
        if u64::from(layer.state) < state_before {
            return fail("state", state_before, layer.state.into());
        }
        Ok(())
    }

    /// Shifts must be shifts.
    fn check_requantise(&self, index: u32, layer: &Layer) -> Result<(), ImageError> {
        if self.header.format != Format::Int8 {
            return Ok(());
        }
        for block in [Layer::REQUANTISE, Layer::RECURRENT_REQUANTISE] {
            let words: &[i32] = self.view(layer.section(block, self.header.format));
            let (_, shifts) = words.split_at(words.len() / 2);
            if let Some(&shift) = shifts.iter().find(|&&shift| !(0..=31).contains(&shift)) {
                return Err(ImageError::Layer {
                    layer: index,
                    field: "requantising shift",
                    expected: 31,
                    actual: u64::from(shift as u32),
                });
            }
        }
        Ok(())
    }

    /// Where the state of a layer that was checked ends.
    fn state_end(&self, index: u32) -> Result<u64, ImageError> {
        let layer = self.layer(index as usize).ok_or(ImageError::Kind { layer: index })?;
        Ok(u64::from(layer.state) + layer.state_len() as u64)
    }

    /// Outputs lie within scratch and none is overwritten before its last use; the last layer gives the output.
    pub(super) fn check_memory(&self) -> Result<(), ImageError> {
        let h = &self.header;
        let Some(last) = self.iter().last() else {
            return Err(ImageError::Header { field: "layers", expected: 1, actual: 0 });
        };
        let equal = |field, expected: u32, actual: u32| {
            if expected == actual { Ok(()) } else { Err(ImageError::Header { field, expected, actual }) }
        };
        equal("stride", last.period, h.stride)?;
        equal("look_ahead", last.lag, h.look_ahead)?;
        equal("output_channels × output_frames", last.out_channels, h.output_channels * h.output_frames)?;
        for (index, layer) in self.iter().enumerate() {
            for input in layer.inputs {
                let (used, last_use) = match input.checked_sub(1) {
                    _ if input == NO_INPUT => continue,
                    None => (index as u32, h.input_last_use),
                    Some(before) => {
                        (index as u32, self.layer(before as usize).map_or(0, |before| before.last_use))
                    }
                };
                if used > last_use || last_use > h.layers {
                    return Err(ImageError::Layer {
                        layer: index as u32,
                        field: "last_use of an input",
                        expected: used.into(),
                        actual: last_use.into(),
                    });
                }
            }
        }
        equal("last_use of the output", h.layers, last.last_use)?;
        for (mine, region) in self.regions().enumerate() {
            // The input is region 0, then come two of each layer.
            let fail = |field, expected: u64, actual: u64| {
                Err(ImageError::Layer { layer: mine.saturating_sub(1) as u32 / 2, field, expected, actual })
            };
            if region.end > u64::from(h.scratch) {
                return fail("end in scratch", h.scratch.into(), region.end);
            }
            if region.start % LANES as u64 != 0 {
                return fail("alignment in scratch", LANES as u64, region.start);
            }
            if let Some(other) = self.regions().skip(mine + 1).find(|other| other.overlaps(&region)) {
                return fail("overlap in scratch", region.end, other.start);
            }
        }
        Ok(())
    }

    /// The stretches of scratch that the network's input and the layers' outputs and work take.
    fn regions(&self) -> impl Iterator<Item = Region> {
        let h = &self.header;
        let input = Region::new(h.input_offset, padded(h.input_channels as usize), 0, h.input_last_use);
        let layers = self.iter().enumerate().flat_map(|(index, layer)| {
            let index = index as u32;
            [
                Region::new(layer.output, layer.out_row(), index, layer.last_use),
                Region::new(layer.work, layer.work_len(), index, index),
            ]
        });
        core::iter::once(input).chain(layers)
    }

    pub(super) fn check_metadata(&self) -> Result<(), ImageError> {
        let h = &self.header;
        let end = u64::from(h.metadata_offset) + u64::from(h.metadata_bytes);
        if end > self.image.len() as u64 {
            return Err(ImageError::Length { expected: end as usize, actual: self.image.len() });
        }
        let end = end as usize;
        let mut rest = self.bytes(h.metadata_offset, u64::from(h.metadata_bytes));
        while !rest.is_empty() {
            let (_, after) = entry(rest).ok_or(ImageError::Metadata { offset: end - rest.len() })?;
            rest = after;
        }
        let symbols = self.symbols().count() as u32;
        if symbols != 0 && symbols != h.output_channels {
            return Err(ImageError::Header {
                field: "number of symbols",
                expected: h.output_channels,
                actual: symbols,
            });
        }
        Ok(())
    }
}

/// A stretch of scratch and the layers during which it must stay.
#[derive(Clone, Copy)]
struct Region {
    start: u64,
    end: u64,
    first: u32,
    last_use: u32,
}

impl Region {
    fn new(offset: u32, len: usize, first: u32, last_use: u32) -> Region {
        Region { start: offset.into(), end: u64::from(offset) + len as u64, first, last_use }
    }

    fn overlaps(&self, other: &Region) -> bool {
        self.start < other.end
            && other.start < self.end
            && self.first <= other.last_use
            && other.first <= self.last_use
    }
}
