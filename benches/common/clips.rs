//! Recordings and their manifests.

use serde_json::Value;
use std::path::{Path, PathBuf};

const RATE: usize = 16_000;

pub(crate) struct Clip {
    pub(crate) path: PathBuf,
    pub(crate) set: String,
    pub(crate) split: String,
    pub(crate) file: String,
    pub(crate) seconds: f64,
    pub(crate) phrase: Option<String>,
    pub(crate) text: Option<String>,
}

/// All recordings of the splits, of the sets that begin with one of `prefixes` (of all if there are none).
pub(crate) fn clips(data: &Path, prefixes: &[String], splits: &[String]) -> Vec<Clip> {
    let mut folders = Vec::new();
    manifests(data, &mut folders);
    folders.sort();
    let all = folders.iter().flat_map(|folder| of_folder(folder, splits));
    all.filter(|clip| prefixes.is_empty() || prefixes.iter().any(|prefix| clip.set.starts_with(prefix)))
        .collect()
}

fn manifests(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("manifest.jsonl").exists() {
        found.push(folder.into());
    }
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        manifests(&entry.path(), found);
    }
}

/// The recordings of one manifest.
pub(crate) fn of_folder(folder: &Path, splits: &[String]) -> Vec<Clip> {
    let manifest = folder.join("manifest.jsonl");
    let text =
        std::fs::read_to_string(&manifest).unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let field = |row: &Value, name: &str| row[name].as_str().map(String::from);
    rows.filter(|row| splits.iter().any(|split| row["split"] == *split) && row["kind"] != "rir")
        .map(|row| Clip {
            path: folder.join(row["file"].as_str().unwrap()),
            set: field(&row, "set").unwrap(),
            split: field(&row, "split").unwrap(),
            file: field(&row, "file").unwrap(),
            seconds: row["seconds"].as_f64().unwrap(),
            phrase: field(&row, "phrase"),
            text: field(&row, "text"),
        })
        .collect()
}

/// 16 kHz mono OGG Vorbis, or a plain WAV of 16 bits with a header of 44 bytes.
pub(crate) fn decode(path: &Path) -> Vec<i16> {
    if path.extension().is_some_and(|end| end == "wav") {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return bytes[44..].as_chunks().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect();
    }
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = lewton::inside_ogg::OggStreamReader::new(file).unwrap();
    assert_eq!((reader.ident_hdr.audio_sample_rate, reader.ident_hdr.audio_channels), (RATE as u32, 1));
    let mut pcm = Vec::new();
    while let Some(packet) = reader.read_dec_packet_itl().unwrap() {
        pcm.extend(packet);
    }
    pcm
}

/// With a second of silence before and after.
pub(crate) fn padded(pcm: &[i16]) -> Vec<i16> {
    [&[0; RATE][..], pcm, &[0; RATE]].concat()
}

/// Mean square of the loudest 32 ms.
fn loudest(pcm: &[i16]) -> f64 {
    let power = |block: &[i16]| block.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / 512.0;
    pcm.chunks_exact(512).map(power).fold(1e-3, f64::max)
}

/// Mixes the kitchen in, the loudest 32 ms of the recording `snr_db` above the loudest 32 ms of the noise. All of it is
/// turned down where it would clip.
pub(crate) fn in_kitchen(pcm: &mut [i16], kitchen: &[i16], snr_db: f32, name: &str) {
    // FNV-1a of the name says where in the noise to begin.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let start = (hash >> 16) as usize % kitchen.len().saturating_sub(pcm.len()).max(1);
    let bed: Vec<i16> = kitchen[start..].iter().cycle().take(pcm.len()).copied().collect();
    let gain = (loudest(pcm) / (loudest(&bed) * 10f64.powf(f64::from(snr_db) / 10.0))).sqrt();
    let mixed: Vec<f64> =
        pcm.iter().zip(&bed).map(|(&x, &noise)| f64::from(x) + gain * f64::from(noise)).collect();
    let peak = mixed.iter().fold(0.0f64, |peak, x| peak.max(x.abs()));
    let down = (32767.0 / peak.max(1.0)).min(1.0);
    for (sample, mixed) in pcm.iter_mut().zip(mixed) {
        *sample = (mixed * down).round() as i16;
    }
}
