//! Runs one stage over noise, frame after frame: the program that `benches/instructions.sh` counts.
//!
//!     stage_frames STAGE LEVEL FRAMES
//!
//! Stages: fft, no-compression, base, pcen, kaldi, librosa, micro, realfft, microfft; base+mel-vad, base+energy-vad,
//! which include the front end; net-f32, net-int8, a network of 50,048 multiplications a frame. Levels: as `Isa::name`.

#[path = "../benches/common/mod.rs"]
mod common;

use earnest::frontend::{
    Compression, FrontEnd, FrontEndConfig, MicroFrontEnd, MicroFrontEndConfig, RealFft, RealFftF32,
};
use earnest::nn::{Calibration, Model, Net};
use earnest::simd::Level;
use earnest::vad::{EnergyVad, EnergyVadConfig, MelVad, MelVadConfig, VoiceActivityDetector};
use std::hint::black_box;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [stage, level, frames] = arguments.as_slice() else {
        panic!("usage: stage_frames STAGE LEVEL FRAMES");
    };
    let frames: usize = frames.parse().expect("FRAMES is a number");
    let level = Level::all().find(|l| l.isa().name() == level).expect("a level of this machine");
    let mut state = 1u32;
    let hops: [[i16; 160]; 16] = std::array::from_fn(|_| {
        std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i16) >> 2
        })
    });
    let frame: [f32; 512] = std::array::from_fn(|i| f32::from(hops[i / 160][i % 160]) / 32768.0);
    let hops = hops.iter().cycle().take(frames);
    let config = match stage.as_str() {
        "no-compression" => FrontEndConfig { compression: Compression::None, ..FrontEndConfig::base() },
        "base" | "base+mel-vad" | "base+energy-vad" => FrontEndConfig::base(),
        "pcen" => FrontEndConfig::pcen(),
        "kaldi" => FrontEndConfig::kaldi(),
        "librosa" => FrontEndConfig::librosa(),
        "fft" => {
            let mut fft = RealFftF32::with_level(512, level).unwrap();
            let mut power = [0.0; 257];
            hops.for_each(|_| fft.power(black_box(&frame), black_box(&frame), black_box(&mut power)));
            return;
        }
        "micro" => {
            let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
            hops.for_each(|hop| _ = black_box(front_end.process(&mut &hop[..])));
            return;
        }
        "net-f32" | "net-int8" => {
            let (graph, mut state) = (common::wake(), 1);
            let mels: [[f32; 40]; 16] =
                std::array::from_fn(|_| std::array::from_fn(|_| 2.0 * common::random(&mut state)));
            let image = if stage == "net-f32" {
                graph.to_image().unwrap()
            } else {
                let mut calibration = Calibration::new(&graph).unwrap();
                mels.iter().for_each(|mel| calibration.observe(mel));
                graph.to_int8_image(&calibration).unwrap()
            };
            let mut net = Net::owned_with_level(Model::new(image).unwrap(), level);
            mels.iter().cycle().take(frames).for_each(|mel| _ = black_box(net.process(black_box(mel))));
            return;
        }
        "realfft" => {
            let fft = realfft::RealFftPlanner::<f32>::new().plan_fft_forward(512);
            let (mut input, mut output) = (frame.to_vec(), fft.make_output_vec());
            let mut scratch = fft.make_scratch_vec();
            hops.for_each(|_| {
                fft.process_with_scratch(&mut input, black_box(&mut output), &mut scratch).unwrap()
            });
            return;
        }
        "microfft" => {
            let mut input = frame;
            hops.for_each(|_| _ = black_box(microfft::real::rfft_512(black_box(&mut input))));
            return;
        }
        other => panic!("no stage {other}"),
    };
    let mut front_end = FrontEnd::with_level(config, level).unwrap();
    let mut vad: Option<Box<dyn VoiceActivityDetector>> = match stage.as_str() {
        "base+mel-vad" => {
            Some(Box::new(MelVad::with_level(MelVadConfig::default(), &config, level).unwrap()))
        }
        "base+energy-vad" => Some(Box::new(EnergyVad::new(EnergyVadConfig::default()).unwrap())),
        _ => None,
    };
    hops.for_each(|hop| {
        let frame = black_box(front_end.process(&mut &hop[..]));
        if let (Some(vad), Some(frame)) = (&mut vad, frame) {
            black_box(vad.process(frame));
        }
    });
}
