//! Opus packets to samples: the one file that knows opus-decoder. The Ogg around them is symphonia's part.

use opus_decoder::{OpusDecoder, OpusMultistreamDecoder};
use std::prelude::rust_2024::*;
use std::vec;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;

/// What Opus files decode to, whatever was recorded (RFC 7845, section 5.1).
pub(super) const OPUS_RATE_HZ: u32 = 48_000;

/// The streams of an Ogg Opus file.
pub(super) struct Opus {
    decoder: OpusMultistreamDecoder,
    pub(super) channels: usize,
    /// 10^(gain / 20), as the header asks.
    gain: f32,
    /// Samples still to be left out at the start: the header's pre-skip, which the Ogg reader leaves to us.
    skip: usize,
    pcm: Vec<f32>,
}

impl Opus {
    /// From the identification header, RFC 7845, section 5.1; `None` if it is none.
    pub(super) fn new(params: &AudioCodecParameters) -> Option<Opus> {
        let head = params.extra_data.as_deref()?;
        let channels = usize::from(*head.get(9)?);
        let skip = usize::from(u16::from_le_bytes([*head.get(10)?, *head.get(11)?]));
        let gain = i16::from_le_bytes([*head.get(16)?, *head.get(17)?]);
        let (streams, coupled, map) = match head.get(18)? {
            0 if channels == 1 => (1, 0, &[0][..]),
            0 if channels == 2 => (1, 1, &[0, 1][..]),
            0 => return None,
            _ => (usize::from(*head.get(19)?), usize::from(*head.get(20)?), head.get(21..21 + channels)?),
        };
        let decoder = OpusMultistreamDecoder::new(OPUS_RATE_HZ, channels, streams, coupled, map).ok()?;
        let pcm = vec![0.0; OpusDecoder::MAX_FRAME_SIZE_48K * channels];
        let gain = libm::powf(10.0, f32::from(gain) / 256.0 / 20.0);
        Some(Opus { decoder, channels, gain, skip, pcm })
    }

    /// Interleaved samples of a packet, without what its container says to leave out; `None` if it is damaged.
    pub(super) fn decode(&mut self, packet: &Packet) -> Option<&[f32]> {
        let samples = self.decoder.decode_float(&packet.data, &mut self.pcm, false).ok()?;
        let cut = |trim: u64| usize::try_from(trim).unwrap_or(usize::MAX).min(samples);
        let from = cut(packet.trim_start.get()).max(self.skip.min(samples));
        self.skip -= self.skip.min(samples);
        let to = (samples - cut(packet.trim_end.get())).max(from);
        let pcm = self.pcm.get_mut(from * self.channels..to * self.channels)?;
        if self.gain != 1.0 {
            pcm.iter_mut().for_each(|sample| *sample *= self.gain);
        }
        Some(pcm)
    }
}
