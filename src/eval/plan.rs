//! From rows to units: what is played, in which order, and what it counts as.

use super::manifest::{Manifest, ManifestError, Row};
use super::result::{Excluded, Exclusion, GroupKey, ManifestId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::format;
use std::fs;
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;

/// Samples in a second.
const RATE: f64 = 16_000.0;

/// What to play.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanConfig {
    /// Where recordings are listed.
    pub manifests: Vec<Manifest>,
    /// The phrase that is listened for.
    pub phrase: String,
    /// Only rows of these splits, commas between them; all if there is none.
    pub split: Option<String>,
    /// Recordings to leave out: those that the model was made from.
    pub exclude: Vec<PathBuf>,
    /// How often to play everything, at least 1.
    pub repeat: u32,
}

/// A part of a run: units whose number leaves `index` when divided by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Below `of`.
    pub index: u64,
    /// How many shards there are.
    pub of: u64,
}

impl Shard {
    /// Everything.
    pub const ALL: Shard = Shard { index: 0, of: 1 };

    /// How many of `units` units are in it.
    pub fn len(self, units: u64) -> u64 {
        (units + self.of - 1 - self.index) / self.of
    }
}

/// A file and what it counts as.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFile {
    /// As in the manifest.
    pub file: String,
    /// Index into [`Plan::manifests`].
    pub manifest: u32,
    /// Index into [`Plan::groups`].
    pub group: u32,
    /// From and length in samples, where it isn't all of the file.
    pub stretch: Option<(u64, u64)>,
    /// Where the phrase is, in samples from the start of the stretch. `None` in a negative file; empty if the phrase
    /// may be anywhere.
    pub trials: Option<Vec<(u64, u64)>>,
    /// As of the manifest.
    pub seconds: Option<f64>,
}

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedUnit {
    /// Among the units of one repetition.
    pub number: u64,
    /// The manifest's name for it, or the file's.
    pub session: String,
    /// Who speaks, if that is one and known.
    pub speaker: Option<String>,
    /// In the order they are played.
    pub files: Vec<PlannedFile>,
}

/// Everything that will be played, of one shard.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The phrase, normalised.
    pub phrase: String,
    /// What was read.
    pub manifests: Vec<ManifestId>,
    /// Kinds of audio, in order of appearance, of all shards.
    pub groups: Vec<GroupKey>,
    /// What was left out, of all shards.
    pub excluded: Vec<Excluded>,
    /// Those units that the shard needs, ascending.
    pub units: Vec<PlannedUnit>,
    /// Units of one repetition, of all shards.
    pub per_repetition: u64,
    /// How often everything is played.
    pub repeat: u32,
    /// The shard.
    pub shard: Shard,
}

impl Plan {
    /// Reads the manifests; remembers only what `shard` needs.
    ///
    /// # Errors
    /// [`ManifestError`] if one can't be read.
    pub fn new(config: &PlanConfig, shard: Shard) -> Result<Plan, ManifestError> {
        let mut builder = Builder {
            phrase: normalised(&config.phrase),
            splits: config
                .split
                .as_ref()
                .map(|split| split.split(',').map(|s| s.trim().to_string()).collect()),
            exclude: config.exclude.iter().map(|path| canonical(path)).collect(),
            // With repetitions a unit falls to another shard each time.
            keep: if config.repeat > 1 { Shard::ALL } else { shard },
            ..Builder::default()
        };
        let mut manifests = Vec::new();
        for manifest in &config.manifests {
            // Where files are is known only afterwards, so roots are found by the rows' own manifest.
            let root = root(manifest);
            let number = manifests.len() as u32;
            builder.sessions.clear();
            manifests.push(manifest.rows(|row| builder.row(number, &root, row))?);
        }
        Ok(Plan {
            phrase: builder.phrase,
            manifests,
            groups: builder.groups,
            excluded: builder.excluded.iter().map(|(&reason, &files)| Excluded { reason, files }).collect(),
            units: builder.units,
            per_repetition: builder.next,
            repeat: config.repeat.max(1),
            shard,
        })
    }

    /// Units of all repetitions and shards.
    pub fn total(&self) -> u64 {
        self.per_repetition * u64::from(self.repeat)
    }

    /// Units of this shard.
    pub fn len(&self) -> u64 {
        self.shard.len(self.total())
    }

    /// Whether this shard has nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `n`-th unit of this shard: its number, the repetition, what to play.
    pub fn unit(&self, n: u64) -> Option<(u64, u32, &PlannedUnit)> {
        let unit = self.shard.index + n * self.shard.of;
        if unit >= self.total() {
            return None;
        }
        let number = unit % self.per_repetition;
        let at = self.units.binary_search_by_key(&number, |planned| planned.number).ok()?;
        Some((unit, (unit / self.per_repetition) as u32, self.units.get(at)?))
    }

    /// Seconds of audio in this shard, as far as the manifests say.
    pub fn seconds(&self) -> f64 {
        let once = |unit: &PlannedUnit| unit.files.iter().filter_map(|file| file.seconds).sum::<f64>();
        match self.repeat {
            1 => self.units.iter().map(once).sum(),
            _ => self.units.iter().map(once).sum::<f64>() * f64::from(self.repeat) / self.shard.of as f64,
        }
    }
}

/// Where the files of a manifest are; the same that [`ManifestId::root`] says.
fn root(manifest: &Manifest) -> PathBuf {
    match manifest {
        Manifest::At(path) if !path.is_dir() => path.parent().unwrap_or(Path::new("")).into(),
        Manifest::At(path) => path.clone(),
        Manifest::Negative(folder) | Manifest::Positive { folder, .. } => folder.clone(),
    }
}

fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.into())
}

#[derive(Default)]
struct Builder {
    phrase: String,
    splits: Option<Vec<String>>,
    exclude: HashSet<PathBuf>,
    keep: Shard,
    groups: Vec<GroupKey>,
    group_numbers: HashMap<GroupKey, u32>,
    excluded: BTreeMap<Exclusion, u64>,
    /// Numbers of the sessions of this manifest, by set and name.
    sessions: HashMap<(String, String), u64>,
    next: u64,
    units: Vec<PlannedUnit>,
}

impl Default for Shard {
    fn default() -> Shard {
        Shard::ALL
    }
}

impl Builder {
    fn row(&mut self, manifest: u32, root: &Path, row: Row) {
        let trials = match self.counts_as(root, &row) {
            Ok(trials) => trials,
            Err(reason) => {
                *self.excluded.entry(reason).or_default() += 1;
                return;
            }
        };
        let key = GroupKey {
            phrase: match &trials {
                Some(_) => Some(self.phrase.clone()),
                None => row.phrase.as_deref().map(normalised),
            },
            set: row.set,
            split: row.split,
            kind: row.kind,
            positive: trials.is_some(),
        };
        let group = match self.group_numbers.get(&key) {
            Some(group) => *group,
            None => {
                let group = self.groups.len() as u32;
                self.groups.push(key.clone());
                self.group_numbers.insert(key.clone(), group);
                group
            }
        };
        let name = row.session.clone().unwrap_or_else(|| row.file.clone());
        let number = match row.session {
            Some(session) => *self.sessions.entry((key.set, session)).or_insert(self.next),
            None => self.next,
        };
        self.next = self.next.max(number + 1);
        if number % self.keep.of != self.keep.index {
            return;
        }
        let file = PlannedFile {
            file: row.file,
            manifest,
            group,
            stretch: row.stretch_s.map(|(from, length)| (samples(from), samples(length))),
            trials,
            seconds: row.seconds,
        };
        match self.units.binary_search_by_key(&number, |unit| unit.number) {
            Ok(at) => {
                if let Some(unit) = self.units.get_mut(at) {
                    if unit.speaker != row.speaker {
                        unit.speaker = None;
                    }
                    unit.files.push(file);
                }
            }
            Err(at) => self.units.insert(
                at,
                PlannedUnit { number, session: name, speaker: row.speaker, files: Vec::from([file]) },
            ),
        }
    }

    /// Where the phrase is in it, nowhere (`None`), or why it can't be used.
    fn counts_as(&self, root: &Path, row: &Row) -> Result<Option<Vec<(u64, u64)>>, Exclusion> {
        if self.splits.as_ref().is_some_and(|splits| !splits.contains(&row.split)) {
            return Err(Exclusion::Split);
        }
        if row.kind == "rir" {
            return Err(Exclusion::NotAudio);
        }
        if !self.exclude.is_empty() && self.exclude.contains(&canonical(&root.join(&row.file))) {
            return Err(Exclusion::Enrolled);
        }
        let is = |text: &str| normalised(text) == self.phrase;
        let mut trials: Vec<_> = row
            .said
            .iter()
            .filter(|(text, ..)| is(text))
            .map(|(_, start, end)| (samples(*start), samples(*end)))
            .collect();
        trials.sort();
        if !trials.is_empty() {
            return Ok(Some(trials));
        }
        if row.phrase.as_deref().is_some_and(is) || row.text.as_deref().is_some_and(is) {
            return Ok(Some(Vec::new()));
        }
        let phrase = format!(" {} ", self.phrase);
        let within = |text: &str| format!(" {} ", normalised(text)).contains(&phrase);
        if row.text.as_deref().is_some_and(within) || row.phrase.as_deref().is_some_and(within) {
            return Err(Exclusion::SaysThePhrase);
        }
        Ok(None)
    }
}

fn samples(seconds: f64) -> u64 {
    libm::round(seconds * RATE) as u64
}

/// Lower case, with one space where there is anything else than letters, digits and apostrophes.
pub fn normalised(phrase: &str) -> String {
    let lower = phrase.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{assert_eq, vec};

    fn plan(lines: &str, shard: Shard, repeat: u32) -> Plan {
        let folder = std::env::temp_dir().join(format!("earnest-plan-{}-{:p}", std::process::id(), &lines));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("m.jsonl");
        fs::write(&path, lines).unwrap();
        let config = PlanConfig {
            manifests: vec![Manifest::At(path)],
            phrase: "Hey, Earnest".into(),
            split: Some("dev".into()),
            exclude: vec![folder.join("enrolled.wav")],
            repeat,
        };
        fs::write(folder.join("enrolled.wav"), "").unwrap();
        let plan = Plan::new(&config, shard).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        plan
    }

    const LINES: &str = r#"
{"file":"a.wav","set":"s","split":"dev","kind":"wake","phrase":"hey_earnest","seconds":1}
{"file":"b.wav","set":"s","split":"dev","kind":"speech","text":"Hey earnest!","session":"x"}
{"file":"c.wav","set":"s","split":"dev","kind":"speech","text":"he said hey earnest twice"}
{"file":"d.wav","set":"s","split":"test","kind":"speech"}
{"file":"e.wav","set":"s","split":"dev","kind":"wake","phrase":"they earnest","session":"x"}
{"file":"enrolled.wav","set":"s","split":"dev","kind":"wake","phrase":"hey earnest"}
{"file":"r.wav","set":"s","split":"dev","kind":"rir"}
{"file":"f.wav","set":"s","split":"dev","kind":"wake","phrase":"hey earnest","phrase_at":[[3,4],[1.5,2]]}
"#;

    #[test]
    fn rows_count_as_what_they_are() {
        let plan = plan(LINES, Shard::ALL, 1);
        assert_eq!(plan.phrase, "hey earnest");
        let files: Vec<Vec<(&str, Option<usize>)>> = plan
            .units
            .iter()
            .map(|u| u.files.iter().map(|f| (f.file.as_str(), f.trials.as_ref().map(Vec::len))).collect())
            .collect();
        assert_eq!(
            files,
            [vec![("a.wav", Some(0))], vec![("b.wav", Some(0)), ("e.wav", None)], vec![("f.wav", Some(2))],]
        );
        assert_eq!(plan.units[2].files[0].trials, Some(vec![(24_000, 32_000), (48_000, 64_000)]));
        assert_eq!(plan.units[1].session, "x");
        let excluded: Vec<_> = plan.excluded.iter().map(|e| (e.reason, e.files)).collect();
        use Exclusion::*;
        assert_eq!(excluded, [(Split, 1), (NotAudio, 1), (SaysThePhrase, 1), (Enrolled, 1)]);
        assert_eq!(plan.groups.iter().filter(|group| group.positive).count(), 2);
    }

    #[test]
    fn every_unit_is_in_one_shard() {
        for repeat in [1, 3] {
            let whole = plan(LINES, Shard::ALL, repeat);
            for of in [1, 2, 7] {
                let mut seen = Vec::new();
                for index in 0..of {
                    let part = plan(LINES, Shard { index, of }, repeat);
                    assert_eq!((&part.groups, part.total()), (&whole.groups, whole.total()));
                    for n in 0..part.len() {
                        let (unit, repetition, planned) = part.unit(n).unwrap();
                        assert_eq!(whole.unit(unit), Some((unit, repetition, planned)));
                        seen.push(unit);
                    }
                    assert_eq!(part.unit(part.len()), None);
                }
                seen.sort();
                assert_eq!(seen, (0..3 * u64::from(repeat)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn phrases_are_compared_by_their_words() {
        assert_eq!(normalised("  View_Glass!"), "view glass");
        assert_eq!(normalised("Didn't—Ernest"), "didn't ernest");
    }
}
