//! `earnest eval`: false accepts per hour and misses, over any amount of audio, at every threshold.

use crate::progress::Progress;
use crate::term::{Colour, Term};
use crate::wake::{Engine, Judged, Source, score};
use crate::{Outcome, UsageError, config, output, phrase};
use earnest::eval::augment::{AugmentConfig, Codec};
use earnest::eval::manifest::Manifest;
use earnest::eval::plan::{PlanConfig, Shard};
use earnest::eval::result::{Cost, EvalResult, GroupKey, Rules};
use earnest::eval::run::{self, EvalConfig, EvalError, evaluate, merge};
use earnest::pipeline::PipelineConfig;
use serde::Serialize;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Count false accepts and misses over any amount of audio, at every threshold
///
/// Plays every recording through the chain, scores what it hears by stated rules, and writes the result into a folder
/// (run.json, result.json, units.jsonl, cost.json). A run that was killed goes on where it was when it is started again.
/// Shards of a run, merged by `earnest eval merge`, are the whole run, byte for byte.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    merge: Option<Command>,
    /// Recordings: JSON lines, lhotse cuts (.jsonl, .jsonl.gz), or a folder with positive/PHRASE and negative; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    manifest: Vec<PathBuf>,
    /// A folder of recordings in each of which the phrase is said once; may be given several times
    #[arg(long, value_name = "PHRASE=DIR")]
    positive: Vec<String>,
    /// A folder of recordings without the phrase; may be given several times
    #[arg(long, value_name = "DIR")]
    negative: Vec<PathBuf>,
    /// The model to judge
    #[arg(short, long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// A configuration to judge, with its model, threshold and VAD
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    config: Option<PathBuf>,
    /// What another engine told, as JSON lines (see the library's `eval::events`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "config"])]
    events: Option<PathBuf>,
    /// Seconds of silence that the other engine heard before each file
    #[arg(long, value_name = "S", default_value_t = 0.0, requires = "events")]
    events_pad: f64,
    /// A typed phrase to judge; with --model, --config or --events, the phrase that counts if it isn't their own
    #[arg(long, value_name = "TEXT")]
    phrase: Option<String>,
    /// Which engine listens
    #[arg(long)]
    engine: Option<Engine>,
    /// Score that it is used with, 0 to 1, instead of the model's own; results are for all thresholds anyway
    #[arg(long, value_name = "X", value_parser = score)]
    threshold: Option<f32>,
    /// Only these splits, commas between them
    #[arg(long, value_name = "NAMES")]
    split: Option<String>,
    /// Recordings to leave out, one name a line: those that the model was made from
    #[arg(long, value_name = "LIST")]
    exclude: Option<PathBuf>,
    /// Play everything so many times, each time augmented anew
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Add noise, at an SNR in dB between the loudest 32 ms of each: a recording, a folder or a manifest
    #[arg(long, value_name = "FILE@DB")]
    noise: Option<String>,
    /// Play through a room: an impulse response, a folder or a manifest of them
    #[arg(long, value_name = "FILE")]
    room: Option<PathBuf>,
    /// Change the level by so many dB, drawn evenly between two
    #[arg(long, value_name = "FROM..TO", allow_hyphen_values = true)]
    gain: Option<String>,
    /// Take away what lies outside a band, Hz
    #[arg(long, value_name = "FROM..TO")]
    band: Option<String>,
    /// Carry it as mulaw, alaw, or rounded to bits2 … bits15
    #[arg(long, value_name = "NAME")]
    codec: Option<Codec>,
    /// For everything that is drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds between two events at least
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    refractory: f64,
    /// Seconds after the phrase in which it still counts as heard
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    hit_after: f64,
    /// Only this part of the run, from 1/N to N/N
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Threads [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// A name for the run
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Folder for the result
    #[arg(short, long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Put shards together
    Merge(MergeArgs),
}

#[derive(clap::Args)]
struct MergeArgs {
    /// Results of shards, or of earlier merges
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder for the result
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Progress {
        units_done: u64,
        units: u64,
        hours: f64,
        left_s: Option<f64>,
    },
    Group {
        #[serde(flatten)]
        key: &'a GroupKey,
        files: u64,
        failed: u64,
        hours: f64,
        trials: u64,
        threshold: f32,
        hits: u64,
        false_accepts: u64,
        extra: u64,
    },
    Summary {
        out: &'a str,
        label: &'a str,
        phrase: &'a str,
        units_done: u64,
        units: u64,
        failed: u64,
        threshold: f32,
        trials: u64,
        hits: u64,
        negative_hours: f64,
        false_accepts: u64,
        resumed: u64,
        cpu_s_per_hour: f64,
        wall_s: f64,
    },
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    if let Some(Command::Merge(args)) = &args.merge {
        let result = merge(&args.folders, &args.out).map_err(usage)?;
        let cost = run::read_cost(&args.out).map_err(usage)?;
        return Ok(tell(&result, &cost, 0, &args.out.display().to_string(), args.json));
    }
    let judged = judged(args)?;
    let config = configured(args, &judged)?;
    let mut progress = Progress::new();
    progress.files(None);
    let mut told = Instant::now();
    let mut sized = false;
    let outcome = evaluate(&config, &*judged.make, |now| {
        if !std::mem::replace(&mut sized, true) {
            progress.files(Some(now.units as usize));
        }
        let left = now.left.map_or(String::new(), |left| format!(", {} left", duration(left)));
        progress.reach(now.done, &format!("{:.2} h heard{left}", now.hours));
        if args.json && told.elapsed() >= Duration::from_secs(1) {
            told = Instant::now();
            output::json(&Line::Progress {
                units_done: now.done,
                units: now.units,
                hours: now.hours,
                left_s: now.left.map(|left| left.as_secs_f64()),
            });
        }
    })
    .map_err(usage)?;
    drop(progress);
    Ok(tell(&outcome.result, &outcome.cost, outcome.resumed, &config.out.display().to_string(), args.json))
}

fn usage(error: EvalError) -> UsageError {
    UsageError(error.to_string())
}

/// What is judged.
fn judged(args: &Args) -> Result<Judged, UsageError> {
    if let Some(events) = &args.events {
        let phrase = args.phrase.as_deref().ok_or_else(|| UsageError("--events needs --phrase".into()))?;
        return Judged::told(events, args.events_pad, phrase);
    }
    let (source, pipeline, threshold) = match (&args.model, &args.config, &args.phrase) {
        (Some(model), ..) => {
            (Source::read_for(model, args.engine)?, PipelineConfig::default(), args.threshold)
        }
        (_, Some(file), _) => {
            let assistant = config::read(file)?;
            (assistant.source()?, assistant.pipeline, args.threshold.or(assistant.threshold))
        }
        (.., Some(phrase)) => {
            let threshold = phrase::threshold(args.threshold, None);
            let source = Source::typed(std::slice::from_ref(phrase), &[], threshold)?;
            (source, PipelineConfig::default(), None)
        }
        _ => {
            let problem = "nothing to judge: give --model, --config, --phrase or --events";
            return Err(UsageError(problem.into()));
        }
    };
    if let Some(engine) = args.engine.filter(|engine| *engine != source.engine) {
        engine.check()?;
        let (wanted, found) = (engine.name(), source.engine.name());
        return Err(UsageError(format!("--engine {wanted}: what there is to judge is for engine `{found}`")));
    }
    Judged::new(source, pipeline, threshold)
}

fn configured(args: &Args, judged: &Judged) -> Result<EvalConfig, UsageError> {
    let mut manifests: Vec<Manifest> = args.manifest.iter().cloned().map(Manifest::At).collect();
    for positive in &args.positive {
        let (phrase, folder) = positive
            .split_once('=')
            .ok_or_else(|| UsageError(format!("--positive {positive}: expected PHRASE=DIR")))?;
        manifests.push(Manifest::Positive { phrase: phrase.into(), folder: folder.into() });
    }
    manifests.extend(args.negative.iter().cloned().map(Manifest::Negative));
    if manifests.is_empty() {
        return Err(UsageError("nothing to listen to: give --manifest, --positive or --negative".into()));
    }
    let exclude = match &args.exclude {
        None => Vec::new(),
        Some(list) => fs::read_to_string(list)
            .map_err(|error| UsageError(format!("--exclude {}: cannot be read: {error}", list.display())))?
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(PathBuf::from)
            .collect(),
    };
    let noise = match args.noise.as_deref().map(|noise| (noise, noise.rsplit_once('@'))) {
        None => None,
        Some((noise, parts)) => match parts.map(|(path, snr)| (path, snr.parse::<f32>())) {
            Some((path, Ok(snr))) => Some((path.into(), snr)),
            _ => return Err(UsageError(format!("--noise {noise}: expected FILE@DB"))),
        },
    };
    let shard = match args.shard.as_deref().map(|shard| (shard, shard.split_once('/'))) {
        None => Shard::ALL,
        Some((shard, parts)) => match parts.map(|(i, n)| (i.parse::<u64>(), n.parse::<u64>())) {
            Some((Ok(i), Ok(n))) if (1..=n).contains(&i) => Shard { index: i - 1, of: n },
            _ => return Err(UsageError(format!("--shard {shard}: expected I/N, from 1/N to N/N"))),
        },
    };
    let samples = |name: &str, seconds: f64, most: f64| {
        if (0.0..=most).contains(&seconds) {
            Ok((seconds * 16_000.0).round() as u64)
        } else {
            Err(UsageError(format!("--{name} is {seconds}, expected 0 to {most}")))
        }
    };
    let hit_after = samples("hit-after", args.hit_after, 60.0)?;
    let rules = Rules {
        refractory: samples("refractory", args.refractory, 3600.0)?,
        hit_after,
        // Long enough for what may still count.
        tail: hit_after.max(Rules::default().tail),
        ..Rules::default()
    };
    let jobs = args
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from);
    let label = args.label.clone().unwrap_or_else(|| format!("{} {}", judged.id.engine, judged.phrase));
    Ok(EvalConfig {
        label,
        subject: judged.id.clone(),
        plan: PlanConfig {
            manifests,
            phrase: args.phrase.clone().unwrap_or_else(|| judged.phrase.clone()),
            split: args.split.clone(),
            exclude,
            repeat: args.repeat,
        },
        rules,
        augment: AugmentConfig {
            seed: args.seed,
            room: args.room.clone(),
            noise,
            gain_db: range("gain", args.gain.as_deref())?,
            band_hz: range("band", args.band.as_deref())?,
            codec: args.codec,
        },
        shard,
        jobs,
        out: args.out.clone().ok_or_else(|| UsageError("--out DIR is missing".into()))?,
    })
}

/// `FROM..TO`, or one number for both.
fn range(name: &str, text: Option<&str>) -> Result<Option<(f32, f32)>, UsageError> {
    let Some(text) = text else { return Ok(None) };
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (from.parse(), to.parse()) {
        (Ok(from), Ok(to)) => Ok(Some((from, to))),
        _ => Err(UsageError(format!("--{name} {text}: expected FROM..TO"))),
    }
}

/// Tells the result at the subject's own threshold, or at 0.5.
fn tell(result: &EvalResult, cost: &Cost, resumed: u64, out: &str, json: bool) -> Outcome {
    let run = &result.run;
    let wanted = run.subject.threshold.unwrap_or(0.5);
    // The grid's nearest from above: never more lenient than asked for.
    let at = run.thresholds.partition_point(|threshold| *threshold < wanted).min(run.thresholds.len() - 1);
    let threshold = run.thresholds[at];
    let term = Term::stdout();
    for failed in &result.failed {
        output::error(&format_args!("{}: {}", failed.file, failed.error));
    }
    let (mut trials, mut hits, mut accepts, mut hours) = (0, 0, 0, 0.0);
    for group in &result.groups {
        let key = &group.key;
        if key.positive {
            trials += group.trials;
            hits += group.hits[at];
        } else {
            hours += group.hours();
            accepts += group.false_accepts[at];
        }
        if json {
            output::json(&Line::Group {
                key,
                files: group.files,
                failed: group.failed,
                hours: group.hours(),
                trials: group.trials,
                threshold,
                hits: group.hits[at],
                false_accepts: group.false_accepts[at],
                extra: group.extra[at],
            });
        } else {
            let what = match key.positive {
                true => format!("{} of {} heard", group.hits[at], group.trials),
                false => format!("{} false accepts", group.false_accepts[at]),
            };
            let name = format!("{} {} {}", key.set, key.split, key.phrase.as_deref().unwrap_or(&key.kind));
            let hours = group.hours();
            output::line(&format!("  {what:<20}  {:>6} files  {hours:>8.3} h  {name}", group.files));
        }
    }
    let failed = result.groups.iter().map(|group| group.failed).sum();
    if json {
        output::json(&Line::Summary {
            out,
            label: &run.label,
            phrase: &run.phrase,
            units_done: result.units_done,
            units: run.units,
            failed,
            threshold,
            trials,
            hits,
            negative_hours: hours,
            false_accepts: accepts,
            resumed,
            cpu_s_per_hour: cost.cpu_s_per_hour(),
            wall_s: cost.wall_s,
        });
    } else {
        let summary = format!(
            "{:?} at threshold {threshold:.3}: heard {hits} of {trials}; {accepts} false accepts in {hours:.3} h",
            run.phrase
        );
        output::line(&term.paint(Colour::Bold, &summary));
        let share = match result.units_done == run.units {
            true => String::new(),
            false => format!(" ({} of {} units)", result.units_done, run.units),
        };
        output::line(&format!(
            "{out}{share}: {:.2} CPU s per hour of audio, {failed} files failed",
            cost.cpu_s_per_hour()
        ));
    }
    if failed > 0 { Outcome::SomeFailed } else { Outcome::Done }
}

/// For people.
fn duration(left: Duration) -> String {
    let s = left.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min", s.div_ceil(60)),
        _ => format!("{:.1} h", s as f64 / 3600.0),
    }
}
