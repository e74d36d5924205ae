//! Runs one front end over noise, frame after frame: the program that `benches/instructions.sh` counts.
//!
//!     frontend_frames PRESET LEVEL FRAMES
//!
//! Presets: fft, no-compression, base, pcen, kaldi, librosa, micro, realfft, microfft. Levels: as `Isa::name`.

use earnest::frontend::{
    Compression, FrontEnd, FrontEndConfig, MicroFrontEnd, MicroFrontEndConfig, RealFft, RealFftF32,
};
use earnest::simd::Level;
use std::hint::black_box;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [preset, level, frames] = arguments.as_slice() else {
        panic!("usage: frontend_frames PRESET LEVEL FRAMES");
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
    let config = match preset.as_str() {
        "no-compression" => FrontEndConfig { compression: Compression::None, ..FrontEndConfig::base() },
        "base" => FrontEndConfig::base(),
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
        other => panic!("no preset {other}"),
    };
    let mut front_end = FrontEnd::with_level(config, level).unwrap();
    hops.for_each(|hop| _ = black_box(front_end.process(&mut &hop[..])));
}
