//! Time for one frame of the front ends, beside the bare Fourier transforms of realfft and microfft.
//!
//! Stages are told apart by what a configuration leaves out: the transform alone, then with the mel bands
//! (`Compression::None`), then with each compression. Everything runs at every level of this machine.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use earnest::frontend::{
    Compression, FrontEnd, FrontEndConfig, MicroFrontEnd, MicroFrontEndConfig, RealFft, RealFftF32,
};
use earnest::simd::Level;
use std::hint::black_box;

const HOP: usize = 160;

/// A second of noise.
fn noise() -> Vec<i16> {
    let mut state = 1u32;
    (0..16_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i16) >> 2
        })
        .collect()
}

fn transforms(c: &mut Criterion) {
    let mut group = c.benchmark_group("fft 512");
    let frame: Vec<f32> = noise()[..512].iter().map(|&x| f32::from(x) / 32768.0).collect();
    let window: Vec<f32> = (0..512).map(|n| if n < 400 { (n as f32 / 127.3).sin() } else { 0.0 }).collect();
    let realfft = realfft::RealFftPlanner::<f32>::new().plan_fft_forward(512);
    let (mut input, mut output) = (frame.clone(), realfft.make_output_vec());
    let mut scratch = realfft.make_scratch_vec();
    group.bench_function("realfft, bare", |b| {
        b.iter(|| {
            // It destroys its input; the copy is a fiftieth of its time.
            input.copy_from_slice(&frame);
            realfft.process_with_scratch(&mut input, &mut output, &mut scratch).unwrap();
            black_box(&output);
        })
    });
    let mut array = [0.0; 512];
    group.bench_function("microfft, bare", |b| {
        b.iter(|| {
            array.copy_from_slice(&frame);
            black_box(microfft::real::rfft_512(&mut array));
        })
    });
    let mut power = vec![0.0; 257];
    for level in Level::all() {
        let mut fft = RealFftF32::with_level(512, level).unwrap();
        group.bench_function(BenchmarkId::new("window, transform and power", level), |b| {
            b.iter(|| fft.power(black_box(&frame), black_box(&window), black_box(&mut power)))
        });
    }
    group.finish();
}

fn front_ends(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame");
    let pcm = noise();
    let presets = [
        ("no compression", FrontEndConfig { compression: Compression::None, ..FrontEndConfig::base() }),
        ("base", FrontEndConfig::base()),
        ("pcen", FrontEndConfig::pcen()),
        ("kaldi", FrontEndConfig::kaldi()),
        ("librosa", FrontEndConfig::librosa()),
    ];
    for (name, config) in presets {
        for level in Level::all() {
            let mut front_end = FrontEnd::with_level(config, level).unwrap();
            let mut hops = pcm.chunks_exact(HOP).cycle();
            group.bench_function(BenchmarkId::new(name, level), |b| {
                b.iter(|| {
                    let mut hop = hops.next().unwrap();
                    black_box(front_end.process(&mut hop));
                })
            });
        }
    }
    let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
    let mut hops = pcm.chunks_exact(HOP).cycle();
    group.bench_function("micro", |b| {
        b.iter(|| {
            let mut hop = hops.next().unwrap();
            black_box(front_end.process(&mut hop));
        })
    });
    group.finish();
}

criterion_group!(benches, transforms, front_ends);
criterion_main!(benches);
