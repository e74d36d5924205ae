//! Images of dictionaries and of letters: any bytes, as they are and with length and checksum made right.
#![no_main]

mod sealed;

use earnest::lexicon::{Dictionary, G2p};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
    for magic in [b"EARN-LEX", b"EARN-G2P"] {
        if let Some(image) = sealed::sealed(bytes, magic) {
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
