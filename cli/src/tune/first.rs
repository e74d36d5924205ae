//! Evaluating before choosing, where there are no results yet.

use crate::wake::Engine;
use crate::{UsageError, eval};
use clap::FromArgMatches;
use std::ffi::OsString;
use std::path::PathBuf;

/// What is handed on to `earnest eval`.
#[derive(clap::Args)]
#[group(id = "evaluate_first")]
#[command(next_help_heading = "Without results: evaluate first")]
pub(super) struct Args {
    /// Recordings, as `earnest eval` takes them; may be given several times
    #[arg(long, value_name = "FILE", requires = "out")]
    manifest: Vec<PathBuf>,
    /// Recordings to leave out, one name a line: those that the model was made from
    #[arg(long, value_name = "LIST", requires = "out")]
    exclude: Option<PathBuf>,
    /// Add noise, at an SNR in dB: a recording, a folder or a manifest
    #[arg(long, value_name = "FILE@DB", requires = "out")]
    noise: Option<String>,
    /// Which engine listens: `cascade` checks what a network finds
    #[arg(long, requires = "out")]
    engine: Option<Engine>,
    /// Threads [default: one for each core]
    #[arg(short, long, value_name = "N", requires = "out")]
    jobs: Option<u16>,
    /// Folder for the result, which can be tuned and drawn again without listening again
    #[arg(long, value_name = "DIR", requires_all = ["manifest", "model"])]
    out: Option<PathBuf>,
}

/// The folder that now has a result, if there was anything to evaluate.
pub(super) fn evaluate(args: &super::Args) -> Result<Option<PathBuf>, UsageError> {
    let first = &args.first;
    let Some(out) = &first.out else { return Ok(None) };
    let mut words: Vec<OsString> = vec!["eval".into(), "--out".into(), out.into()];
    let mut option = |name: &str, value: OsString| words.extend([name.into(), value]);
    for manifest in &first.manifest {
        option("--manifest", manifest.into());
    }
    for (name, path) in [("--model", &args.model), ("--exclude", &first.exclude)] {
        if let Some(path) = path {
            option(name, path.into());
        }
    }
    if let Some(noise) = &first.noise {
        option("--noise", noise.into());
    }
    if let Some(engine) = first.engine {
        option("--engine", engine.name().into());
    }
    if let Some(jobs) = first.jobs {
        option("--jobs", jobs.to_string().into());
    }
    if args.json {
        words.push("--json".into());
    }
    let command = <eval::Args as clap::Args>::augment_args(clap::Command::new("eval"));
    let matches = command.try_get_matches_from(words).map_err(|error| UsageError(error.to_string()))?;
    let parsed = eval::Args::from_arg_matches(&matches).map_err(|error| UsageError(error.to_string()))?;
    // Files that can't be read are told and in the result.
    eval::run(&parsed)?;
    Ok(Some(out.clone()))
}
