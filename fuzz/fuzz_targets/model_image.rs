//! Model images: any bytes, as they are and with length and checksum made right so that what lies behind is reached.
#![no_main]

mod sealed;

use earnest::nn::{Model, Net};
use libfuzzer_sys::fuzz_target;

/// Streams longer than this are not worth a fuzzer's memory.
const MAX_WORDS: usize = 1 << 22;

fuzz_target!(|bytes: &[u8]| {
    run(bytes.to_vec());
    if let Some(image) = sealed::sealed(bytes, b"EARN-NET") {
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
