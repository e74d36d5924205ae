//! How often do the shipped models wake by mistake? Anyone may ask, on their own audio:
//!
//! ```text
//! cargo bench --features eval --bench false_accept -- [--model FILE]… [--threshold X] [--at-most X] [--jobs N] [AUDIO]…
//! ```
//! `AUDIO` is a folder of recordings without the phrase or a manifest (`.jsonl`, `.jsonl.gz`), in which recordings of
//! the phrase are left out of the count. Without any it is the negatives of `../shared/data` that no model was trained
//! on, and where there are none, nothing is measured. Models are networks and enrolled phrases; without any they are those
//! of `models/` and `examples/`. Every model is judged at its own threshold.
//!
//! For each model it prints false accepts, hours, and the rate with its exact one-sided 95 % bound (Poisson). If the
//! bound is above `--at-most` for one of them, or a recording could not be read, it exits with 1.

use earnest::Storage;
use earnest::eval::augment::AugmentConfig;
use earnest::eval::digest;
use earnest::eval::manifest::Manifest;
use earnest::eval::plan::{PlanConfig, Shard};
use earnest::eval::result::{Rules, SubjectId};
use earnest::eval::run::{EvalConfig, EvalError, evaluate};
use earnest::eval::stats::{Level, Rate};
use earnest::eval::subject::{Chain, Decides, Subject};
use earnest::nn::Model;
use earnest::pipeline::PipelineConfig;
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, thread};

/// What no shipped model has heard, below `../shared/data`, and the splits of it.
const NEGATIVES: [&str; 8] = [
    "negative/false_activations",
    "negative/near_words",
    "speech/librispeech_other",
    "speech/speechocean",
    "noise/esc10",
    "noise/kitchen",
    "noise/rooms",
    "command/coffee",
];
const SPLITS: &str = "dev,test,all";

struct Args {
    models: Vec<PathBuf>,
    threshold: Option<f32>,
    at_most: f64,
    jobs: usize,
    audio: Vec<Manifest>,
    split: Option<String>,
}

fn args() -> Result<Args, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    let mut found = Args {
        models: Vec::new(),
        threshold: None,
        at_most: f64::INFINITY,
        jobs,
        audio: Vec::new(),
        split: None,
    };
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            // Cargo's own.
            "--bench" => {}
            "--model" => found.models.push(value()?.into()),
            "--threshold" => found.threshold = Some(value()?.parse()?),
            "--at-most" => found.at_most = value()?.parse()?,
            "--jobs" => found.jobs = value()?.parse()?,
            flag if flag.starts_with('-') => return Err(format!("unknown argument {flag}").into()),
            path => found.audio.push(match Path::new(path) {
                folder if folder.is_dir() && !folder.join("negative").is_dir() => {
                    Manifest::Negative(folder.into())
                }
                other => Manifest::At(other.into()),
            }),
        }
    }
    if found.models.is_empty() {
        found.models = shipped(root)?;
    }
    if found.audio.is_empty() {
        let data = root.join("../shared/data");
        let manifests = NEGATIVES.iter().map(|set| data.join(set).join("manifest.jsonl"));
        found.audio = manifests.filter(|manifest| manifest.is_file()).map(Manifest::At).collect();
        found.split = Some(SPLITS.into());
    }
    Ok(found)
}

fn shipped(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut models = vec![root.join("examples/kitchen/hey_earnest.earnest")];
    for entry in fs::read_dir(root.join("models"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("wake-") && name.ends_with(".ear") {
            models.push(path);
        }
    }
    models.sort();
    Ok(models)
}

/// Phrase, threshold and engine of an image.
fn about(image: &[u8]) -> Result<(String, f32, &'static str), Box<dyn Error>> {
    if image.starts_with(&Model::MAGIC) {
        let model = NetModel::parse(image)?;
        return Ok((model.phrase().into(), model.threshold(), "net"));
    }
    let model = TemplateModel::parse(image)?;
    Ok((model.phrase().into(), model.threshold(), "template"))
}

/// A chain that tells everything, without a refractory; the scorer applies the thresholds.
fn subject(image: &[u8], engine: &str) -> Result<Box<dyn Subject>, Box<dyn Error>> {
    let (chain, image) = (PipelineConfig::default(), image.to_vec());
    if engine == "net" {
        let model = NetModel::parse(image)?;
        let memory = Storage::owned(NetSpotter::required_words(&model));
        let config = NetConfig { threshold: Some(1.0), near_miss: 1.0, refractory_ms: 0 };
        return Ok(Box::new(Chain::new(chain, NetSpotter::new(config, model, memory)?, Decides::ByScore)?));
    }
    let model = TemplateModel::parse(image)?;
    let state = Storage::owned(model.required_state());
    let config = TemplateConfig { threshold: Some(1.0), near_miss: 1.0, refractory_ms: 0 };
    Ok(Box::new(Chain::new(chain, TemplateSpotter::new(config, model, state)?, Decides::ByDetection)?))
}

/// Says how a model did; whether it may pass.
fn judge(args: &Args, file: &Path, out: &Path) -> Result<bool, Box<dyn Error>> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let image = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (phrase, own, engine) = about(&image).map_err(|error| format!("{name}: {error}"))?;
    let threshold = args.threshold.unwrap_or(own);
    let config = EvalConfig {
        label: name.clone(),
        subject: SubjectId {
            engine: engine.into(),
            model: Some(name.clone()),
            digest: Some(digest(&image)),
            threshold: Some(threshold),
            settings: Default::default(),
        },
        plan: PlanConfig {
            manifests: args.audio.clone(),
            phrase: phrase.clone(),
            split: args.split.clone(),
            exclude: Vec::new(),
            repeat: 1,
        },
        rules: Rules::default(),
        augment: AugmentConfig::default(),
        shard: Shard::ALL,
        jobs: args.jobs,
        out: out.into(),
    };
    let subject =
        || subject(&image, engine).map_err(|error| EvalError::Subject { problem: error.to_string() });
    let result = evaluate(&config, subject, |_| {})?.result;
    // The grid's next from below: never more lenient to the model than its own threshold.
    let grid = &result.run.thresholds;
    let at = grid.partition_point(|t| *t <= threshold).saturating_sub(1);
    let level = Level::percent(95.0)?;
    println!("{name}, {phrase:?}, threshold {threshold:.3}");
    let (mut events, mut hours, mut failed) = (0, 0.0, 0);
    for group in result.groups.iter().filter(|group| !group.key.positive) {
        let rate = Rate { events: group.false_accepts[at], hours: group.hours() };
        events += rate.events;
        hours += rate.hours;
        failed += group.failed;
        println!(
            "  {:28} {:6} {:5} in {:7.3} h   at most {:8.3} an hour",
            group.key.set,
            group.key.split,
            rate.events,
            rate.hours,
            rate.upper(level)
        );
    }
    let rate = Rate { events, hours };
    let (per_hour, bound) = (rate.per_hour(), rate.upper(level));
    println!("  all: {events} in {hours:.3} h = {per_hour:.3} an hour, at most {bound:.3} (95 %, one-sided)");
    for worst in result.worst.iter().take_while(|worst| worst.event.score >= threshold).take(10) {
        let at = worst.event.at as f64 / 16_000.0;
        println!("    {:.3} at {at:.2} s of {}", worst.event.score, worst.file);
    }
    if failed > 0 {
        println!("  {failed} files failed");
    }
    if bound > args.at_most {
        println!("  FAILED: the bound is above {} an hour", args.at_most);
    }
    Ok(bound <= args.at_most && failed == 0)
}

fn main() -> ExitCode {
    let run = || -> Result<bool, Box<dyn Error>> {
        let args = args()?;
        if args.audio.is_empty() {
            println!("skipped: no audio was given and ../shared/data is not there");
            return Ok(true);
        }
        let mut passed = true;
        for model in &args.models {
            let out = tempfile::tempdir()?;
            passed &= judge(&args, model, out.path())?;
        }
        Ok(passed)
    };
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
