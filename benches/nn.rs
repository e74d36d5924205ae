//! Layers and networks at every level, beside the machine's limit in the same run; throughput counts
//! multiplications with a weight.
//!
//! `cargo bench --bench nn` measures all of it; at the end a table: CPU seconds per hour of audio of whole networks.

#[path = "common/mod.rs"]
mod common;

use common::{conv, depthwise, gru, phones, random, single, thread_time, wake};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, Throughput};
use earnest::nn::{Calibration, Format, Graph, Model, Net};
use earnest::simd::{Isa, Level};
use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x16, i16x32, i32x16};
use std::hint::black_box;
use std::time::Duration;

/// Processor time of this thread: what others do on the machine doesn't count.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_time()
    }

    fn end(&self, start: Duration) -> Duration {
        thread_time() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn frames(channels: usize) -> Vec<Vec<f32>> {
    let mut state = 1;
    (0..64).map(|_| (0..channels).map(|_| 2.0 * random(&mut state)).collect()).collect()
}

/// The graph as an image of either format.
fn image(graph: &Graph, format: Format) -> Vec<u8> {
    match format {
        Format::F32 => graph.to_image().unwrap(),
        Format::Int8 => {
            let mut calibration = Calibration::new(graph).unwrap();
            let channels = Model::new(graph.to_image().unwrap()).unwrap().input_channels();
            frames(channels).iter().for_each(|frame| calibration.observe(frame));
            graph.to_int8_image(&calibration).unwrap()
        }
    }
}

const FORMATS: [(Format, &str); 2] = [(Format::F32, "f32"), (Format::Int8, "int8")];

fn bench_net(criterion: &mut Criterion<CpuTime>, name: &str, graph: &Graph, levels: &[Level]) {
    let mut group = criterion.benchmark_group(name);
    for (format, format_name) in FORMATS {
        let image = image(graph, format);
        for &level in levels {
            let model = Model::new(&image[..]).unwrap();
            group.throughput(Throughput::Elements((model.macs_per_step()) as u64));
            let frames = frames(model.input_channels());
            let stride = model.stride();
            let mut net = Net::owned_with_level(model, level);
            let mut next = frames.iter().cycle();
            group.bench_function(BenchmarkId::new(format_name, level), |bencher| {
                bencher.iter(|| {
                    for frame in next.by_ref().take(stride) {
                        black_box(net.process(frame));
                    }
                });
            });
        }
    }
    group.finish();
}

/// Steps of the loops that measure the limit; each multiplies and adds eight vectors of 16.
const LIMIT_STEPS: usize = 1000;

#[inline(always)]
fn limit_f32<S: Simd>(simd: S, seed: f32) -> f32 {
    let x = f32x16::splat(simd, seed);
    let mut sums = [f32x16::splat(simd, 1.0); 8];
    for _ in 0..LIMIT_STEPS {
        for sum in &mut sums {
            // The operand must not be known, nor the product reused.
            *sum = *sum * x + x;
        }
    }
    sums.into_iter().fold(f32x16::splat(simd, 0.0), |a, b| a + b).as_slice().iter().sum()
}

#[inline(always)]
fn limit_int8<S: Simd>(simd: S, seed: i16) -> i32 {
    let x = i16x32::splat(simd, seed);
    let mut sums = [i32x16::splat(simd, 1); 8];
    let mut w = x;
    for _ in 0..LIMIT_STEPS {
        for sum in &mut sums {
            *sum += w.pairwise_dot_product(x);
        }
        w += x;
    }
    sums.into_iter()
        .fold(i32x16::splat(simd, 0), |a, b| a + b)
        .as_slice()
        .iter()
        .fold(0, |a, b| a.wrapping_add(*b))
}

fn token(level: Level) -> fearless_simd::Level {
    let best = fearless_simd::Level::new();
    let chosen = match level.isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Sse2 => best.as_sse2().map(fearless_simd::Level::Sse2),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => best.as_avx2().map(fearless_simd::Level::Avx2),
        Isa::Scalar => Some(fearless_simd::Level::fallback()),
        _ => None,
    };
    chosen.unwrap_or(best)
}

/// What the vector units can do at most with the operations that the kernels use.
fn bench_limit(criterion: &mut Criterion<CpuTime>, levels: &[Level]) {
    let mut group = criterion.benchmark_group("limit");
    for &level in levels {
        let token = token(level);
        group.throughput(Throughput::Elements((LIMIT_STEPS * 8 * 16) as u64));
        group.bench_function(BenchmarkId::new("f32", level), |bencher| {
            bencher.iter(|| dispatch!(token, simd => limit_f32(simd, black_box(0.999))));
        });
        group.throughput(Throughput::Elements((LIMIT_STEPS * 8 * 32) as u64));
        group.bench_function(BenchmarkId::new("int8", level), |bencher| {
            bencher.iter(|| dispatch!(token, simd => limit_int8(simd, black_box(3))));
        });
    }
    group.finish();
}

/// CPU seconds per hour of audio at 100 frames a second.
fn seconds_per_hour(image: &[u8]) -> f64 {
    let mut net = Net::owned(Model::new(image).unwrap());
    let frames = frames(net.model().input_channels());
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let count = 4000;
        let start = thread_time();
        for frame in frames.iter().cycle().take(count) {
            black_box(net.process(black_box(frame)));
        }
        best = best.min((thread_time() - start).as_secs_f64() / count as f64);
    }
    best * 360_000.0
}

fn main() {
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(20)
        .configure_from_args();
    let levels: Vec<Level> = Level::all().collect();
    let best = [Level::detect()];
    bench_limit(&mut criterion, &levels);
    bench_net(&mut criterion, "dense 64x64", &single(64, conv(64, 64, 1, 1)), &levels);
    bench_net(&mut criterion, "dense 256x256", &single(256, conv(256, 256, 1, 1)), &levels);
    bench_net(&mut criterion, "conv 5x40x128", &single(40, conv(40, 128, 5, 1)), &levels);
    bench_net(&mut criterion, "depthwise 9x256", &single(256, depthwise(256, 9, 1)), &levels);
    bench_net(&mut criterion, "gru 64x64", &single(64, gru(64, 64)), &levels);
    let nets =
        [("wake 50k", wake()), ("phones-s", phones(56, 96, 11, 78)), ("phones-m", phones(128, 256, 12, 78))];
    for (name, graph) in &nets {
        bench_net(&mut criterion, name, graph, &best);
    }
    criterion.final_summary();

    println!(
        "\nnetwork     format  parameters  MAC/step  frames/step  image bytes  RAM bytes  CPU s per hour at {}",
        best[0]
    );
    for (name, graph) in &nets {
        for (format, format_name) in FORMATS {
            let image = image(graph, format);
            let model = Model::new(&image[..]).unwrap();
            println!(
                "{name:11} {format_name:6} {:11} {:9} {:12} {:12} {:10} {:.3}",
                graph.parameters(),
                model.macs_per_step(),
                model.stride(),
                image.len(),
                4 * Net::required_words(&model),
                seconds_per_hour(&image),
            );
        }
    }
}
