//! Networks against their definition in `f64`, over whole recordings.
#![cfg(feature = "alloc")]

mod nn_support;

use earnest::nn::{Calibration, Model, Net, OutputKind};
use earnest::simd::Level;
use nn_support::{Random, random_net};
use proptest::prelude::*;

fn stream(net: &mut Net, input: &[Vec<f32>]) -> Vec<Vec<f32>> {
    input.iter().filter_map(|frame| net.process(frame).map(<[f32]>::to_vec)).collect()
}

fn bits(frames: &[Vec<f32>]) -> Vec<u32> {
    frames.iter().flatten().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn streaming_gives_what_the_whole_recording_gives(seed: u64, layers in 1usize..10, frames in 0usize..60) {
        let net = random_net(seed, layers);
        let input = Random(seed ^ 1).frames(frames, net.channels[0]);
        let expected = net.evaluate(&input);
        let expected = expected.last().unwrap();
        let image = net.graph.to_image().unwrap();
        let model = Model::new(image).unwrap();
        prop_assert_eq!(expected.len(), frames.saturating_sub(model.look_ahead()).div_ceil(model.stride()));
        let actual = stream(&mut Net::owned(model), &input);
        prop_assert_eq!(actual.len(), expected.len());
        for (actual, expected) in actual.iter().flatten().zip(expected.iter().flatten()) {
            prop_assert!((f64::from(*actual) - expected).abs() < 2e-4 * (1.0 + expected.abs()), "{} {}", actual, expected);
        }
    }

    #[test]
    fn all_levels_give_the_same_bits_in_both_formats(seed: u64, layers in 1usize..10) {
        let net = random_net(seed, layers);
        let input = Random(seed ^ 1).frames(40, net.channels[0]);
        let mut calibration = Calibration::new(&net.graph).unwrap();
        input.iter().for_each(|frame| calibration.observe(frame));
        for image in [net.graph.to_image().unwrap(), net.graph.to_int8_image(&calibration).unwrap()] {
            let run = |level| {
                let model = Model::new(&image[..]).unwrap();
                bits(&stream(&mut Net::owned_with_level(model, level), &input))
            };
            let scalar = run(Level::scalar());
            for level in Level::all() {
                prop_assert_eq!(&run(level), &scalar, "{}", level);
            }
        }
    }

    #[test]
    fn int8_is_near_the_definition(seed: u64, layers in 1usize..8) {
        let net = random_net(seed, layers);
        let input = Random(seed ^ 1).frames(60, net.channels[0]);
        let mut calibration = Calibration::new(&net.graph).unwrap();
        input.iter().for_each(|frame| calibration.observe(frame));
        let image = net.graph.to_int8_image(&calibration).unwrap();
        let actual = stream(&mut Net::owned(Model::new(image).unwrap()), &input);
        let expected = net.evaluate(&input);
        let expected = expected.last().unwrap();
        prop_assert_eq!(actual.len(), expected.len());
        // Weights are rounded to 1/254 of a row's largest: half a per cent of the output's range per layer is what
        // that may cost; errors add up from layer to layer.
        let range = expected.iter().flatten().fold(0.05f64, |max, y| max.max(y.abs()));
        for (actual, expected) in actual.iter().flatten().zip(expected.iter().flatten()) {
            prop_assert!((f64::from(*actual) - expected).abs() < 0.02 * range * layers as f64, "{} {} of {}", actual, expected, range);
        }
    }

    #[test]
    fn reset_makes_new(seed: u64) {
        let mut net = random_net(seed, 5);
        net.graph.set_output(OutputKind::LogSoftmax, 1);
        let input = Random(seed ^ 1).frames(30, net.channels[0]);
        let image = net.graph.to_image().unwrap();
        let mut streamed = Net::owned(Model::new(&image[..]).unwrap());
        let first = stream(&mut streamed, &input);
        streamed.reset();
        prop_assert_eq!(bits(&first), bits(&stream(&mut streamed, &input)));
        prop_assert!(first.iter().all(|frame| (frame.iter().map(|x| x.exp()).sum::<f32>() - 1.0).abs() < 1e-4));
    }
}

#[test]
fn memory_too_small_is_an_error_with_the_numbers() {
    let net = random_net(7, 4);
    let image = net.graph.to_image().unwrap();
    let expected = Net::required_words(&Model::new(&image[..]).unwrap());
    let mut memory = vec![0; expected - 1];
    let error = Net::new(Model::new(&image[..]).unwrap(), memory[..].as_mut().into()).unwrap_err();
    assert_eq!(
        error,
        earnest::ConfigError::BufferTooSmall { buffer: "memory", expected, actual: expected - 1 }
    );
}
