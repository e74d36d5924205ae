//! Plain folders of recordings.

use super::{ManifestError, ManifestId, Row, hex, shown};
use crate::eval::result::Given;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;

/// Names that end like this are recordings.
const AUDIO: [&str; 6] = ["wav", "flac", "ogg", "oga", "opus", "mp3"];

/// `positive/PHRASE/…` and `negative/…`, either or both.
pub(super) fn layout(root: &Path, each: &mut dyn FnMut(Row)) -> Result<ManifestId, ManifestError> {
    let mut listing = Listing::new(root);
    for phrase in listing.names(&root.join("positive"))? {
        let folder = root.join("positive").join(&phrase);
        if folder.is_dir() {
            listing.walk(&folder, Some(&phrase), each)?;
        }
    }
    if root.join("negative").is_dir() {
        listing.walk(&root.join("negative"), None, each)?;
    }
    listing.finish(None, "recordings below `positive/PHRASE` or `negative`")
}

/// All recordings below a folder.
pub(super) fn flat(
    root: &Path,
    phrase: Option<&str>,
    each: &mut dyn FnMut(Row),
) -> Result<ManifestId, ManifestError> {
    let mut listing = Listing::new(root);
    listing.walk(root, phrase, each)?;
    let given = phrase.map_or(Given::Negative, |phrase| Given::Positive(phrase.into()));
    listing.finish(Some(given), "recordings")
}

struct Listing<'a> {
    root: &'a Path,
    hash: Sha256,
    rows: u64,
}

impl<'a> Listing<'a> {
    fn new(root: &'a Path) -> Listing<'a> {
        Listing { root, hash: Sha256::new(), rows: 0 }
    }

    /// Names in a folder, sorted; none if there is no such folder.
    fn names(&self, folder: &Path) -> Result<Vec<String>, ManifestError> {
        let failed = |source| ManifestError::Read { manifest: shown(folder), source };
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn walk(
        &mut self,
        folder: &Path,
        phrase: Option<&str>,
        each: &mut dyn FnMut(Row),
    ) -> Result<(), ManifestError> {
        let failed = |source| ManifestError::Read { manifest: shown(folder), source };
        if !folder.is_dir() {
            return Err(failed(std::io::Error::from(std::io::ErrorKind::NotFound)));
        }
        for name in self.names(folder)? {
            let path: PathBuf = folder.join(&name);
            if path.is_dir() {
                self.walk(&path, phrase, each)?;
                continue;
            }
            let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
            if !extension.is_some_and(|extension| AUDIO.contains(&extension.as_str())) {
                continue;
            }
            let file = shown(path.strip_prefix(self.root).unwrap_or(&path)).replace('\\', "/");
            let bytes = fs::metadata(&path).map_err(failed)?.len();
            self.hash.update(file.as_bytes());
            self.hash.update([0]);
            self.hash.update(bytes.to_le_bytes());
            self.rows += 1;
            each(Row {
                file,
                set: self
                    .root
                    .file_name()
                    .map_or_else(|| "audio".into(), |n| n.to_string_lossy().into_owned()),
                split: "all".into(),
                kind: if phrase.is_some() { "wake" } else { "negative" }.into(),
                phrase: phrase.map(str::to_string),
                ..Row::default()
            });
        }
        Ok(())
    }

    fn finish(self, given: Option<Given>, expected: &'static str) -> Result<ManifestId, ManifestError> {
        let path = shown(self.root);
        if self.rows == 0 {
            return Err(ManifestError::Empty { manifest: path, expected });
        }
        Ok(ManifestId { root: path.clone(), path, given, digest: hex(self.hash), rows: self.rows })
    }
}
