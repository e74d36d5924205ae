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

#[cfg(test)]
mod tests {
    use super::super::file::Decoded;
    use super::super::{Source, Warning};
    use std::io::Cursor;
    use std::prelude::rust_2024::*;

    /// Ogg's checksum (RFC 3533, section 6): CRC-32 without reflection, from 0.
    fn checksum(page: &[u8]) -> u32 {
        page.iter().fold(0, |crc: u32, byte| {
            (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
                (crc << 1) ^ if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
            })
        })
    }

    /// The clip with its pages changed by `change`, which gets a page's number and its packets.
    fn clip(mut change: impl FnMut(usize, Vec<&mut [u8]>)) -> Option<(Vec<i16>, Vec<Warning>)> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/cli/tests/data/clip.opus");
        let Ok(mut bytes) = std::fs::read(path) else {
            std::eprintln!("skipped: {path} is not there");
            return None;
        };
        let (mut at, mut number) = (0, 0);
        while at < bytes.len() {
            let sizes: Vec<usize> = bytes[at + 27..at + 27 + usize::from(bytes[at + 26])]
                .iter()
                .map(|size| usize::from(*size))
                .collect();
            let (head, len) = (27 + sizes.len(), sizes.iter().sum::<usize>());
            let page = &mut bytes[at..at + head + len];
            let mut rest = &mut page[head..];
            let mut packets = Vec::new();
            for lacing in sizes.split_inclusive(|size| *size < 255) {
                let (packet, later) = rest.split_at_mut(lacing.iter().sum());
                packets.push(packet);
                rest = later;
            }
            change(number, packets);
            page[22..26].fill(0);
            let sum = checksum(page).to_le_bytes();
            page[22..26].copy_from_slice(&sum);
            at += head + len;
            number += 1;
        }
        let mut source = Decoded::new("clip.opus", Box::new(Cursor::new(bytes)), Some("opus")).unwrap();
        let mut samples = Vec::new();
        while let Some(block) = source.next_block().unwrap() {
            samples.extend_from_slice(block);
        }
        Some((samples, source.warnings()))
    }

    #[test]
    fn it_is_as_long_as_what_was_put_in() {
        let Some((samples, warnings)) = clip(|_, _| {}) else { return };
        assert_eq!((samples.len(), warnings.len()), (21_760, 0));
    }

    #[test]
    fn the_headers_gain_is_applied() {
        let energy = |samples: &[i16]| samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
        let Some((plain, _)) = clip(|_, _| {}) else { return };
        let quieter = clip(|page, mut packets| {
            if page == 0 {
                // -6 dB, in 256ths.
                packets[0][16..18].copy_from_slice(&(-1536i16).to_le_bytes());
            }
        });
        let db = 10.0 * libm::log10(energy(&quieter.unwrap().0) / energy(&plain));
        assert!((db + 6.0).abs() < 0.01, "{db}");
    }

    #[test]
    fn a_damaged_packet_is_silence_and_what_follows_keeps_its_time() {
        let damaged = clip(|page, mut packets| {
            if page == 2 {
                // As many frames as the next byte says: none, which no packet may have (RFC 6716, section 3.2.5).
                packets[5][0] |= 3;
                packets[5][1] = 0;
            }
        });
        let Some((samples, warnings)) = damaged else { return };
        assert_eq!((samples.len(), warnings), (21_760, [Warning::Damaged { packets: 1 }].into()));
    }
}
