//! microWakeWord's models: any bytes, as they are and with the beginning of a TensorFlow Lite file, and a few frames for
//! those that are one.
#![no_main]

use earnest::spotter::micro::{MicroMemory, MicroModel, MicroNet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    run(bytes.to_vec());
    let mut begun = bytes.to_vec();
    if let Some(identifier) = begun.get_mut(4..8) {
        identifier.copy_from_slice(b"TFL3");
        run(begun);
    }
});

fn run(image: Vec<u8>) {
    let Ok(model) = MicroModel::parse(image) else { return };
    let input: Vec<i8> = (0..model.input_len()).map(|at| (at * 37) as i8).collect();
    let (memory, expected) = (MicroMemory::owned(&model), model.output_len());
    let mut net = MicroNet::new(model, memory).expect("as much memory as it asked for");
    for _ in 0..4 {
        assert_eq!(net.process(&input).len(), expected);
    }
    net.reset();
}
