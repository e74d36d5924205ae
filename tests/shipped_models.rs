//! The models in `models/`: an image in integers is that of the ONNX file beside it, and hears the same.
#![cfg(feature = "std")]

mod common;

use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Format, Graph, Model, Net};
use std::fs;
use std::path::Path;

/// What int8 may differ by in any probability; what the cards' recordings differ by is written there.
const BOUND: f32 = 0.25;
/// Part of the output frames in which the likeliest symbol must be the same.
const AGREEMENT: f64 = 0.98;

fn posteriors(image: Vec<u8>, frames: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let mut net = Net::owned(Model::new(image).unwrap());
    let channels = net.model().output_channels();
    let mut rows = Vec::new();
    for frame in frames {
        let output = net.process(frame).unwrap_or_default();
        rows.extend(output.chunks(channels).map(|row| row.iter().map(|x| x.exp()).collect::<Vec<f32>>()));
    }
    rows
}

fn likeliest(row: &[f32]) -> usize {
    (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap()
}

#[test]
fn images_in_integers_hear_what_their_onnx_files_hear() {
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let pcm = common::flac("kitchen.flac");
    let (mut rest, mut frames) = (&pcm[..], Vec::new());
    while let Some(frame) = front_end.process(&mut rest) {
        frames.push(frame.mel().to_vec());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut compared = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        let Some(stem) = name.strip_suffix(".int8.ear") else { continue };
        let int8 = fs::read(&path).unwrap();
        assert_eq!(Model::new(&int8[..]).unwrap().format(), Format::Int8);
        let onnx = fs::read(folder.join(format!("{stem}.onnx"))).unwrap();
        let expected = posteriors(Graph::from_onnx(&onnx).unwrap().to_image().unwrap(), &frames);
        let actual = posteriors(int8, &frames);
        assert_eq!(actual.len(), expected.len());
        assert!(expected.len() > 1000 && expected.iter().any(|row| likeliest(row) != 0), "{name}");
        let pairs = || actual.iter().zip(&expected);
        let largest =
            pairs().flat_map(|(a, e)| a.iter().zip(e)).map(|(a, e)| (a - e).abs()).fold(0.0, f32::max);
        let same = pairs().filter(|(a, e)| likeliest(a) == likeliest(e)).count() as f64 / actual.len() as f64;
        println!("{name}: largest difference {largest:.3}, same symbol in {:.2} %", 100.0 * same);
        assert!(largest <= BOUND && same >= AGREEMENT, "{name}: {largest}, {same}");
        compared += 1;
    }
    assert_eq!(compared, 2);
}
