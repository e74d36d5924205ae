//! Layers and networks at every level, beside the machine's limit in the same run; throughput counts
//! multiplications with a weight.
//!
//! `cargo bench --bench nn` measures all of it; at the end a table: CPU seconds per hour of audio of whole networks.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, Throughput};
use earnest::nn::{Activation, Calibration, Conv, Format, Graph, Model, Net, Op};
use earnest::simd::{Isa, Level};
use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x16, i16x32, i32x16};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;

/// Processor time of this thread: what others do on the machine doesn't count.
struct CpuTime;

fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        now()
    }

    fn end(&self, start: Duration) -> Duration {
        now() - start
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

/// Steele, Lea and Flood's SplitMix64, −1 to 1.
fn random(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

fn values(len: usize, inputs: usize) -> Vec<f32> {
    let (mut state, scale) = (len as u64, 1.7 / (inputs as f32).sqrt());
    (0..len).map(|_| random(&mut state) * scale).collect()
}

fn conv(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Op {
    let weights = values(inputs * outputs * kernel, inputs * kernel);
    Op::Conv(Conv { stride, ..Conv::causal(weights, values(outputs, 9), kernel) })
}

fn depthwise(channels: usize, kernel: usize, stride: usize) -> Op {
    Op::Depthwise(Conv {
        stride,
        ..Conv::causal(values(channels * kernel, kernel), values(channels, 9), kernel)
    })
}

fn single(channels: usize, op: Op) -> Graph {
    let mut graph = Graph::new(channels);
    graph.push(op, &[0]).unwrap();
    graph
}

fn gru(inputs: usize, hidden: usize) -> Op {
    Op::Gru {
        input: values(3 * hidden * inputs, inputs),
        recurrent: values(3 * hidden * hidden, hidden),
        bias: values(6 * hidden, 9),
    }
}

/// A stem that halves the rate twice, residual blocks of depthwise and pointwise, a dense head: as our phone models.
fn phones(stem: usize, channels: usize, blocks: usize, outputs: usize) -> Graph {
    let mut graph = Graph::new(40);
    graph.then(conv(40, stem, 5, 2), true).unwrap();
    graph.then(depthwise(stem, 5, 2), true).unwrap();
    let mut x = graph.then(conv(stem, channels, 1, 1), true).unwrap();
    for _ in 0..blocks {
        graph.then(depthwise(channels, 9, 1), true).unwrap();
        let y = graph.then(conv(channels, channels, 1, 1), false).unwrap();
        let sum = graph.push(Op::Add, &[x, y]).unwrap();
        x = graph.relu(sum).unwrap();
    }
    graph.then(conv(channels, outputs, 1, 1), false).unwrap();
    graph
}

/// About 50 000 multiplications every 10 ms: a wake-word network without strides.
fn wake() -> Graph {
    let mut graph = Graph::new(40);
    let mut x = graph.then(conv(40, 64, 3, 1), true).unwrap();
    for _ in 0..9 {
        graph.then(depthwise(64, 5, 1), true).unwrap();
        let y = graph.then(conv(64, 64, 1, 1), false).unwrap();
        let sum = graph.push(Op::Add, &[x, y]).unwrap();
        x = graph.relu(sum).unwrap();
    }
    graph.then(conv(64, 1, 1, 1), false).unwrap();
    graph.then(Op::Activation(Activation::Sigmoid), false).unwrap();
    graph
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
        let start = now();
        for frame in frames.iter().cycle().take(count) {
            black_box(net.process(black_box(frame)));
        }
        best = best.min((now() - start).as_secs_f64() / count as f64);
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
