//! What the evaluator costs: audio through front end, VAD and a network of 50,048 multiplications every 10 ms in int8,
//! one thread and two, and how much of it is decoding.
//!
//! ```text
//! cargo bench --features eval --bench eval -- [--rounds N] [--repeat N]… [MANIFEST]…
//! ```
//! Without a manifest it hears one hour that it makes, as WAV. `--repeat` loops the audio that often, and the highest
//! memory of the process is told after each: it must not grow.

#[path = "common/mod.rs"]
mod common;
#[path = "../tests/common/wav.rs"]
mod wav;

use common::{random, wake};
use earnest::eval::augment::AugmentConfig;
use earnest::eval::manifest::Manifest;
use earnest::eval::plan::{PlanConfig, Shard};
use earnest::eval::result::{Rules, SubjectId};
use earnest::eval::run::{EvalConfig, EvalError, evaluate};
use earnest::eval::subject::{Chain, Decides};
use earnest::frontend::{FrontEnd, FrontEndConfig, MelFrame};
use earnest::nn::{Calibration, Model, Net};
use earnest::pipeline::PipelineConfig;
use earnest::spotter::{Detection, KeywordSpotter};
use earnest::vad::VadFrame;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use wav::wav;

/// The network as a spotter: its output is its score.
struct NetSpotter {
    net: Net<'static>,
    score: f32,
}

impl KeywordSpotter for NetSpotter {
    fn process(&mut self, frame: &MelFrame, _: &VadFrame) -> Option<Detection> {
        if let Some([score, ..]) = self.net.process(frame.mel()) {
            self.score = *score;
        }
        None
    }
    fn score(&self) -> f32 {
        self.score
    }
    fn reset(&mut self) {
        self.net.reset();
        self.score = 0.0;
    }
}

/// Bursts of noise, as loud as speech.
fn audio(seconds: usize, mut state: u64) -> Vec<i16> {
    let level = |i: usize| if (i / 4000).is_multiple_of(2) { 3000.0 } else { 60.0 };
    (0..seconds * 16_000).map(|i| (level(i) * random(&mut state)) as i16).collect()
}

/// The network's image in integers, calibrated on frames like those it will hear.
fn image() -> Vec<u8> {
    let graph = wake();
    let mut calibration = Calibration::new(&graph).unwrap();
    let mut front_end = FrontEnd::new(FrontEndConfig::default()).unwrap();
    let pcm = audio(2, 3);
    let mut rest = &pcm[..];
    while let Some(frame) = front_end.process(&mut rest) {
        calibration.observe(frame.mel());
    }
    graph.to_int8_image(&calibration).unwrap()
}

/// Highest resident memory so far, MB; Linux alone tells.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|kb| kb.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn once(manifest: &Path, image: &'static [u8], jobs: usize, repeat: u32) -> Result<[f64; 5], Box<dyn Error>> {
    let out = tempfile::tempdir()?;
    let config = EvalConfig {
        label: "bench".into(),
        subject: SubjectId {
            engine: "net".into(),
            model: None,
            digest: None,
            threshold: None,
            settings: Default::default(),
        },
        plan: PlanConfig {
            manifests: vec![Manifest::At(manifest.into())],
            phrase: "nothing".into(),
            split: None,
            exclude: Vec::new(),
            repeat,
        },
        rules: Rules::default(),
        augment: AugmentConfig::default(),
        shard: Shard::ALL,
        jobs,
        out: out.path().into(),
    };
    let subject = || {
        let failed = |error: &dyn std::fmt::Display| EvalError::Subject { problem: error.to_string() };
        let net = Net::owned(Model::new(image).map_err(|error| failed(&error))?);
        let spotter = NetSpotter { net, score: 0.0 };
        Chain::new(PipelineConfig::default(), spotter, Decides::ByScore).map_err(|error| failed(&error))
    };
    let cost = evaluate(&config, subject, |_| {})?.cost;
    Ok([cost.hours, cost.decode_cpu_s, cost.listen_cpu_s, cost.wall_s, peak_mb()])
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut repeats, mut manifests) = (3, Vec::new(), Vec::<PathBuf>::new());
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rounds" => rounds = args.next().ok_or("--rounds needs a number")?.parse()?,
            "--repeat" => repeats.push(args.next().ok_or("--repeat needs a number")?.parse()?),
            path => manifests.push(path.into()),
        }
    }
    let folder = tempfile::tempdir()?;
    if manifests.is_empty() {
        let mut lines = String::new();
        for n in 0..60 {
            fs::write(folder.path().join(format!("{n}.wav")), wav(audio(60, n).into_iter()))?;
            lines.push_str(&format!("{{\"file\":\"{n}.wav\",\"seconds\":60}}\n"));
        }
        manifests.push(folder.path().join("hour.jsonl"));
        fs::write(&manifests[0], lines)?;
    }
    let image: &'static [u8] = image().leak();
    println!("the best of {rounds} rounds; CPU s per hour of audio");
    for manifest in &manifests {
        println!("{}", manifest.file_name().unwrap_or_default().to_string_lossy());
        let mut best = [[f64::INFINITY; 3]; 2];
        let mut hours = 0.0;
        for _ in 0..rounds {
            for (jobs, best) in [1, 2].into_iter().zip(&mut best) {
                let [heard, decode, listen, wall, _] = once(manifest, image, jobs, 1)?;
                hours = heard;
                for (best, now) in best.iter_mut().zip([decode, listen, wall]) {
                    *best = best.min(now / heard);
                }
            }
        }
        for (jobs, [decode, listen, wall]) in [1, 2].iter().zip(best) {
            let speed = best[0][2] / wall;
            println!(
                "  {jobs} thread(s): decoding {decode:.3}, listening {listen:.3}; {hours:.3} h in {:.2} s, {speed:.2} × one",
                wall * hours
            );
        }
        for repeat in &repeats {
            let [heard, .., wall, peak] = once(manifest, image, 2, *repeat)?;
            println!("  {heard:8.2} h in {wall:.1} s: {peak:.1} MB at most");
        }
    }
    Ok(())
}
