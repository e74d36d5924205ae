//! Images of dictionaries and of letters: any bytes, as they are and with length and checksum made right.
#![no_main]

use earnest::lexicon::{Dictionary, G2p};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
    for magic in [b"EARN-LEX", b"EARN-G2P"] {
        let mut image = bytes.to_vec();
        if image.len() >= 20 {
            image[..8].copy_from_slice(magic);
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
            run(&image);
        }
    }
});

fn run(image: &[u8]) {
    if let Ok(dictionary) = Dictionary::new(image) {
        dictionary.for_each(|word, phones| {
            let mut found = dictionary.get(word).expect("listed");
            assert!(found.any(|found| *found == *phones));
        });
    }
    if let Ok(model) = G2p::new(image) {
        let _ = model.guess("o'shaughnessy", 3).map(|guesses| guesses.len());
    }
}
