//! Files that commands read besides recordings: texts, lists of names, policies.

use crate::UsageError;
use earnest::guard::PolicyFile;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, stdin};
use std::path::Path;

/// A text in UTF-8, whole.
pub(crate) fn text(path: &Path) -> Result<String, UsageError> {
    let failed = |what: &dyn Display| UsageError(format!("{}: {what}", path.display()));
    let bytes = fs::read(path).map_err(|error| failed(&format_args!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        failed(&format_args!("expected UTF-8, found something else at byte {at}"))
    })
}

/// A policy of the guard.
pub(crate) fn policy(path: &Path) -> Result<PolicyFile, UsageError> {
    PolicyFile::parse(&path.display().to_string(), &text(path)?)
        .map_err(|error| UsageError(error.to_string()))
}

/// The names in a `--list`, read as they are needed: it may be a pipe that goes on. `-` is stdin.
pub(crate) fn names(list: &str) -> Result<impl Iterator<Item = Result<String, UsageError>>, UsageError> {
    let failed = move |error: std::io::Error| UsageError(format!("--list {list}: cannot be read: {error}"));
    let lines: Box<dyn BufRead> = match list {
        "-" => Box::new(stdin().lock()),
        file => Box::new(BufReader::new(File::open(file).map_err(failed)?)),
    };
    let names = lines.lines().map(move |line| line.map(|line| line.trim().to_string()).map_err(failed));
    Ok(names.filter(|name| !matches!(name, Ok(name) if name.is_empty())))
}

/// How many names a `--list` holds; a pipe doesn't say.
pub(crate) fn count(list: &str) -> Option<usize> {
    let file = File::open(list).ok().filter(|file| file.metadata().is_ok_and(|about| about.is_file()))?;
    Some(BufReader::new(file).lines().map_while(Result::ok).filter(|name| !name.trim().is_empty()).count())
}
