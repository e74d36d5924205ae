//! `earnest model`: images of networks, packed from ONNX, checked against it, described.

mod frames;
mod pack;
#[cfg(feature = "onnx")]
mod check;
mod info;

use crate::{Outcome, UsageError};
use clap::Subcommand;
use earnest::nn::Model;
use std::fs;
use std::path::Path;

/// Pack a network from ONNX, check an image against its ONNX file, or describe an image
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Pack(pack::Args),
    #[cfg(feature = "onnx")]
    Check(check::Args),
    Info(info::Args),
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    match &args.command {
        Command::Pack(args) => pack::run(args),
        #[cfg(feature = "onnx")]
        Command::Check(args) => check::run(args),
        Command::Info(args) => info::run(args),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, UsageError> {
    fs::read(path).map_err(|error| UsageError(format!("{}: cannot be read: {error}", path.display())))
}

fn load(path: &Path) -> Result<Model<'static>, UsageError> {
    Model::new(read(path)?).map_err(|error| UsageError(format!("{}: {error}", path.display())))
}
