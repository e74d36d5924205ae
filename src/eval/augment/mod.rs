//! The same audio as other microphones in other rooms would hear it, made as it is played.
//!
//! Everything random is drawn from the seed, the manifest's digest, the file's name and the repetition, so neither
//! order nor threads nor shards change a sample.

mod random;
pub(crate) mod room;
mod noise;
mod band;
mod codec;

pub use codec::Codec;

use super::decode::{AudioError, Source, open};
use super::manifest::{Manifest, ManifestError, hex};
use super::result::{Augmentation, ClipSet};
use band::Band;
use codec::Carried;
use noise::{Bed, Loudest};
use random::Random;
use room::{InRoom, Room};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;
use std::sync::Arc;

/// What to do to the audio, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AugmentConfig {
    /// For everything random.
    pub seed: u64,
    /// Room impulse responses: a file, a folder or a manifest.
    pub room: Option<PathBuf>,
    /// Noise, a file, a folder or a manifest, and the SNR in dB: between the loudest 32 ms of each.
    pub noise: Option<(PathBuf, f32)>,
    /// dB, from and to.
    pub gain_db: Option<(f32, f32)>,
    /// Hz, from and to.
    pub band_hz: Option<(f32, f32)>,
    /// How it is carried.
    pub codec: Option<Codec>,
}

/// Why audio can't be augmented.
#[derive(Debug)]
#[non_exhaustive]
pub enum AugmentError {
    /// The list of rooms or noises.
    Manifest(ManifestError),
    /// One of them.
    Audio(AudioError),
    /// A number.
    OutOfRange {
        /// Which.
        field: &'static str,
        /// Smallest.
        min: f32,
        /// Largest.
        max: f32,
        /// What it was.
        actual: f32,
    },
}

impl std::fmt::Display for AugmentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AugmentError::Manifest(error) => error.fmt(f),
            AugmentError::Audio(error) => error.fmt(f),
            AugmentError::OutOfRange { field, min, max, actual } => {
                write!(f, "{field} is {actual}, expected {min} to {max}")
            }
        }
    }
}

impl std::error::Error for AugmentError {}

/// Everything that is needed to augment any file; shared by all threads.
#[derive(Debug)]
pub struct Augmenter {
    description: Augmentation,
    rooms: Vec<Arc<Room>>,
    noises: Vec<Arc<[i16]>>,
    codec: Option<Codec>,
}

impl Augmenter {
    /// Reads all rooms and noises: two bytes a sample stay in memory.
    ///
    /// # Errors
    /// [`AugmentError`] if one can't be read or a number makes no sense.
    pub fn new(config: &AugmentConfig) -> Result<Augmenter, AugmentError> {
        check("gain_db", config.gain_db, -100.0, 100.0)?;
        check("band_hz", config.band_hz, 0.0, 8000.0)?;
        check("snr_db", config.noise.as_ref().map(|(_, snr)| (*snr, *snr)), -100.0, 100.0)?;
        let (mut rooms, mut noises) = (Vec::new(), Vec::new());
        let room = match &config.room {
            Some(path) => Some(clips(path, |clip| rooms.push(Arc::new(Room::new(&clip))))?),
            None => None,
        };
        let noise = match &config.noise {
            Some((path, _)) => Some(clips(path, |clip| noises.push(clip.into()))?),
            None => None,
        };
        let description = Augmentation {
            seed: config.seed,
            room,
            noise,
            snr_db: config.noise.as_ref().map(|(_, snr)| *snr),
            gain_db: config.gain_db,
            band_hz: config.band_hz,
            codec: config.codec.map(|codec| codec.to_string()),
        };
        Ok(Augmenter { description, rooms, noises, codec: config.codec })
    }

    /// What it does, for the result.
    pub fn description(&self) -> &Augmentation {
        &self.description
    }

    /// The chain for one file that is `samples` long in all, silence around it included; `None` if nothing is done.
    pub(crate) fn file(&self, manifest: &str, file: &str, repetition: u32) -> Option<Augmented> {
        let Augmentation { seed, gain_db, band_hz, snr_db, .. } = &self.description;
        if *self.description() == (Augmentation { seed: *seed, ..Augmentation::default() }) {
            return None;
        }
        let parts =
            [&seed.to_le_bytes()[..], manifest.as_bytes(), file.as_bytes(), &repetition.to_le_bytes()];
        let mut random = Random::of(&parts);
        // Each draw is made whether or not it is used, so that one choice doesn't change the others.
        let (room, noise, start) = (random.next(), random.next(), random.next());
        let pick = |draw: u64, of: usize| (draw % of.max(1) as u64) as usize;
        let gain_db = gain_db.map_or(0.0, |(from, to)| random.between(from, to));
        Some(Augmented {
            room: self.rooms.get(pick(room, self.rooms.len())).map(|room| InRoom::new(room.clone())),
            noise: self.noises.get(pick(noise, self.noises.len())).cloned().zip(*snr_db),
            start,
            bed: None,
            loudest: Loudest::default(),
            samples: 0,
            gain: libm::powf(10.0, gain_db / 20.0),
            band: band_hz.map(|(low, high)| Band::new(low, high)),
            codec: self.codec.map(Carried::new),
        })
    }
}

/// One file on its way. With noise it goes through twice: first [`Augmented::measure`], then [`Augmented::process`].
#[derive(Debug)]
pub(crate) struct Augmented {
    room: Option<InRoom>,
    noise: Option<(Arc<[i16]>, f32)>,
    start: u64,
    bed: Option<Bed>,
    loudest: Loudest,
    samples: u64,
    gain: f32,
    band: Option<Band>,
    codec: Option<Carried>,
}

impl Augmented {
    /// Whether levels must be known before anything can be played.
    pub(crate) fn measures(&self) -> bool {
        self.noise.is_some()
    }

    /// At most [`BLOCK`](room::BLOCK) samples, which it may change.
    pub(crate) fn measure(&mut self, block: &mut [f32]) {
        if let Some(room) = &mut self.room {
            room.process(block);
        }
        self.samples += block.len() as u64;
        self.loudest.hear(block.iter().copied());
    }

    /// All has been measured.
    pub(crate) fn measured(&mut self) {
        if let Some(room) = &mut self.room {
            room.reset();
        }
        if let Some((noise, snr_db)) = self.noise.take() {
            let start = self.start;
            let mut bed = Bed::new(noise, self.samples, |starts| start % starts);
            let highest = bed.level(&self.loudest, self.samples, snr_db);
            // The sum is turned down rather than clipped.
            self.gain /= highest.max(1.0);
            self.bed = Some(bed);
        }
    }

    /// At most [`BLOCK`](room::BLOCK) samples, the same blocks as were measured.
    pub(crate) fn process(&mut self, block: &mut [f32]) {
        if let Some(room) = &mut self.room {
            room.process(block);
        }
        if let Some(bed) = &mut self.bed {
            bed.add(block);
        }
        for sample in block {
            *sample *= self.gain;
            if let Some(band) = &mut self.band {
                *sample = band.process(*sample);
            }
            if let Some(codec) = &mut self.codec {
                *sample = codec.process(*sample);
            }
        }
    }
}

fn check(field: &'static str, range: Option<(f32, f32)>, min: f32, max: f32) -> Result<(), AugmentError> {
    for actual in range.into_iter().flat_map(|(from, to)| [from, to]) {
        if !(min..=max).contains(&actual) {
            return Err(AugmentError::OutOfRange { field, min, max, actual });
        }
    }
    match range {
        Some((from, to)) if from > to => Err(AugmentError::OutOfRange { field, min, max: to, actual: from }),
        _ => Ok(()),
    }
}

/// Decodes all recordings of a file, a folder or a manifest.
fn clips(path: &Path, mut each: impl FnMut(Vec<i16>)) -> Result<ClipSet, AugmentError> {
    let name = path.to_string_lossy();
    let listed = path.is_dir() || [".jsonl", ".jsonl.gz"].iter().any(|end| name.ends_with(end));
    let mut files = Vec::new();
    if path.is_dir() {
        // A manifest in it, or what lies in it.
        let inside = path.join("manifest.jsonl");
        let manifest =
            if inside.is_file() { Manifest::At(inside.clone()) } else { Manifest::Negative(path.into()) };
        let root = path;
        manifest.rows(|row| files.push(root.join(row.file))).map_err(AugmentError::Manifest)?;
    } else if listed {
        let root = path.parent().unwrap_or(Path::new(""));
        let manifest = Manifest::At(path.into());
        manifest.rows(|row| files.push(root.join(row.file))).map_err(AugmentError::Manifest)?;
    } else {
        files.push(path.into());
    }
    let mut hash = Sha256::new();
    for file in &files {
        let samples = decode(file).map_err(AugmentError::Audio)?;
        for sample in &samples {
            hash.update(sample.to_le_bytes());
        }
        each(samples);
    }
    Ok(ClipSet { path: name.into_owned(), files: files.len() as u64, digest: hex(hash) })
}

fn decode(file: &Path) -> Result<Vec<i16>, AudioError> {
    let mut source: Box<dyn Source> = open(&file.to_string_lossy())?;
    let mut all = Vec::new();
    while let Some(block) = source.next_block()? {
        all.extend_from_slice(block);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
