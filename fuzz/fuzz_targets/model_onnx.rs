//! ONNX files: any bytes.
#![no_main]

use earnest::nn::{Graph, Model};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(graph) = Graph::from_onnx(bytes)
        && let Ok(image) = graph.to_image()
    {
        // What the packer writes, the loader takes, but for symbols that are not as many as outputs.
        let _ = Model::new(image);
    }
});
