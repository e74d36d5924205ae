//! `earnest compile`: grammars and lists as images, for machines that have no heap to compile them on.

use crate::{Outcome, UsageError, grammar, output, understand};
use std::path::PathBuf;

/// Compile what may be said into images, for firmware: OUT.grm, and OUT.NAME.lst for each of its lists
///
/// The C library takes them in place: earnest_commands_init(), earnest_chain_init(). A list may be compiled again, with other
/// values, and exchanged while the device runs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Beginning of the images' names
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// What may be said: Home Assistant's YAML, or a context of Rhino
    #[arg(short, long, value_name = "G.yaml")]
    grammar: PathBuf,
    /// Values of a list, one a line, instead of the grammar's; may be given several times
    #[arg(long, value_name = "NAME=FILE.txt", value_parser = understand::slot)]
    slot: Vec<(String, PathBuf)>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let sayable = grammar::read(&args.grammar, &args.slot, &"--slot")?;
    let compiled = sayable.compiled(&grammar::lexicon()?)?;
    let write = |suffix: &str, image: &[u8]| {
        let mut name = args.out.clone().into_os_string();
        name.push(suffix);
        let path = PathBuf::from(name);
        std::fs::write(&path, image)
            .map_err(|error| UsageError(format!("{}: cannot be written: {error}", path.display())))?;
        output::line(&format!("{} {} bytes", path.display(), image.len()));
        Ok(())
    };
    let image = grammar::image(&compiled)?;
    write(".grm", &compiled.grammar)?;
    for (name, list) in image.lists().zip(&compiled.lists) {
        write(&format!(".{name}.lst"), list)?;
    }
    Ok(Outcome::Done)
}
