//! A run: all units of a shard on all cores, each once, whatever happens in between.

mod error;
mod log;
mod merge;
mod play;
mod store;

pub use error::EvalError;
pub use merge::merge;
pub use play::{PlayConfig, Player, UnitCost};
pub use store::{read_cost, read_result, read_units};

use super::augment::{AugmentConfig, Augmenter};
use super::manifest::hex;
use super::plan::{Plan, PlanConfig, Shard};
use super::result::{Cost, EvalResult, FORMAT, Rules, Run, SubjectId};
use super::score::{Scorer, thresholds};
use super::subject::Subject;
use log::Log;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::prelude::rust_2024::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Samples in an hour.
const HOUR: f64 = 16_000.0 * 3600.0;

/// What to do.
#[derive(Clone, Debug)]
pub struct EvalConfig {
    /// A name for the reader.
    pub label: String,
    /// What the subject is.
    pub subject: SubjectId,
    /// What to play.
    pub plan: PlanConfig,
    /// What counts as what.
    pub rules: Rules,
    /// What to do to the audio.
    pub augment: AugmentConfig,
    /// Which part of it.
    pub shard: Shard,
    /// Threads, at least 1.
    pub jobs: usize,
    /// Where the result goes. If it holds an unfinished run, that is gone on with, and a finished one is left alone.
    pub out: PathBuf,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Units that are done.
    pub done: u64,
    /// Of how many.
    pub units: u64,
    /// Hours of audio that were heard, silence included.
    pub hours: f64,
    /// How long it will still take, from the second unit on.
    pub left: Option<Duration>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The result.
    pub result: EvalResult,
    /// What it cost.
    pub cost: Cost,
    /// Units that were there before.
    pub resumed: u64,
}

/// Runs it. Every thread judges a subject of its own, made by `subject`. `progress` is called after every unit.
///
/// # Errors
/// [`EvalError`]; what was done until then is kept. Recordings that fail are no error but part of the result.
pub fn evaluate<S: Subject>(
    config: &EvalConfig,
    subject: impl Fn() -> Result<S, EvalError> + Sync,
    progress: impl FnMut(Progress) + Send,
) -> Result<Outcome, EvalError> {
    let began = Instant::now();
    let plan = Plan::new(&config.plan, config.shard)?;
    if plan.total() == 0 {
        return Err(EvalError::Nothing { excluded: plan.excluded.iter().map(|e| e.files).sum() });
    }
    let augmenter = Augmenter::new(&config.augment)?;
    let run = describe(config, &plan, &augmenter);
    let out = &config.out;
    fs::create_dir_all(out).map_err(EvalError::file(out))?;
    let path = out.join(store::RUN);
    if path.exists() {
        store::same(&run, &store::read(&path)?, out)?;
    } else {
        store::write(&path, &run)?;
    }
    let path = out.join(store::LOG);
    if out.join(store::RESULT).exists() {
        // Killed between the last two steps, or nothing left to do.
        let _ = fs::remove_file(&path);
        let result = read_result(out)?;
        let (resumed, cost) = (result.units_done, read_cost(out)?);
        let asked = (config.shard.index, config.shard.of);
        // A merge has no shard, but may be all there is.
        match cost.shard {
            Some(found) if found != asked => {
                return Err(EvalError::OtherShard { path: out.clone(), expected: asked, found });
            }
            None if resumed < run.units => return Err(EvalError::Unfinished { path: out.clone() }),
            _ => return Ok(Outcome { result, cost, resumed }),
        }
    }
    let digest = serde_json::to_vec(&run).map(|json| hex(Sha256::new_with_prefix(json))).unwrap_or_default();
    let log = Log::open(&path, &digest, config.shard)?;
    let resumed = log.units.len() as u64;
    let mut log = work(config, &plan, &augmenter, &run, log, &subject, progress)?;
    let seconds = |ns: u64| Duration::from_nanos(ns).as_secs_f64();
    let cost = Cost {
        hours: log.cost.samples as f64 / HOUR,
        decode_cpu_s: seconds(log.cost.decode_ns),
        augment_cpu_s: seconds(log.cost.augment_ns),
        listen_cpu_s: seconds(log.cost.listen_ns),
        wall_s: began.elapsed().as_secs_f64(),
        jobs: config.jobs as u32,
        sessions: 1 + u32::from(resumed > 0),
        shard: Some((config.shard.index, config.shard.of)),
    };
    let result = store::finish(out, run, &cost, |write| log.each(write))?;
    fs::remove_file(&path).map_err(EvalError::file(&path))?;
    Ok(Outcome { result, cost, resumed })
}

/// Everything that the result depends on.
fn describe(config: &EvalConfig, plan: &Plan, augmenter: &Augmenter) -> Run {
    Run {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        label: config.label.clone(),
        subject: config.subject.clone(),
        phrase: plan.phrase.clone(),
        rules: config.rules,
        thresholds: thresholds(),
        augmentation: augmenter.description().clone(),
        manifests: plan.manifests.clone(),
        split: config.plan.split.clone(),
        repeat: plan.repeat,
        groups: plan.groups.clone(),
        excluded: plan.excluded.clone(),
        units: plan.total(),
    }
}

/// What the threads share.
struct Shared<'a, P> {
    log: Log,
    progress: P,
    error: Option<EvalError>,
    before: u64,
    began: Instant,
    plan: &'a Plan,
}

fn work<S: Subject>(
    config: &EvalConfig,
    plan: &Plan,
    augmenter: &Augmenter,
    run: &Run,
    log: Log,
    subject: &(impl Fn() -> Result<S, EvalError> + Sync),
    progress: impl FnMut(Progress) + Send,
) -> Result<Log, EvalError> {
    let done: HashSet<u64> = log.units.iter().map(|(unit, ..)| *unit).collect();
    let before = done.len() as u64;
    let shared = Mutex::new(Shared { log, progress, error: None, before, began: Instant::now(), plan });
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let fail = |error: EvalError| {
        stop.store(true, Ordering::Relaxed);
        held(&shared).error.get_or_insert(error);
    };
    thread::scope(|scope| {
        for _ in 0..config.jobs.max(1) {
            scope.spawn(|| {
                let mut subject = match subject() {
                    Ok(subject) => subject,
                    Err(error) => return fail(error),
                };
                let rules = config.rules;
                let mut player = Player::new(PlayConfig { rules, manifests: &run.manifests, augmenter });
                while !stop.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some((unit, repetition, planned)) = plan.unit(n) else { break };
                    if done.contains(&unit) {
                        continue;
                    }
                    let mut judge = Scorer::new(rules, &run.thresholds);
                    let (unit, cost) = player.play(unit, repetition, planned, &mut subject, &mut judge);
                    if let Err(error) = held(&shared).add(unit, cost) {
                        return fail(error);
                    }
                }
            });
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    match shared.error {
        Some(error) => Err(error),
        None => Ok(shared.log),
    }
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: FnMut(Progress)> Shared<'_, P> {
    fn add(&mut self, unit: super::result::Unit, cost: UnitCost) -> Result<(), EvalError> {
        self.log.add(&unit, &cost)?;
        let (done, units) = (self.log.units.len() as u64, self.plan.len());
        // By units: what manifests say of lengths is no more certain.
        let new = done - self.before;
        let left = (new > 1).then(|| self.began.elapsed().mul_f64((units - done) as f64 / new as f64));
        (self.progress)(Progress { done, units, hours: self.log.cost.samples as f64 / HOUR, left });
        Ok(())
    }
}
