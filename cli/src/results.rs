//! Result folders of `earnest eval`, as `report` and `tune` read them.

use crate::UsageError;
use earnest::eval::result::{Cost, EvalResult, FORMAT, Unit};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// A folder whose run is over, or those shards of it that are.
pub(crate) struct ResultDir {
    pub(crate) path: PathBuf,
    pub(crate) result: EvalResult,
    pub(crate) cost: Option<Cost>,
}

impl ResultDir {
    /// Reads everything but the units, which may be many.
    pub(crate) fn open(path: &Path) -> Result<ResultDir, UsageError> {
        let result: EvalResult = json(&path.join("result.json"))?.ok_or_else(|| {
            let what = "no result of `earnest eval`: there is no result.json in it (is the run finished?)";
            UsageError(format!("{}: {what}", path.display()))
        })?;
        if result.run.format != FORMAT {
            let (actual, name) = (result.run.format, path.display());
            return Err(UsageError(format!("{name}: format {actual}, this version reads {FORMAT}")));
        }
        Ok(ResultDir { path: path.to_path_buf(), result, cost: json(&path.join("cost.json"))? })
    }

    /// Calls `each` for every unit, in order.
    pub(crate) fn units(&self, mut each: impl FnMut(Unit)) -> Result<(), UsageError> {
        let path = self.path.join("units.jsonl");
        let failed = |what: String| UsageError(format!("{}: {what}", path.display()));
        let file = File::open(&path).map_err(|error| failed(format!("cannot be read: {error}")))?;
        for (n, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| failed(format!("line {}: {error}", n + 1)))?;
            each(serde_json::from_str(&line).map_err(|error| failed(format!("line {}: {error}", n + 1)))?);
        }
        Ok(())
    }

    /// Where a file of the run is.
    pub(crate) fn audio(&self, manifest: u32, file: &str) -> PathBuf {
        let manifest = self.result.run.manifests.get(manifest as usize);
        manifest.map_or_else(PathBuf::new, |manifest| PathBuf::from(&manifest.root)).join(file)
    }
}

/// The object in a file; `None` if there is no such file.
fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, UsageError> {
    let failed = |error: String| UsageError(format!("{}: {error}", path.display()));
    match File::open(path) {
        Ok(file) => {
            serde_json::from_reader(BufReader::new(file)).map(Some).map_err(|e| failed(e.to_string()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(format!("cannot be read: {error}"))),
    }
}
