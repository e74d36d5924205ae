//! Several shards to one result.

use super::EvalError;
use super::store::{self, Lines};
use crate::eval::result::{Cost, EvalResult, Run};
use std::fs;
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;

/// Merges the results in `folders`, all of one run, into `out`. Which folders hold which units doesn't matter, nor
/// their order, nor in how many steps they are merged; a unit may be in several of them. When all units are there,
/// the files are those of the run that was never cut into shards, byte for byte (but for `cost.json`).
///
/// # Errors
/// [`EvalError`] if one isn't finished, is damaged, is of another run, or has another idea of a unit.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<EvalResult, EvalError> {
    let mut run: Option<Run> = None;
    let mut cost = Cost::default();
    let mut sources = Vec::new();
    for folder in folders {
        if !folder.join(store::RESULT).exists() && folder.join(store::LOG).exists() {
            return Err(EvalError::Unfinished { path: folder.clone() });
        }
        let other: Run = store::read(&folder.join(store::RUN))?;
        match &run {
            Some(run) => store::same(run, &other, folder)?,
            None => run = Some(other),
        }
        let other = store::read_cost(folder)?;
        cost = Cost {
            hours: cost.hours + other.hours,
            decode_cpu_s: cost.decode_cpu_s + other.decode_cpu_s,
            augment_cpu_s: cost.augment_cpu_s + other.augment_cpu_s,
            listen_cpu_s: cost.listen_cpu_s + other.listen_cpu_s,
            wall_s: cost.wall_s + other.wall_s,
            jobs: cost.jobs.max(other.jobs),
            sessions: cost.sessions + other.sessions,
            shard: None,
        };
        let mut lines = Lines::open(&folder.join(store::UNITS))?;
        let next = lines.next().transpose()?;
        sources.push((folder, lines, next));
    }
    let Some(run) = run else { return Err(EvalError::Nothing { excluded: 0 }) };
    fs::create_dir_all(out).map_err(EvalError::file(out))?;
    store::write(&out.join(store::RUN), &run)?;
    store::finish(out, run, &cost, |write| {
        loop {
            let heads = sources.iter().filter_map(|(_, _, next)| next.as_ref());
            let Some(unit) = heads.map(|(_, unit)| unit.unit).min() else { return Ok(()) };
            let mut chosen: Option<String> = None;
            for (folder, lines, next) in &mut sources {
                let Some((text, _)) = next.take_if(|(_, head)| head.unit == unit) else { continue };
                *next = lines.next().transpose()?;
                if next.as_ref().is_some_and(|(_, head)| head.unit <= unit) {
                    return Err(EvalError::Conflict { unit, path: folder.to_path_buf() });
                }
                match &chosen {
                    Some(chosen) if *chosen != text => {
                        return Err(EvalError::Conflict { unit, path: folder.to_path_buf() });
                    }
                    _ => chosen = Some(text),
                }
            }
            write(chosen.unwrap_or_default().as_bytes())?;
        }
    })
}
