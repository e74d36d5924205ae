//! The `earnest` command.
//!
//! What scripts may rely on: results on stdout, with `--json` one object a line and nothing else; messages and
//! progress on stderr; exit 0 done, 1 a file could not be processed (the others were), 2 bad usage or configuration.

mod term;
mod words;
mod wav;
mod output;
mod input;
mod event;
mod progress;
mod audio;
mod config;
mod wake;
mod listen;
mod detect;
mod eval;
mod enroll;
mod model;
mod lexicon;
mod results;
mod tune;
mod report;
mod explain;
mod journal;
mod grammar;
mod understand;
mod compile;
mod chain;
mod phrase;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Listens for a wake word, and says why it woke.
#[derive(Parser)]
#[command(name = "earnest", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 done, 1 a file could not be processed (the others were), \
                        2 bad usage or configuration.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Listen(listen::Args),
    Detect(detect::Args),
    Eval(Box<eval::Args>),
    Enroll(enroll::Args),
    Model(model::Args),
    Lexicon(lexicon::Args),
    Tune(tune::Args),
    Report(report::Args),
    Explain(explain::Args),
    Journal(journal::Args),
    Understand(understand::Args),
    Compile(compile::Args),
    Chain(chain::Args),
    Phrase(phrase::Args),
}

/// How a command ended, if it could begin at all.
enum Outcome {
    Done,
    /// Some file could not be processed; its error is told.
    SomeFailed,
}

/// Bad usage or configuration: nothing was processed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Listen(args) => listen::run(&args),
        Command::Detect(args) => detect::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Enroll(args) => enroll::run(&args),
        Command::Model(args) => model::run(&args),
        Command::Lexicon(args) => lexicon::run(&args),
        Command::Tune(args) => tune::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Journal(args) => journal::run(&args),
        Command::Understand(args) => understand::run(&args),
        Command::Compile(args) => compile::run(&args),
        Command::Chain(args) => chain::run(&args),
        Command::Phrase(args) => phrase::run(&args),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Err(error) => {
            output::error(&error);
            ExitCode::from(2)
        }
    }
}
