//! The files of a finished run.

use super::EvalError;
use crate::eval::result::{Cost, EvalResult, FORMAT, Run, Unit};
use crate::eval::sum::Sum;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::format;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;

pub(crate) const RUN: &str = "run.json";
pub(crate) const LOG: &str = "log.jsonl";
pub(crate) const UNITS: &str = "units.jsonl";
pub(crate) const RESULT: &str = "result.json";
pub(crate) const COST: &str = "cost.json";

/// The result in a folder.
///
/// # Errors
/// [`EvalError`] if there is none, or a damaged one.
pub fn read_result(folder: &Path) -> Result<EvalResult, EvalError> {
    if !folder.join(RESULT).exists() && folder.join(LOG).exists() {
        return Err(EvalError::Unfinished { path: folder.into() });
    }
    read(&folder.join(RESULT))
}

/// The cost in a folder.
///
/// # Errors
/// [`EvalError`] if there is none, or a damaged one.
pub fn read_cost(folder: &Path) -> Result<Cost, EvalError> {
    read(&folder.join(COST))
}

/// The units in a folder, one by one, ascending.
///
/// # Errors
/// [`EvalError`] if there are none; the items, for a damaged line.
pub fn read_units(folder: &Path) -> Result<impl Iterator<Item = Result<Unit, EvalError>>, EvalError> {
    Ok(Lines::open(&folder.join(UNITS))?.map(|line| Ok(line?.1)))
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, EvalError> {
    let bytes = fs::read(path).map_err(EvalError::file(path))?;
    serde_json::from_slice(&bytes).map_err(|error| EvalError::Damaged {
        path: path.into(),
        line: error.line() as u64,
        problem: error.to_string(),
    })
}

/// Lines of `units.jsonl`: the text and the unit.
pub(crate) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: u64,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Lines, EvalError> {
        let file = File::open(path).map_err(EvalError::file(path))?;
        Ok(Lines { path: path.into(), reader: BufReader::with_capacity(1 << 16, file), line: 0 })
    }
}

impl Iterator for Lines {
    type Item = Result<(String, Unit), EvalError>;
    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(source) => return Some(Err(EvalError::File { path: self.path.clone(), source })),
        }
        self.line += 1;
        line.truncate(line.trim_end_matches('\n').len());
        Some(match serde_json::from_str(&line) {
            Ok(unit) => Ok((line, unit)),
            Err(error) => {
                let path = self.path.clone();
                Err(EvalError::Damaged { path, line: self.line, problem: error.to_string() })
            }
        })
    }
}

/// Writes beside a file and puts it in place when it is whole.
pub(crate) struct Whole {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
}

impl Whole {
    pub(crate) fn create(path: &Path) -> Result<Whole, EvalError> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = BufWriter::new(File::create(&part).map_err(EvalError::file(&part))?);
        Ok(Whole { path: path.into(), part, file })
    }

    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), EvalError> {
        let written = self.file.write_all(line).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(EvalError::file(&self.part))
    }

    pub(crate) fn finish(mut self) -> Result<(), EvalError> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        flushed.and_then(|()| fs::rename(&self.part, &self.path)).map_err(EvalError::file(&self.path))
    }
}

pub(crate) fn write(path: &Path, object: &impl Serialize) -> Result<(), EvalError> {
    let mut file = Whole::create(path)?;
    let json = serde_json::to_vec(object).unwrap_or_default();
    file.line(&json)?;
    file.finish()
}

/// Writes units, their sum and the cost; units are given ascending.
pub(crate) fn finish(
    folder: &Path,
    run: Run,
    cost: &Cost,
    units: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), EvalError>) -> Result<(), EvalError>,
) -> Result<EvalResult, EvalError> {
    let path = folder.join(UNITS);
    let mut file = Whole::create(&path)?;
    let mut sum = Sum::new(run);
    units(&mut |json| {
        let unit: Unit = serde_json::from_slice(json).map_err(|error| EvalError::Damaged {
            path: path.clone(),
            line: 0,
            problem: error.to_string(),
        })?;
        sum.add(&unit);
        file.line(json)
    })?;
    file.finish()?;
    write(&folder.join(COST), cost)?;
    let result = sum.finish();
    // Last: its being there says that all is.
    write(&folder.join(RESULT), &result)?;
    Ok(result)
}

/// Refuses another run than `run`, naming the field.
pub(crate) fn same(run: &Run, other: &Run, path: &Path) -> Result<(), EvalError> {
    if run == other && other.format == FORMAT {
        return Ok(());
    }
    let value = |run: &Run| serde_json::to_value(run).unwrap_or(Value::Null);
    let (field, expected, found) = differ("", &value(run), &value(other)).unwrap_or_default();
    Err(EvalError::Different { path: path.into(), field, expected, found })
}

/// The first thing in which two values differ.
fn differ(name: &str, a: &Value, b: &Value) -> Option<(String, String, String)> {
    let inner = |key: &str| if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            let get =
                |of: &serde_json::Map<String, Value>, key: &str| of.get(key).cloned().unwrap_or(Value::Null);
            keys.into_iter().find_map(|key| differ(&inner(key), &get(a, key), &get(b, key)))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| differ(&inner(&i.to_string()), a, b))
        }
        _ if a == b => None,
        (Value::Array(a), Value::Array(b)) => {
            Some((name.into(), format!("{} of them", a.len()), format!("{} of them", b.len())))
        }
        _ => Some((name.into(), a.to_string(), b.to_string())),
    }
}
