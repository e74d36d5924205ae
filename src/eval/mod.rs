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

pub mod result;
pub mod curve;
pub mod stats;
