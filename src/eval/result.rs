//! What an evaluation found: the files of a result folder, as types.
//!
//! | file | holds | changes from run to run |
//! |---|---|---|
//! | `run.json` | [`Run`]: what was judged, on what, by which rules | no |
//! | `units.jsonl` | one [`Unit`] a line, ascending: every session with its trials and events | no |
//! | `result.json` | [`EvalResult`]: the run, sums per group, the worst false accepts | no |
//! | `cost.json` | [`Cost`]: processor and wall time | yes |
//! | `log.jsonl` | finished units of a run that isn't finished | gone at the end |
//!
//! Everything but `cost.json` is a function of the run alone: the order of work, threads, kills and shards don't
//! matter, to the byte. (Where recordings are resampled or played through rooms, the fast Fourier transform rounds as the
//! processor's vector units do, so there on machines of one kind.) Times are samples at 16 kHz. Counts are integers, so that merging is exact.
//!
//! # The rules
//!
//! - A *unit* is a session: one file, or several files that a manifest gives the same `session`, played one after the
//!   other with the state kept. Before a unit the subject is as new. Each unit is preceded by `lead` and followed by
//!   `tail` samples of silence, which don't count as audio; noise, where it is added, covers them too.
//! - A subject tells *marks*: at sample `at`, a device whose threshold is at most `score` would wake.
//! - For each threshold of a fixed grid, *events* are the marks that reach it, but for those less than `refractory`
//!   samples after the latest event at this threshold. A score that stays above the threshold is another event after
//!   each refractory.
//! - A file whose phrase is the run's is *positive*; all others are negative, those with other phrases too. The
//!   manifest may say where in a positive file the phrase is; else it may be anywhere. Each such stretch is a *trial*.
//! - A trial's hit window goes from its start to its end plus `hit_after`, into what follows the file if need be, but
//!   not beyond the start of the unit's next trial. It is a hit at a threshold if a mark in the window reaches it, refractory or not. The first such mark gives the latency,
//!   which counts from the end of the phrase.
//! - An event outside all hit windows in a negative file (or, for the last file of a unit, after it) is a *false
//!   accept*. In a positive file, and a second event in a hit window, it is *extra*: reported apart, as positive files
//!   don't count as hours either.
//! - Hours are those of the decoded samples of negative files. A file that fails counts up to where it failed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::prelude::rust_2024::*;

/// Version of these files; another is refused.
pub const FORMAT: u32 = 1;

/// What was judged, on what, by which rules: everything that the result depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the library.
    pub version: String,
    /// A name for the reader.
    pub label: String,
    /// What was judged.
    pub subject: SubjectId,
    /// The phrase it listens for, normalised: lower case, words apart by one space.
    pub phrase: String,
    /// What counts as what.
    pub rules: Rules,
    /// The grid of thresholds, ascending. Index `i` of every array over thresholds belongs to `thresholds[i]`.
    pub thresholds: Vec<f32>,
    /// What was done to the audio.
    pub augmentation: Augmentation,
    /// Where the audio came from.
    pub manifests: Vec<ManifestId>,
    /// Only this split was used; all if there is none.
    pub split: Option<String>,
    /// How many times everything was played, each time augmented anew.
    pub repeat: u32,
    /// Kinds of audio, in the order of the manifests. [`FileResult::group`] is an index into this.
    pub groups: Vec<GroupKey>,
    /// Rows of the manifests that were left out, by reason.
    pub excluded: Vec<Excluded>,
    /// Units there are, all shards together.
    pub units: u64,
}

/// What was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubjectId {
    /// `template`, `phonetic`, `net`, … or, for events that another engine told, its name.
    pub engine: String,
    /// The model's file name, without folders.
    pub model: Option<String>,
    /// SHA-256 of the model's bytes (or of the file of events), 64 hexadecimal digits.
    pub digest: Option<String>,
    /// The threshold that the subject is shipped or configured with.
    pub threshold: Option<f32>,
    /// Whatever else sets it apart, by name.
    pub settings: BTreeMap<String, String>,
}

/// What counts as what, in samples at 16 kHz. See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Silence before each unit.
    pub lead: u64,
    /// Silence after each unit.
    pub tail: u64,
    /// From one event to the next at the same threshold, at least.
    pub refractory: u64,
    /// How long after the end of a trial a mark still counts for it.
    pub hit_after: u64,
    /// False accepts are listed from this score on, in thousandths. Counts don't depend on it.
    pub list_from_milli: u32,
    /// How many of the worst false accepts are kept with their score traces.
    pub worst: u32,
}

impl Default for Rules {
    /// One second of silence before and after, two of refractory, one after the phrase; the worst 40 from 0.1.
    fn default() -> Rules {
        Rules {
            lead: 16_000,
            tail: 16_000,
            refractory: 32_000,
            hit_after: 16_000,
            list_from_milli: 100,
            worst: 40,
        }
    }
}

/// What was done to the audio before it was heard, in this order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// All randomness comes from this and from the file's manifest, name and repetition.
    pub seed: u64,
    /// Room impulse responses, one of which each file was played through.
    #[serde(default)]
    pub room: Option<ClipSet>,
    /// Noise, one recording of which was added to each file.
    #[serde(default)]
    pub noise: Option<ClipSet>,
    /// dB between the loudest 32 ms of the file and the loudest 32 ms of the noise beside it.
    #[serde(default)]
    pub snr_db: Option<f32>,
    /// Gain, dB, uniform between the two.
    #[serde(default)]
    pub gain_db: Option<(f32, f32)>,
    /// What lies outside was taken away, Hz.
    #[serde(default)]
    pub band_hz: Option<(f32, f32)>,
    /// `mulaw`, `alaw`, `bits8`, …
    #[serde(default)]
    pub codec: Option<String>,
}

/// Recordings that something was chosen from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipSet {
    /// As it was given: a file, a folder or a manifest.
    pub path: String,
    /// How many recordings.
    pub files: u64,
    /// SHA-256 of their samples, in order.
    pub digest: String,
}

/// A manifest or folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestId {
    /// As it was given. Files are relative to `root`.
    pub path: String,
    /// What its recordings were said to be: none for what a manifest or a folder says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// The folder that the names of files are relative to, as it follows from `path`.
    pub root: String,
    /// SHA-256 of the manifest, or of a folder's names and sizes.
    pub digest: String,
    /// Rows or files.
    pub rows: u64,
}

/// What the recordings of a folder were said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// None of them has the phrase.
    Negative,
    /// In each the phrase is said once.
    Positive(String),
}

/// What kind of audio: every file belongs to one group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKey {
    /// As in the manifest; a folder's name where there is none.
    pub set: String,
    /// `train`, `dev`, `test`, or what the manifest says.
    pub split: String,
    /// `wake`, `negative`, `speech`, `noise`, …
    pub kind: String,
    /// The phrase that is said in it, normalised.
    pub phrase: Option<String>,
    /// Whether that is the run's phrase. If not, it counts as negative.
    pub positive: bool,
}

/// Rows that were left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Why.
    pub reason: Exclusion,
    /// How many.
    pub files: u64,
}

/// Why a row was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exclusion {
    /// It belongs to another split than the one asked for.
    Split,
    /// Nobody would listen to it as it is: a room impulse response.
    NotAudio,
    /// The phrase occurs in its text, but the manifest doesn't say where: neither a trial nor negative.
    SaysThePhrase,
    /// The caller left it out: recordings that the model was made from.
    Enrolled,
}

/// The whole result of a run, or of those units of it that are done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalResult {
    /// What was judged, on what, by which rules.
    pub run: Run,
    /// How many of [`Run::units`] are in here. Fewer: some shards are missing.
    pub units_done: u64,
    /// Sums, in the order of [`Run::groups`].
    pub groups: Vec<Group>,
    /// The worst false accepts, highest score first; at most [`Rules::worst`].
    pub worst: Vec<Worst>,
    /// Files that failed, or not all of which could be read.
    pub failed: Vec<Failed>,
}

/// Sums over the files of one group. Arrays are over thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Which group.
    #[serde(flatten)]
    pub key: GroupKey,
    /// Files that were heard, failed ones included.
    pub files: u64,
    /// Files of which something could not be read.
    pub failed: u64,
    /// Sessions with files of this group.
    pub sessions: u64,
    /// Decoded samples. Hours of false accepts are those of the groups that aren't positive.
    pub samples: u64,
    /// Trials; 0 in negative groups.
    pub trials: u64,
    /// Trials that were hits.
    pub hits: Vec<u64>,
    /// False accepts; all zero in positive groups.
    pub false_accepts: Vec<u64>,
    /// Events in positive files that are no hits.
    pub extra: Vec<u64>,
}

impl Group {
    /// Hours of decoded audio.
    pub fn hours(&self) -> f64 {
        self.samples as f64 / (16_000.0 * 3600.0)
    }
}

/// A session and what happened in it: a line of `units.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its number, from 0; unique in the run.
    pub unit: u64,
    /// The manifest's name for the session, or the name of the only file. With repetitions it occurs several times.
    pub session: String,
    /// What else may make sessions alike, for intervals over clusters: a speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Which repetition, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repetition: u32,
    /// Its files, in the order they were played.
    pub files: Vec<FileResult>,
}

/// What happened in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileResult {
    /// As in the manifest.
    pub file: String,
    /// Index into [`Run::manifests`].
    pub manifest: u32,
    /// Index into [`Run::groups`].
    pub group: u32,
    /// Decoded samples.
    pub samples: u64,
    /// Highest score of a mark that belongs to this file, if there was any mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<f32>,
    /// Trials, in order; only in positive files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
    /// False accepts by threshold; only in negative files.
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub false_accepts: Steps,
    /// Events that are no hits, by threshold; only in positive files.
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub extra: Steps,
    /// False accepts from [`Rules::list_from_milli`] on, in order: clusters one refractory long, each with its highest
    /// mark. For listening; the counts are those of [`FileResult::false_accepts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<FalseAccept>,
    /// Why it could not be read, or not to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What else its user should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// One saying of the phrase. Positions are samples from the start of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Where the phrase may begin; the hit window begins here.
    pub start: u64,
    /// Where it has ended; the hit window ends [`Rules::hit_after`] later.
    pub end: u64,
    /// Where the phrase ends, from which latency counts.
    pub spoken: u64,
    /// How that is known.
    pub spoken_from: Spoken,
    /// Highest score in the hit window, if there was any mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<f32>,
    /// First crossings, compactly: `(n, at)` says that the thresholds with indices below `n`, and not below the `n` of
    /// the pair before, were first reached at sample `at`. Both ascend. The last `n` is the number of thresholds at
    /// which this is a hit.
    pub first: Vec<(u32, u64)>,
}

impl Trial {
    /// Whether it is a hit at the threshold with this index.
    pub fn hit(&self, threshold: usize) -> bool {
        self.first.last().is_some_and(|(n, _)| threshold < *n as usize)
    }

    /// Samples from the end of the phrase to the first crossing at this threshold; negative if it woke before the end.
    /// `None` for a miss.
    pub fn latency(&self, threshold: usize) -> Option<i64> {
        let (_, at) = self.first.iter().find(|(n, _)| threshold < *n as usize)?;
        Some(*at as i64 - self.spoken as i64)
    }
}

/// How the end of a phrase is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoken {
    /// The manifest says so.
    Manifest,
    /// It is the end of the last speech that the library's VAD hears in the file, without what was added to it.
    Vad,
    /// It is not: there was no such end, so this is the end of the file, and no latency to rely on.
    File,
}

/// A false accept. Positions are samples from the start of its file; negative ones lie before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FalseAccept {
    /// When it was decided.
    pub at: i64,
    /// Where what was heard begins, as the subject tells; `at` if it doesn't.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// The highest score.
    pub score: f32,
    /// The score around it; only with the worst of the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// The running score over a stretch of audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Where the first value's interval ends, in samples from the start of the file.
    pub from: i64,
    /// Samples from one value to the next.
    pub every: u32,
    /// Highest running score in each interval, to three digits.
    pub scores: Vec<f32>,
}

/// One of the worst false accepts of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worst {
    /// In which unit.
    pub unit: u64,
    /// The file, as in the manifest.
    pub file: String,
    /// Index into [`Run::manifests`].
    pub manifest: u32,
    /// Index into [`Run::groups`].
    pub group: u32,
    /// The event.
    #[serde(flatten)]
    pub event: FalseAccept,
}

/// A file that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// In which unit.
    pub unit: u64,
    /// The file, as in the manifest.
    pub file: String,
    /// Index into [`Run::manifests`].
    pub manifest: u32,
    /// Why.
    pub error: String,
}

/// Counts over thresholds that change rarely: `(from, count)` holds from threshold index `from` to the next pair's.
/// Before the first pair, 0. `from` ascends, neighbouring counts differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(pub Vec<(u32, u32)>);

impl Steps {
    /// From one count for each threshold.
    pub fn from_counts(counts: &[u32]) -> Steps {
        let mut steps = Vec::new();
        let mut last = 0;
        for (i, &count) in counts.iter().enumerate() {
            if count != last {
                steps.push((i as u32, count));
                last = count;
            }
        }
        Steps(steps)
    }

    /// The count at the threshold with this index.
    pub fn at(&self, threshold: usize) -> u32 {
        let after = self.0.partition_point(|(from, _)| *from as usize <= threshold);
        after.checked_sub(1).and_then(|last| self.0.get(last)).map_or(0, |(_, count)| *count)
    }

    /// Adds the counts to a sum over thresholds.
    pub fn add_to(&self, sum: &mut [u64]) {
        for (i, (from, count)) in self.0.iter().enumerate() {
            let to = self.0.get(i + 1).map_or(sum.len(), |(next, _)| *next as usize);
            for cell in sum.get_mut(*from as usize..to).unwrap_or_default() {
                *cell += u64::from(*count);
            }
        }
    }

    /// Whether all counts are 0.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a run cost; no part of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Audio that was heard, lead and tail included, hours.
    pub hours: f64,
    /// Processor time of finding and decoding, seconds.
    pub decode_cpu_s: f64,
    /// … of augmentation.
    pub augment_cpu_s: f64,
    /// … of the subject and the scoring.
    pub listen_cpu_s: f64,
    /// Wall time, seconds: of the session of work that finished it; after a merge, of all shards together.
    pub wall_s: f64,
    /// Threads, at most.
    pub jobs: u32,
    /// Sessions of work: more than 1 if it was resumed or merged.
    pub sessions: u32,
    /// Which shard this is, from 0, and of how many; none after a merge.
    #[serde(default)]
    pub shard: Option<(u64, u64)>,
}

impl Cost {
    /// Processor seconds per hour of audio.
    pub fn cpu_s_per_hour(&self) -> f64 {
        (self.decode_cpu_s + self.augment_cpu_s + self.listen_cpu_s) / self.hours
    }
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_what_was_counted() {
        let counts = [0, 3, 3, 1, 0, 0, 2];
        let steps = Steps::from_counts(&counts);
        assert_eq!(steps.0, [(1, 3), (3, 1), (4, 0), (6, 2)]);
        let mut sum = [10; 7];
        steps.add_to(&mut sum);
        for (i, count) in counts.iter().enumerate() {
            assert_eq!(steps.at(i), *count);
            assert_eq!(sum[i], 10 + u64::from(*count));
        }
        assert!(Steps::from_counts(&[0; 4]).is_empty());
    }

    #[test]
    fn latency_is_from_the_first_crossing_of_that_threshold() {
        let first = vec![(3, 90), (5, 140)];
        let trial =
            Trial { start: 0, end: 200, spoken: 100, spoken_from: Spoken::Vad, peak: Some(0.5), first };
        let latencies: Vec<_> = (0..6).map(|i| trial.latency(i)).collect();
        assert_eq!(latencies, [Some(-10), Some(-10), Some(-10), Some(40), Some(40), None]);
        assert!(trial.hit(4) && !trial.hit(5));
    }
}
