//! Model images: any bytes, as they are and with length and checksum made right so that what lies behind is reached.
#![no_main]

use earnest::nn::{Model, Net};
use libfuzzer_sys::fuzz_target;

/// Streams longer than this are not worth a fuzzer's memory.
const MAX_WORDS: usize = 1 << 22;

fuzz_target!(|bytes: &[u8]| {
    run(bytes.to_vec());
    let mut image = bytes.to_vec();
    if image.len() >= 20 {
        image[..8].copy_from_slice(b"EARN-NET");
        image[8..12].copy_from_slice(&1u32.to_le_bytes());
        let len = image.len() as u32;
        image[12..16].copy_from_slice(&len.to_le_bytes());
        let mut crc = !0u32;
        for &byte in image[..16].iter().chain(&image[20..]) {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
            }
        }
        image[16..20].copy_from_slice(&(!crc).to_le_bytes());
        run(image);
    }
});

fn run(image: Vec<u8>) {
    let Ok(model) = Model::new(image) else { return };
    let _ = model.metadata().count() + model.symbols().count() + model.macs_per_step();
    if Net::required_words(&model) <= MAX_WORDS {
        let frame = vec![1.5; model.input_channels()];
        let mut net = Net::owned(model);
        for _ in 0..8 {
            let _ = net.process(&frame).map(<[f32]>::len);
        }
    }
}
