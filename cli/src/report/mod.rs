//! `earnest report`: what evaluations found, as one page that needs nothing but a browser.
//!
//! The page is data and a script that draws it. All statistics are computed here; the script looks them up, adds, and
//! draws, for whatever threshold the reader moves to.

mod view;
mod compare;
mod clips;
mod data;
mod page;

use crate::results::ResultDir;
use crate::{Outcome, UsageError, output};
use earnest::eval::curve::Rule;
use earnest::eval::stats::Level;
use std::path::PathBuf;
use view::Views;

/// Draw the results of `earnest eval` as one self-contained HTML file
///
/// Several results are laid side by side; the first is what the others are compared with.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Result folders of `earnest eval`
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Where the page goes
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    /// Heading of the page
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Show each result at this threshold first, instead of its model's own
    #[arg(long, value_name = "X", value_parser = crate::wake::score, conflicts_with = "fa_per_hour")]
    threshold: Option<f32>,
    /// Show each result first at the lowest threshold with at most so many false accepts per hour
    #[arg(long, value_name = "X", value_parser = crate::tune::budget)]
    fa_per_hour: Option<f64>,
    /// How many false accepts can be listened to, for each result; half as many misses
    #[arg(long, value_name = "N", default_value_t = 12)]
    clips: usize,
    /// The scores are probabilities: draw how well they keep what they say
    #[arg(long)]
    probabilities: bool,
}

/// Everything about one result that the page is made of.
struct Run {
    dir: ResultDir,
    views: Views,
    /// Index of the threshold that is shown first, and why that one.
    start: usize,
    start_why: String,
    clips: Vec<clips::Clip>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let mut runs = Vec::new();
    for path in &args.dirs {
        let dir = ResultDir::open(path)?;
        let mut views = Views::new(&dir.result.run);
        dir.units(|unit| views.add(&dir.result.run, &unit))?;
        let (start, start_why) = start(args, &dir, &views);
        let clips = clips::of(&dir, &views, start, args.clips);
        runs.push(Run { dir, views, start, start_why, clips });
    }
    let missing = runs.iter().flat_map(|run| &run.clips).filter(|clip| clip.sound.is_none()).count();
    if missing > 0 {
        output::message(&format!(
            "note: {missing} clips cannot be heard in the page; their audio is not where it was"
        ));
    }
    let page = page::html(args, &runs);
    output::file(&args.output, page.as_bytes())?;
    output::message(&format!("{}: {:.1} MB", args.output.display(), page.len() as f64 / 1e6));
    Ok(Outcome::Done)
}

/// Which threshold is shown first.
fn start(args: &Args, dir: &ResultDir, views: &Views) -> (usize, String) {
    let curve = &views.first().curve;
    if let Some(threshold) = args.threshold {
        return (curve.at_least(threshold), "as asked for".into());
    }
    if let Some(budget) = args.fa_per_hour {
        return match curve.choose(budget, Rule::Point, Level::P95) {
            Ok(index) => (index, format!("the lowest with at most {budget} false accepts an hour here")),
            Err(_) => (
                curve.thresholds.len().saturating_sub(1),
                format!("none gives {budget} false accepts an hour"),
            ),
        };
    }
    match dir.result.run.subject.threshold {
        Some(threshold) => (curve.at_least(threshold), "the model's own".into()),
        None => match curve.choose(0.5, Rule::Point, Level::P95) {
            Ok(index) => (index, "the lowest with at most 0.5 false accepts an hour here".into()),
            Err(_) => (curve.thresholds.len().saturating_sub(1), "the highest there is".into()),
        },
    }
}
