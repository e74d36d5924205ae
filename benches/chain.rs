//! The always-on part as one: samples through the front end, the VAD and a network of about 50,000 multiplications
//! every 10 ms, each with and without what comes after it, beside a bare 512-point transform in the same rounds.
//!
//! `cargo bench --bench chain` prints CPU seconds per hour of audio on one core: the best of many short rounds, so that
//! what else the machine does counts as little as possible.

#[path = "common/mod.rs"]
mod common;

use common::{random, thread_time, wake};
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Calibration, Graph, Model, Net};
use earnest::simd::Level;
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use realfft::RealFftPlanner;
use std::hint::black_box;

const ROUNDS: usize = 200;
/// Two seconds: short enough to be left alone now and then.
const SAMPLES: usize = 32_000;
const FRAMES: usize = SAMPLES / 160;

/// Bursts of noise, as loud as speech.
fn audio() -> Vec<i16> {
    let mut state = 3;
    (0..SAMPLES)
        .map(|i| {
            let level = if i / 4000 % 2 == 0 { 3000.0 } else { 60.0 };
            (level * random(&mut state)) as i16
        })
        .collect()
}

/// The network's image in integers, calibrated on the frames it will see here.
fn int8(graph: &Graph, pcm: &[i16]) -> Vec<u8> {
    let mut calibration = Calibration::new(graph).unwrap();
    let mut front_end = FrontEnd::new(FrontEndConfig::default()).unwrap();
    let mut rest = pcm;
    while let Some(frame) = front_end.process(&mut rest) {
        calibration.observe(frame.mel());
    }
    graph.to_int8_image(&calibration).unwrap()
}

fn main() {
    let config = FrontEndConfig::default();
    let pcm = audio();
    let graph = wake();
    let images = [("f32", graph.to_image().unwrap()), ("int8", int8(&graph, &pcm))];

    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(512);
    let (mut time, mut spectrum) = (fft.make_input_vec(), fft.make_output_vec());
    let mut scratch = fft.make_scratch_vec();
    let mut front_end = FrontEnd::new(config).unwrap();
    let mut vad = MelVad::new(MelVadConfig::default(), &config).unwrap();
    let mut nets = images.each_ref().map(|(_, image)| Net::owned(Model::new(&image[..]).unwrap()));

    let mut best = [f64::INFINITY; 5];
    for _ in 0..ROUNDS {
        let mut measure = |what: usize, work: &mut dyn FnMut()| {
            let start = thread_time();
            work();
            best[what] = best[what].min((thread_time() - start).as_secs_f64());
        };
        measure(0, &mut || {
            for _ in 0..FRAMES {
                black_box(&mut time).fill(0.25);
                fft.process_with_scratch(&mut time, &mut spectrum, &mut scratch).unwrap();
                black_box(&spectrum);
            }
        });
        measure(1, &mut || {
            let mut rest = black_box(&pcm[..]);
            while let Some(frame) = front_end.process(&mut rest) {
                black_box(frame.mel());
            }
        });
        measure(2, &mut || {
            let mut rest = black_box(&pcm[..]);
            while let Some(frame) = front_end.process(&mut rest) {
                black_box(vad.process(frame));
            }
        });
        for (i, net) in nets.iter_mut().enumerate() {
            measure(3 + i, &mut || {
                let mut rest = black_box(&pcm[..]);
                while let Some(frame) = front_end.process(&mut rest) {
                    black_box(vad.process(frame));
                    black_box(net.process(frame.mel()));
                }
            });
        }
    }

    let hours = SAMPLES as f64 / 16_000.0 / 3600.0;
    let macs = nets[0].model().macs_per_step();
    println!("level {}, network of {macs} multiplications every 10 ms", Level::detect());
    println!("{:32} {:>16} {:>10}", "", "CPU s per hour", "x realfft");
    let names = ["realfft, 512 points", "front end", "front end + VAD"].map(String::from);
    let whole = images.each_ref().map(|(format, _)| format!("front end + VAD + net, {format}"));
    for (name, seconds) in names.iter().chain(&whole).zip(best) {
        println!("{name:32} {:16.3} {:10.2}", seconds / hours, seconds / best[0]);
    }
}
