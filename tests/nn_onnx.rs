//! ONNX files against tract, which runs them over whole recordings.
#![cfg(feature = "onnx")]

mod common;
mod nn_support;
#[path = "nn_support/onnx.rs"]
mod onnx;

use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Activation, Format, Graph, LayerKind, Model, Net, OnnxError, Op, OutputKind, Reference};
use nn_support::{Net as RandomNet, Random, random_net};
use onnx::{Value, Writer, write};
use proptest::prelude::*;
use std::path::Path;

/// Streams `frames` through the file's network as our image and compares every output that comes.
fn agrees_with_tract(file: &[u8], frames: &[Vec<f32>], bound: f32) -> Result<usize, TestCaseError> {
    let flat: Vec<f32> = frames.iter().flatten().copied().collect();
    let expected = Reference::run(file, &flat).unwrap();
    let image = Graph::from_onnx(file).unwrap().to_image().unwrap();
    let mut net = Net::owned(Model::new(image).unwrap());
    let actual: Vec<f32> =
        frames.iter().filter_map(|frame| net.process(frame).map(<[f32]>::to_vec)).flatten().collect();
    prop_assert_eq!(net.model().output_channels(), expected.channels);
    prop_assert!(actual.len() <= expected.outputs.len());
    for (i, (a, e)) in actual.iter().zip(&expected.outputs).enumerate() {
        prop_assert!((a - e).abs() <= bound * (1.0 + e.abs()), "value {i}: {a}, expected {e}");
    }
    let steps = frames.len().saturating_sub(net.model().look_ahead()).div_ceil(net.model().stride());
    let (per_frame, per_step) = (expected.channels, net.model().output_frames());
    prop_assert_eq!(actual.len(), steps * per_frame * per_step);
    Ok(steps)
}

/// Whether `layer` is a rectifier by itself that the layer before it could do as well.
fn rectifies_a_sum(net: &RandomNet, layer: &nn_support::Layer) -> bool {
    matches!(layer.op, Op::Activation(Activation::Relu)) && rectifies(net, layer.inputs[0])
}

/// Whether the layer that gives `value`, read once, can rectify it.
fn rectifies(net: &RandomNet, value: usize) -> bool {
    let readers = net.layers.iter().flat_map(|layer| &layer.inputs).filter(|&&read| read == value).count();
    let Some(giver) = value.checked_sub(1).map(|giver| &net.layers[giver]) else { return false };
    readers == 1
        && (matches!(giver.op, Op::Conv(_) | Op::Depthwise(_) | Op::Add) || rectifies_a_sum(net, giver))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn random_networks_agree_with_tract(seed: u64, layers in 1usize..9, norms: bool) {
        let mut net = random_net(seed, layers);
        net.without_skips();
        let file = write(&net, norms.then_some(&mut Random(seed ^ 2)));
        let frames = Random(seed ^ 1).frames(48, net.channels[0]);
        agrees_with_tract(&file, &frames, 2e-4)?;
        // A batch norm that is folded, or a rectifier that can be part of the layer before it, leaves no layer.
        let folded = net.layers.iter().filter(|layer| rectifies_a_sum(&net, layer)).count();
        prop_assert_eq!(Graph::from_onnx(&file).unwrap().layers(), net.layers.len() - folded);
    }

    #[test]
    fn broken_files_are_errors(seed: u64, cut in 0.0f64..1.0, flips in prop::collection::vec((0.0f64..1.0, 1u8..), 0..3)) {
        let mut file = write(&random_net(seed % 50, 4), None);
        for (at, mask) in flips {
            let at = (at * file.len() as f64) as usize;
            file[at] ^= mask;
        }
        // Error or not: no panic.
        let _ = Graph::from_onnx(&file);
        file.truncate((cut * file.len() as f64) as usize);
        let _ = Graph::from_onnx(&file);
    }
}

/// Time before channels; norms, padding and slices by nodes of their own; a dense layer twice over; two frames a step.
fn phones(writer: &mut Writer) -> String {
    let random = &mut Random(5);
    let mean = writer.floats(&[6], &random.vec(6, 1.0));
    let x = writer.node("Sub", &["mel", &mean], &[]);
    let scale = writer.floats(&[1, 1, 6], &random.vec(6, 2.0));
    let x = writer.node("Mul", &[&x, &scale], &[]);
    let x = writer.node("Transpose", &[&x], &[("perm", Value::Ints(&[0, 2, 1]))]);
    let pads = writer.ints(&[0, 0, 3, 0, 0, 1]);
    let x = writer.node("Pad", &[&x, &pads], &[]);
    let weights = writer.floats(&[8, 6, 5], &random.vec(240, 0.3));
    let x = writer.node("Conv", &[&x, &weights], &[("strides", Value::Ints(&[2]))]);
    let third = writer.floats(&[], &[3.0]);
    let x = writer.node("Div", &[&x, &third], &[]);
    let gate = writer.node("HardSigmoid", &[&x], &[("alpha", Value::Float(1.0 / 6.0))]);
    let x = writer.node("Mul", &[&x, &gate], &[]);
    // A convolution without padding, and the sum with what it saw last.
    let weights = writer.floats(&[8, 1, 3], &random.vec(24, 0.5));
    let y = writer.node("Conv", &[&x, &weights], &[("group", Value::Int(8))]);
    let [starts, ends, axes] = [[2], [i64::MAX], [2]].map(|list| writer.ints(&list));
    let x = writer.node("Slice", &[&x, &starts, &ends, &axes], &[]);
    let x = writer.node("Add", &[&x, &y], &[]);
    let x = writer.node("Transpose", &[&x], &[("perm", Value::Ints(&[0, 2, 1]))]);
    let weights = writer.floats(&[8, 7], &random.vec(56, 0.5));
    let x = writer.node("MatMul", &[&x, &weights], &[]);
    let bias = writer.floats(&[7], &random.vec(7, 0.5));
    let x = writer.node("Add", &[&bias, &x], &[]);
    let x = writer.node("Relu", &[&x], &[]);
    let axes = writer.ints(&[0]);
    let x = writer.node("Squeeze", &[&x, &axes], &[]);
    let weights = writer.floats(&[10, 7], &random.vec(70, 0.5));
    let bias = writer.floats(&[10], &random.vec(10, 0.5));
    let transposed = [("transB", Value::Int(1)), ("alpha", Value::Float(0.5)), ("beta", Value::Float(2.0))];
    let x = writer.node("Gemm", &[&x, &weights, &bias], &transposed);
    let x = writer.node("Unsqueeze", &[&x, &axes], &[]);
    let shape = writer.ints(&[1, -1, 5]);
    let x = writer.node("Reshape", &[&x, &shape], &[]);
    writer.node("LogSoftmax", &[&x], &[("axis", Value::Int(-1))])
}

#[test]
fn all_that_files_are_written_with_is_read() {
    for fixed in [0, 41] {
        let mut writer = Writer::default();
        let output = phones(&mut writer);
        writer.metadata("symbols", "a b c d e");
        writer.metadata("preset", "base");
        let file = writer.finish(("mel", &[1, fixed, 6]), (&output, &[1, 0, 5]));
        let steps = agrees_with_tract(&file, &Random(9).frames(41, 6), 1e-5).unwrap();
        let model = Model::new(Graph::from_onnx(&file).unwrap().to_image().unwrap()).unwrap();
        assert_eq!((model.output_frames(), model.output_channels(), model.stride()), (2, 5, 2));
        // The stem sees one frame ahead, and the unpadded convolution two steps of two frames.
        assert_eq!((model.look_ahead(), steps), (5, 18));
        assert_eq!(model.output_kind(), OutputKind::LogSoftmax);
        assert_eq!(model.format(), Format::F32);
        assert_eq!(model.symbols().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
        assert_eq!(model.meta("preset"), Some("base"));
        let kinds: Vec<LayerKind> = (0..model.layers()).map(|i| model.layer_info(i).unwrap().kind).collect();
        use LayerKind::{Activation, Add, Conv, Depthwise};
        // Twice the affine input, the stem, hard swish, unpadded, the slice's shift, sum, both dense layers.
        assert_eq!(kinds, [Depthwise, Conv, Activation, Depthwise, Depthwise, Add, Conv, Conv]);
    }
}

#[test]
fn the_models_we_ship_agree_with_tract() {
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let pcm = common::flac("kitchen.flac");
    let (mut rest, mut frames) = (&pcm[..160_000], Vec::new());
    while let Some(frame) = front_end.process(&mut rest) {
        frames.push(frame.mel().to_vec());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut models = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "onnx") {
            let steps = agrees_with_tract(&std::fs::read(&path).unwrap(), &frames, 1e-4)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(steps > 200);
            models += 1;
        }
    }
    assert!(models > 0);
}

#[test]
fn what_is_not_understood_is_named() {
    let mut writer = Writer::default();
    let x = writer.node("Erf", &["mel"], &[]);
    let error = Graph::from_onnx(&writer.finish(("mel", &[1, 0, 6]), (&x, &[1, 0, 6]))).unwrap_err();
    assert_eq!(error, OnnxError::Operator { node: "Erf_v1".into(), op: "Erf".into() });
    assert!(error.to_string().contains("GRU"), "{error}");

    let mut writer = Writer::default();
    let weights = writer.floats(&[4, 3, 1], &[0.0; 12]);
    let x = writer.node("Conv", &["mel", &weights], &[("group", Value::Int(2))]);
    let error = Graph::from_onnx(&writer.finish(("mel", &[1, 6, 0]), (&x, &[1, 4, 0]))).unwrap_err();
    assert!(matches!(&error, OnnxError::Use { node, .. } if node == "Conv_v2"), "{error}");
}
