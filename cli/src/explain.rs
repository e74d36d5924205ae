//! `earnest explain`: what was heard, decided and why, in plain sentences.

use crate::{Outcome, UsageError, input, journal, output};
use earnest::journal::{Entry, Explainer, Names, NoNames};
use serde::Serialize;
use std::path::PathBuf;

/// Tell from a journal what was decided, and why
///
/// A journal holds no words and no names, only numbers. With --policy actions and contacts are told by the names
/// that the policy gives them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The journal
    #[arg(value_name = "JOURNAL")]
    journal: PathBuf,
    /// Only this request, by its number (#12 is 12)
    #[arg(value_name = "ID", value_parser = request)]
    id: Option<u32>,
    /// The policy, for names
    #[arg(long, value_name = "TOML")]
    policy: Option<PathBuf>,
    /// The key it was written with: a file of 32 bytes
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// One JSON object a sentence
    #[arg(long)]
    json: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename = "sentence")]
struct Line<'a> {
    entry: u64,
    request: Option<u32>,
    kind: String,
    gate: Option<&'static str>,
    at_s: f64,
    action: Option<u16>,
    reason: Option<String>,
    text: &'a str,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let policy = args.policy.as_deref().map(input::policy).transpose()?;
    let names: &dyn Names = match &policy {
        Some(policy) => policy,
        None => &NoNames,
    };
    let mut explainer = Explainer::new(names, args.id);
    let mut told = 0;
    let tell = |number: u64, entry: &Entry| {
        let mut text = String::new();
        explainer.tell(entry, &mut text).expect("a string takes everything");
        for text in text.lines() {
            told += 1;
            if args.json {
                let text = text.trim();
                output::json(&Line {
                    entry: number,
                    request: (entry.session > 0).then_some(entry.session),
                    kind: format!("{:?}", entry.kind),
                    gate: entry.gate.map(|gate| gate.name()),
                    at_s: entry.at.seconds(),
                    action: entry.action,
                    reason: entry.reason.map(|reason| format!("{reason:?}")),
                    text,
                });
            } else {
                output::line(text);
            }
        }
    };
    let result = journal::read(&args.journal, args.key.as_deref(), None, tell)?;
    let name = args.journal.display();
    match result {
        None => Ok(Outcome::SomeFailed),
        Some(Err(fault)) => {
            let rest = "what is told above is right, nothing from there on can be trusted";
            output::error(&format_args!("{name}: not whole: {fault}; {rest}"));
            Ok(Outcome::SomeFailed)
        }
        Some(Ok(_)) => match args.id {
            Some(id) if told == 0 => Err(UsageError(format!("{name}: there is no request {id} in it"))),
            _ => Ok(Outcome::Done),
        },
    }
}

/// A request's number, with or without `#`.
fn request(text: &str) -> Result<u32, String> {
    let number = text.strip_prefix('#').unwrap_or(text);
    number.parse().map_err(|_| "expected the number of a request".into())
}
