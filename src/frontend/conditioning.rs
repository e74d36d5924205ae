//! DC removal and pre-emphasis: along the stream, or window by window as Kaldi does.

use super::{Conditioning, MAX_FFT};
use crate::audio::SAMPLE_RATE_HZ;
use core::f64::consts::TAU;

/// The filters along the stream; their memory is what makes chunks seamless.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StreamFilter {
    /// Pole of the high pass, if there is one.
    pole: Option<f32>,
    pre_emphasis: f32,
    last_in: f32,
    last_out: f32,
}

impl StreamFilter {
    /// `None` where nothing is to be done along the stream.
    pub(super) fn new(conditioning: Conditioning) -> Option<Self> {
        match conditioning {
            Conditioning::Stream { dc_cut_hz, pre_emphasis } if dc_cut_hz > 0.0 || pre_emphasis > 0.0 => {
                let radians = TAU * f64::from(dc_cut_hz) / f64::from(SAMPLE_RATE_HZ);
                let pole = (dc_cut_hz > 0.0).then(|| libm::exp(-radians) as f32);
                Some(StreamFilter { pole, pre_emphasis, ..StreamFilter::default() })
            }
            _ => None,
        }
    }

    pub(super) fn next(&mut self, x: f32) -> f32 {
        let y = self.pole.map_or(x, |pole| x - self.last_in + pole * self.last_out);
        let emphasised = y - self.pre_emphasis * self.last_out;
        (self.last_in, self.last_out) = (x, y);
        emphasised
    }

    pub(super) fn reset(&mut self) {
        (self.last_in, self.last_out) = (0.0, 0.0);
    }
}

/// One window as Kaldi prepares it: the mean off, then pre-emphasis with the first sample as its own predecessor.
pub(super) fn prepare(
    frame: &[f32; MAX_FFT],
    window_samples: usize,
    remove_mean: bool,
    pre_emphasis: f32,
) -> [f32; MAX_FFT] {
    let mut prepared = *frame;
    if let Some(window) = prepared.get_mut(..window_samples) {
        if remove_mean {
            let mean = window.iter().sum::<f32>() / window_samples as f32;
            for sample in window.iter_mut() {
                *sample -= mean;
            }
        }
        let mut before = window.first().copied().unwrap_or(0.0);
        for sample in window {
            (before, *sample) = (*sample, *sample - pre_emphasis * before);
        }
    }
    prepared
}
