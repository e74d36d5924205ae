//! Images that are broken, by accident or on purpose: errors, never panics, nothing read or written elsewhere.
#![cfg(feature = "alloc")]

mod nn_support;
mod seal;

use earnest::nn::{Calibration, ImageError, Model, Net};
use nn_support::{Random, random_net};
use proptest::prelude::*;
use seal::seal;

fn images(seed: u64) -> [Vec<u8>; 2] {
    let mut net = random_net(seed, 6);
    net.graph.set_metadata("preset", "base");
    let mut calibration = Calibration::new(&net.graph).unwrap();
    Random(1).frames(20, net.channels[0]).iter().for_each(|frame| calibration.observe(frame));
    [net.graph.to_image().unwrap(), net.graph.to_int8_image(&calibration).unwrap()]
}

/// Runs what passes as a model; whatever comes, it must come back.
fn run(image: &[u8]) {
    if let Ok(model) = Model::new(image) {
        for index in 0..model.layers() {
            let _ = model.layer_info(index);
        }
        let _ = model.metadata().count() + model.symbols().count() + model.macs_per_step();
        if Net::required_words(&model) < 1 << 22 {
            let channels = model.input_channels();
            let mut net = Net::owned(model);
            for frame in Random(3).frames(12, channels) {
                let _ = net.process(&frame).map(<[f32]>::len);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_changed_byte_is_seen(seed in 0u64..40, int8: bool, at in 0.0f64..1.0, mask in 1u8..) {
        let [float, int] = images(seed);
        let mut image = if int8 { int } else { float };
        let at = (at * image.len() as f64) as usize;
        image[at] ^= mask;
        prop_assert!(Model::new(image).is_err());
    }

    #[test]
    fn cut_or_longer_images_are_errors(seed in 0u64..40, at in 0.0f64..1.0) {
        let [mut image, _] = images(seed);
        let at = (at * image.len() as f64) as usize;
        let is_error =
            matches!(Model::new(&image[..at]).unwrap_err(), ImageError::Length { actual, .. } if actual == at);
        prop_assert!(is_error);
        image.push(0);
        prop_assert!(Model::new(image).is_err());
    }

    #[test]
    fn lies_with_a_right_checksum_do_no_harm(
        seed in 0u64..40,
        int8: bool,
        lies in prop::collection::vec((2usize..400, prop_oneof![any::<u32>(), 0u32..300, Just(u32::MAX)], 0u8..3), 1..4),
    ) {
        let [float, int] = images(seed);
        let mut image = if int8 { int } else { float };
        let words = image.len() / 4;
        for (word, value, how) in lies {
            let at = 4 * (word % words);
            let old = u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
            let new = match how {
                0 => value,
                1 => old.wrapping_add(value),
                _ => old ^ 1 << (value % 32),
            };
            image[at..at + 4].copy_from_slice(&new.to_le_bytes());
        }
        // The length may be one of the lies.
        seal(&mut image);
        run(&image);
    }
}

#[test]
fn memory_at_an_odd_address_is_an_error() {
    let [image, _] = images(3);
    let mut shifted = vec![0; image.len() + 4];
    let odd = (1..5).find(|at| (shifted.as_ptr() as usize + at) % 4 == 1).unwrap();
    shifted[odd..odd + image.len()].copy_from_slice(&image);
    assert_eq!(
        Model::new(&shifted[odd..odd + image.len()]).unwrap_err(),
        ImageError::Alignment { expected: 4, actual: 1 }
    );
}

#[test]
fn other_files_are_told_apart() {
    let [mut image, _] = images(3);
    image[8] = 9;
    seal(&mut image);
    assert_eq!(Model::new(&image[..]).unwrap_err(), ImageError::Version { expected: 1, actual: 9 });
    image[..4].copy_from_slice(b"RIFF");
    assert!(matches!(Model::new(image).unwrap_err(), ImageError::Magic { .. }));
}

#[test]
fn symbols_must_be_as_many_as_outputs() {
    let mut net = random_net(5, 3);
    let outputs = *net.channels.last().unwrap() as u32;
    net.graph.set_metadata("symbols", &"x\n".repeat(outputs as usize + 1));
    assert_eq!(
        Model::new(net.graph.to_image().unwrap()).unwrap_err(),
        ImageError::Header { field: "number of symbols", expected: outputs, actual: outputs + 1 }
    );
}
