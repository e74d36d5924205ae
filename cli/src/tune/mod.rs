//! `earnest tune`: the threshold for a budget of false accepts, and what can be said about it.
//!
//! The rule. On the split that is tuned on (`dev`), the lowest threshold is taken from which on the budget is met: it
//! misses least. What must meet the budget is the upper limit of the rate, one-sided, with sessions as units, so that the
//! claim holds with the stated confidence; where the audio is too short for any claim of that kind, the rate that was
//! counted, and that is said. The split that is reported on (`test`) takes no part in the choice.

mod first;
mod calibrated;
mod mine;
mod tell;

use crate::results::ResultDir;
use crate::{Outcome, UsageError, output};
use clap::ValueEnum;
use earnest::eval::curve::{Curve, Infeasible, Rule};
use earnest::eval::result::Run;
use earnest::eval::stats::Level;
use std::path::PathBuf;

/// Choose the threshold for a budget of false accepts per hour
///
/// It is chosen on one split of what `earnest eval` heard, and reported on another.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Result folders of `earnest eval`, all of the same model
    #[arg(required_unless_present = "out", conflicts_with = "out", value_name = "DIR")]
    dirs: Vec<PathBuf>,
    #[command(flatten)]
    first: first::Args,
    /// How many false accepts per hour are allowed
    #[arg(long, value_name = "X", value_parser = budget)]
    fa_per_hour: f64,
    /// How sure that must be, percent
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = level)]
    confidence: Level,
    /// What must meet the budget [default: bound; where the audio is too short for it, point]
    #[arg(long)]
    rule: Option<RuleArg>,
    /// Choose on this split
    #[arg(long, value_name = "SPLIT", default_value = "dev")]
    on: String,
    /// Report on this split
    #[arg(long, value_name = "SPLIT", default_value = "test")]
    report: String,
    /// The model: what is judged, where that is still to be done, and what the configuration names
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Write a configuration with the threshold, for `earnest listen --config`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the worst false accepts as WAV files with a manifest; never from the split that is reported on
    #[arg(long, value_name = "DIR")]
    mine: Option<PathBuf>,
    /// How many of them, at most
    #[arg(long, value_name = "N", default_value_t = 100, requires = "mine")]
    most: usize,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum RuleArg {
    /// The upper limit of the rate: what can be claimed
    Bound,
    /// The rate that was counted
    Point,
}

/// The threshold, and what it was chosen by.
struct Choice {
    index: usize,
    rule: Rule,
    /// Why the bound could not meet the budget, where the count had to do.
    instead_of_bound: Option<Infeasible>,
}

/// What the results say about the two splits.
struct Evidence {
    run: Run,
    on: Curve,
    report: Curve,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    if args.on == args.report {
        let what = "a threshold that was chosen on a split looks better on it than it is";
        return Err(UsageError(format!("--on and --report are both `{}`: {what}", args.on)));
    }
    let evaluated = first::evaluate(args)?;
    let dirs = args.dirs.iter().chain(&evaluated);
    let dirs = dirs.map(|path| ResultDir::open(path)).collect::<Result<Vec<_>, _>>()?;
    let evidence = evidence(args, &dirs)?;
    if evidence.on.hours() == 0.0 {
        let problem =
            format!("there is no audio without the phrase in the split `{}` of the results", args.on);
        return Err(UsageError(format!("{problem}; choose another with --on")));
    }
    let choice = match choose(args, &evidence.on) {
        Ok(choice) => choice,
        Err(reason) => {
            tell::infeasible(args, &evidence, reason);
            return Ok(Outcome::SomeFailed);
        }
    };
    tell::chosen(args, &evidence, &choice);
    if let Some(path) = &args.output {
        output::file(path, calibrated::toml(args, &evidence, &choice, path).as_bytes())?;
        output::message(&format!("{}: written", path.display()));
    }
    let mut outcome = Outcome::Done;
    if let Some(folder) = &args.mine {
        let mined = mine::write(args, &dirs, evidence.on.thresholds[choice.index], folder)?;
        output::message(&tell::mined(args, &mined, folder));
        if mined.unreadable > 0 {
            outcome = Outcome::SomeFailed;
        }
    }
    Ok(outcome)
}

/// The curves of the two splits over all results, which must be of one model.
fn evidence(args: &Args, dirs: &[ResultDir]) -> Result<Evidence, UsageError> {
    let run = &dirs[0].result.run;
    let (mut on, mut report) = (Curve::new(run), Curve::new(run));
    for dir in dirs {
        let other = &dir.result.run;
        let differs = [
            ("phrase", other.phrase != run.phrase),
            ("subject.engine", other.subject.engine != run.subject.engine),
            ("subject.digest", other.subject.digest != run.subject.digest),
            ("rules", other.rules != run.rules),
            ("thresholds", other.thresholds != run.thresholds),
        ];
        if let Some((field, _)) = differs.iter().find(|(_, differs)| *differs) {
            let (this, first) = (dir.path.display(), dirs[0].path.display());
            return Err(UsageError(format!(
                "{this}: `{field}` is not that of {first}; tune takes one model at a time"
            )));
        }
        if dir.result.units_done < other.units {
            let (done, all) = (dir.result.units_done, other.units);
            return Err(UsageError(format!(
                "{}: {done} of {all} sessions; merge the shards first",
                dir.path.display()
            )));
        }
        dir.units(|unit| {
            on.add(other, &unit, |group| group.split == args.on);
            report.add(other, &unit, |group| group.split == args.report);
        })?;
    }
    Ok(Evidence { run: run.clone(), on, report })
}

fn choose(args: &Args, curve: &Curve) -> Result<Choice, Infeasible> {
    let by = |rule| curve.choose(args.fa_per_hour, rule, args.confidence);
    let choice = |index, rule, instead_of_bound| Choice { index, rule, instead_of_bound };
    match args.rule {
        Some(RuleArg::Bound) => by(Rule::Bound).map(|index| choice(index, Rule::Bound, None)),
        Some(RuleArg::Point) => {
            by(Rule::Point).map(|index| choice(index, Rule::Point, by(Rule::Bound).err()))
        }
        None => by(Rule::Bound)
            .map(|index| choice(index, Rule::Bound, None))
            .or_else(|reason| by(Rule::Point).map(|index| choice(index, Rule::Point, Some(reason)))),
    }
}

/// False accepts per hour on the command line: above 0.
pub(crate) fn budget(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(budget) if budget > 0.0 && budget <= 1000.0 => Ok(budget),
        Ok(budget) => Err(format!("{budget}, expected more than 0 and at most 1000")),
        Err(_) => Err("expected a number".into()),
    }
}

fn level(text: &str) -> Result<Level, String> {
    Level::percent(text.parse().map_err(|_| "expected a number, percent")?).map_err(|error| error.to_string())
}
