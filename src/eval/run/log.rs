//! What is done already: one line for each unit, appended as it ends, so that a kill costs only what was in work.
//!
//! ```text
//! crc {"run":"sha256 of run.json","shard":[0,1]}
//! crc {"samples":…,"decode_ns":…,…} {"unit":…,…}
//! ```
//! `crc` is the CRC-32 of the rest of the line, eight hexadecimal digits. The first line that isn't whole ends the
//! log: it and what may follow is cut off and done again.

use super::EvalError;
use super::play::UnitCost;
use crate::crc::crc32;
use crate::eval::plan::Shard;
use crate::eval::result::Unit;
use serde::{Deserialize, Serialize};
use std::format;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;
use std::vec;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    run: String,
    shard: (u64, u64),
}

/// An open log.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    /// Where the next line goes.
    end: u64,
    /// Units that are in it: number, where the unit's JSON begins, how long it is.
    pub(super) units: Vec<(u64, u64, u32)>,
    pub(super) cost: UnitCost,
}

impl Log {
    /// Opens the log in `path` or begins one for a run with this digest.
    pub(super) fn open(path: &Path, run: &str, shard: Shard) -> Result<Log, EvalError> {
        let failed = EvalError::file(path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(EvalError::Busy { path: path.into() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut log = Log { path: path.into(), file, end: 0, units: Vec::new(), cost: UnitCost::default() };
        let header = Header { run: run.into(), shard: (shard.index, shard.of) };
        let found = log.read().map_err(&failed)?;
        match found {
            Some(found) if found.run != header.run => {
                return Err(EvalError::Different {
                    path: path.into(),
                    field: "run".into(),
                    expected: header.run,
                    found: found.run,
                });
            }
            Some(found) if found.shard != header.shard => {
                let path = path.into();
                return Err(EvalError::OtherShard { path, expected: header.shard, found: found.shard });
            }
            Some(_) => log.file.set_len(log.end).map_err(&failed)?,
            None => {
                log.file.set_len(0).map_err(&failed)?;
                log.end = 0;
                let json = serde_json::to_string(&header).unwrap_or_default();
                log.append(&json).map_err(&failed)?;
            }
        }
        Ok(log)
    }

    /// Reads what is whole.
    fn read(&mut self) -> std::io::Result<Option<Header>> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 16, &self.file);
        let (mut line, mut header, mut end) = (Vec::new(), None, 0u64);
        let (mut units, mut cost) = (Vec::new(), UnitCost::default());
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            let Some(body) = whole(&line) else { break };
            if header.is_none() {
                match serde_json::from_slice(body) {
                    Ok(found) => header = Some(found),
                    Err(_) => break,
                }
            } else {
                #[derive(Deserialize)]
                struct Number {
                    unit: u64,
                }
                let Some(space) = body.iter().position(|byte| *byte == b' ') else { break };
                let (before, json) = (body.get(..space), body.get(space + 1..).unwrap_or_default());
                let parsed = before.and_then(|cost| serde_json::from_slice::<UnitCost>(cost).ok());
                let (Some(of), Ok(Number { unit })) = (parsed, serde_json::from_slice(json)) else { break };
                cost = cost.and(of);
                units.push((unit, end + 9 + space as u64 + 1, json.len() as u32));
            }
            end += line.len() as u64;
        }
        drop(reader);
        (self.end, self.units, self.cost) = (end, units, cost);
        Ok(header)
    }

    fn append(&mut self, body: &str) -> std::io::Result<()> {
        let line = format!("{:08x} {body}\n", crc32([body.as_bytes()]));
        self.file.seek(SeekFrom::Start(self.end))?;
        // In one piece: a kill leaves all of it or a torn tail.
        self.file.write_all(line.as_bytes())?;
        self.end += line.len() as u64;
        Ok(())
    }

    /// Remembers a unit.
    pub(super) fn add(&mut self, unit: &Unit, cost: &UnitCost) -> Result<(), EvalError> {
        let json = serde_json::to_string(unit).unwrap_or_default();
        let before = serde_json::to_string(cost).unwrap_or_default();
        let at = self.end + 9 + before.len() as u64 + 1;
        self.append(&format!("{before} {json}")).map_err(EvalError::file(&self.path))?;
        self.units.push((unit.unit, at, json.len() as u32));
        self.cost = self.cost.and(*cost);
        Ok(())
    }

    /// The JSON of every unit, ascending.
    pub(super) fn each(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        self.units.sort_unstable();
        for (_, at, len) in &self.units {
            let mut json = vec![0; *len as usize];
            let read = self.file.seek(SeekFrom::Start(*at)).and_then(|_| self.file.read_exact(&mut json));
            read.map_err(EvalError::file(&self.path))?;
            each(&json)?;
        }
        Ok(())
    }
}

/// What a line says, if it is whole.
fn whole(line: &[u8]) -> Option<&[u8]> {
    let body = line.strip_suffix(b"\n")?.get(9..)?;
    let digits = std::str::from_utf8(line.get(..8)?).ok()?;
    (line.get(8) == Some(&b' ') && u32::from_str_radix(digits, 16) == Ok(crc32([body]))).then_some(body)
}

impl UnitCost {
    fn and(self, other: UnitCost) -> UnitCost {
        UnitCost {
            samples: self.samples + other.samples,
            decode_ns: self.decode_ns + other.decode_ns,
            augment_ns: self.augment_ns + other.augment_ns,
            listen_ns: self.listen_ns + other.listen_ns,
        }
    }
}
