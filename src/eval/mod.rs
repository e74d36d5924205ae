//! How often does it wake by mistake, and how often does it miss: any amount of audio through any spotter, scored by
//! stated rules.
//!
//! ```text
//! manifest    which recordings, of what, in which sessions
//!      │  units: one session each, in a fixed order
//!      ▼
//! decode      WAV, FLAC, Ogg Vorbis, MP3, Opus → 16 kHz mono
//!      ▼
//! augment     room, noise at an SNR, level, band, codec; seeded per file
//!      ▼
//! subject     what is judged: a spotter in the chain, or events that another engine told
//!      ▼
//! score       hit window, refractory, first crossing for every threshold
//!      ▼
//! run         all cores, constant memory, resumable, in shards
//!      ▼
//! result      counts as integers; merging shards is exact
//!      ▼
//! curve       the operating curve of a result, and the threshold for a budget
//! stats       what the counts say and don't say
//! ```

use sha2::{Digest, Sha256};
use std::prelude::rust_2024::*;

pub mod manifest;
pub mod plan;
pub mod decode;
pub mod augment;
pub mod subject;
pub mod events;
pub mod score;
pub mod run;
pub mod sum;
pub mod result;
pub mod curve;
pub mod stats;
mod clock;

/// SHA-256 of `bytes`, 64 hexadecimal digits: what `sha256sum` says.
pub fn digest(bytes: &[u8]) -> String {
    manifest::hex(Sha256::new_with_prefix(bytes))
}
