//! `earnest journal verify`: is a journal whole?

use crate::{Outcome, UsageError, output};
use clap::Subcommand;
use earnest::journal::{Anchor, Entry, Fault, HASH_BYTES, Key, Verified, verify};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Check the record of decisions
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Verify(VerifyArgs),
}

/// Say whether a journal is whole, or which entry is the first that was changed
///
/// Entries missing at the end can't be seen in the journal alone: keep the end that is printed here elsewhere, and
/// give it as --anchor later.
#[derive(clap::Args)]
struct VerifyArgs {
    /// The journal
    #[arg(value_name = "JOURNAL")]
    journal: PathBuf,
    /// The key it was written with: a file of 32 bytes
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// An earlier end of this journal, NUMBER:HASH, that it must still hold
    #[arg(long, value_name = "END", value_parser = anchor)]
    anchor: Option<Anchor>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename = "journal")]
struct Line<'a> {
    file: &'a str,
    whole: bool,
    entries: Option<u64>,
    torn_bytes: Option<usize>,
    holds_anchor: Option<bool>,
    end: Option<String>,
    fault: Option<String>,
    fault_entry: Option<u64>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let Command::Verify(args) = &args.command;
    let name = args.journal.display().to_string();
    let Some(result) = read(&args.journal, args.key.as_deref(), args.anchor.as_ref(), |_, _| {})? else {
        return Ok(Outcome::SomeFailed);
    };
    let whole = result.as_ref().is_ok_and(|v| v.torn_bytes == 0 && v.holds_anchor != Some(false));
    if args.json {
        let verified = result.as_ref().ok();
        let fault = result.as_ref().err();
        output::json(&Line {
            file: &name,
            whole,
            entries: verified.map(|v| v.entries),
            torn_bytes: verified.map(|v| v.torn_bytes),
            holds_anchor: verified.and_then(|v| v.holds_anchor),
            end: verified.map(|v| v.end.to_string()),
            fault: fault.map(ToString::to_string),
            fault_entry: fault.map(|f| f.entry),
        });
    } else {
        output::line(&sentence(&name, &result));
    }
    Ok(if whole { Outcome::Done } else { Outcome::SomeFailed })
}

fn sentence(name: &str, result: &Result<Verified, Fault>) -> String {
    match result {
        Err(fault) => format!("{name}: not whole: {fault}; nothing from there on can be trusted"),
        Ok(verified) if verified.holds_anchor == Some(false) => {
            format!(
                "{name}: not whole: the anchor is not in it, so entries are missing or it was written anew"
            )
        }
        Ok(verified) => {
            let torn = match verified.torn_bytes {
                0 => String::new(),
                bytes => format!(", then {bytes} bytes of an entry whose write was cut"),
            };
            format!("{name}: {} entries, none changed{torn}; it ends at {}", verified.entries, verified.end)
        }
    }
}

/// Reads and verifies a journal; `None` if the file can't be read, which is told.
pub(crate) fn read(
    path: &Path,
    key: Option<&Path>,
    anchor: Option<&Anchor>,
    on_entry: impl FnMut(u64, &Entry),
) -> Result<Option<Result<Verified, Fault>>, UsageError> {
    let key = key.map(read_key).transpose()?;
    match fs::read(path) {
        Ok(bytes) => Ok(Some(verify(&bytes, key, anchor, on_entry))),
        Err(error) => {
            output::error(&format_args!("{}: cannot be read: {error}", path.display()));
            Ok(None)
        }
    }
}

fn read_key(path: &Path) -> Result<Key, UsageError> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| UsageError(format!("key {name}: cannot be read: {error}")))?;
    let len = bytes.len();
    let bytes = bytes.try_into().map_err(|_| UsageError(format!("key {name}: {len} bytes, expected 32")))?;
    Ok(Key::new(bytes))
}

/// An end as it is printed: a number, a colon, 64 hexadecimal digits.
fn anchor(text: &str) -> Result<Anchor, String> {
    let expected = "expected NUMBER:HASH, as `journal verify` prints it";
    let (number, hash) = text.split_once(':').ok_or(expected)?;
    let next = number.parse().map_err(|_| expected)?;
    let mut head = [0; HASH_BYTES];
    let (digits, rest) = hash.as_bytes().as_chunks::<2>();
    if digits.len() != HASH_BYTES || !rest.is_empty() {
        return Err(expected.into());
    }
    for (byte, digits) in head.iter_mut().zip(digits) {
        let digits = std::str::from_utf8(digits).map_err(|_| expected)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| expected)?;
    }
    Ok(Anchor { next, head })
}
