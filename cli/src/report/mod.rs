//! `earnest report`: what evaluations found, as one page that needs nothing but a browser, or as the measured part of a
//! model's card.
//!
//! The page is data and a script that draws it. All statistics are computed here; the script looks them up, adds, and
//! draws, for whatever threshold the reader moves to.

mod view;
mod compare;
mod clips;
mod data;
mod page;
mod card;
mod command;

use crate::results::ResultDir;
use crate::{Outcome, UsageError, output};
use clap::ValueEnum;
use earnest::eval::curve::Rule;
use earnest::eval::result::Cost;
use earnest::eval::stats::Level;
use std::path::{Path, PathBuf};
use view::Views;

/// Draw the results of `earnest eval` as one self-contained HTML file, or write a model's card
///
/// Several results are laid side by side; the first is what the others are compared with.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Result folders of `earnest eval`
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// What is written
    #[arg(long, default_value = "html")]
    format: Format,
    /// Where it goes [default: report.html; a card to stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
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

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Format {
    /// A page to look at
    Html,
    /// Tables in Markdown, with the commands that made them: the measured part of a model's card
    Card,
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

impl Run {
    /// Not of an engine that heard it elsewhere and only told its events.
    fn cost(&self) -> Option<Cost> {
        let elsewhere =
            self.dir.result.run.subject.settings.get("heard").is_some_and(|heard| heard == "elsewhere");
        self.dir.cost.filter(|cost| cost.hours > 0.0 && !elsewhere)
    }
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let mut runs = Vec::new();
    for path in &args.dirs {
        let dir = ResultDir::open(path)?;
        let mut views = Views::new(&dir.result.run);
        dir.units(|unit| views.add(&dir.result.run, &unit))?;
        let (start, start_why) = start(args, &dir, &views);
        let clips = match args.format {
            Format::Html => clips::of(&dir, &views, start, args.clips),
            Format::Card => Vec::new(),
        };
        runs.push(Run { dir, views, start, start_why, clips });
    }
    if args.format == Format::Card {
        let card = card::markdown(args, &runs);
        match &args.output {
            Some(path) => output::file(path, card.as_bytes())?,
            None => output::line(card.trim_end()),
        }
        return Ok(Outcome::Done);
    }
    let missing = runs.iter().flat_map(|run| &run.clips).filter(|clip| clip.sound.is_none()).count();
    if missing > 0 {
        output::message(&format!(
            "note: {missing} clips cannot be heard in the page; their audio is not where it was"
        ));
    }
    let page = page::html(args, &runs);
    let path = args.output.as_deref().unwrap_or(Path::new("report.html"));
    output::file(path, page.as_bytes())?;
    output::message(&format!("{}: {:.1} MB", path.display(), page.len() as f64 / 1e6));
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
