//! Enrolment: recordings of a phrase and some other speech in, a template model out.

use super::align::{Alignment, MAX_STEPS, MIN_STEPS};
use super::features::{BANDS, DIMS, FRAMES_PER_STEP, Feature, Features, QUIETEST, WINDOW, Warp, distance};
use super::image::{MAX_NAME, Parts, TemplateModel};
use super::spot::{relative_cost, score_window};
use super::{MAX_RECORDINGS, MIN_RECORDINGS};
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEnd, FrontEndConfig};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// Vocal tracts that every recording is also kept for.
const WARPS: [f64; 3] = [0.9, 1.0, 1.12];
/// Words in the filler codebook.
const CODEBOOK: usize = 32;
/// Rounds of k-means for it.
const ROUNDS: usize = 12;
/// Steps of quiet around a recording, made from its own background where it has none.
const MARGIN: (usize, usize) = (25, 8);
/// Background that calibration needs, in steps: 10 s.
const MIN_BACKGROUND: usize = 500;
/// Recordings count as at least this share of the way to other speech apart. One person's, or synthetic ones, are more
/// alike than the phrase will ever be when others say it, in other rooms.
const LEAST_APART: f32 = 0.2;
/// Score that wakes.
const THRESHOLD: f32 = 0.5;

type MelStep = [f32; BANDS];

/// Why a phrase could not be enrolled.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EnrollError {
    /// Fewer or more recordings than the method works with.
    Recordings {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
        /// Given.
        actual: usize,
    },
    /// No stretch of the recording stands out from its background.
    NoSpeech {
        /// dB that the loudest stretch must stand above the quietest.
        expected_db: f32,
        /// dB that it does.
        actual_db: f32,
    },
    /// The phrase found in the recording is too short or too long.
    Length {
        /// Shortest, in samples.
        min: u64,
        /// Longest, in samples.
        max: u64,
        /// Found.
        actual: u64,
    },
    /// Too little other speech to calibrate against.
    Background {
        /// Samples needed.
        expected: u64,
        /// Samples given.
        actual: u64,
    },
    /// The recordings are no more like each other than like the background: not one phrase, or not clean enough.
    Inconsistent {
        /// Median cost between recordings.
        recordings: f32,
        /// Cost of background speech; it should be far above.
        background: f32,
    },
    /// The name is empty or longer than a model holds.
    Name {
        /// Longest, in bytes.
        max: usize,
        /// Given.
        actual: usize,
    },
    /// The front end could not be made.
    Config(ConfigError),
}

impl From<ConfigError> for EnrollError {
    fn from(error: ConfigError) -> Self {
        EnrollError::Config(error)
    }
}

impl fmt::Display for EnrollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |samples: u64| SampleIndex(samples).seconds();
        match *self {
            EnrollError::Recordings { min, max, actual } => {
                write!(f, "{actual} recordings, expected {min} to {max}")
            }
            EnrollError::NoSpeech { expected_db, actual_db } => write!(
                f,
                "no speech found: the loudest stretch is {actual_db:.1} dB above the quietest, expected at least \
                 {expected_db:.1} dB"
            ),
            EnrollError::Length { min, max, actual } => write!(
                f,
                "a phrase of {:.2} s found, expected {:.2} to {:.2} s",
                seconds(actual),
                seconds(min),
                seconds(max)
            ),
            EnrollError::Background { expected, actual } => write!(
                f,
                "{:.1} s of background speech, expected at least {:.1} s",
                seconds(actual),
                seconds(expected)
            ),
            EnrollError::Inconsistent { recordings, background } => write!(
                f,
                "the recordings differ by {recordings:.2} from each other and by {background:.2} from other speech: \
                 they are not the same phrase, or too noisy"
            ),
            EnrollError::Name { max, actual } => write!(f, "a name of {actual} bytes, expected 1 to {max}"),
            EnrollError::Config(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EnrollError {}

/// What was taken from a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipReport {
    /// Where the phrase was found in the recording.
    pub phrase: SampleSpan,
    /// How far it stands above the recording's background, dB.
    pub snr_db: f32,
    /// Samples at full scale. More than a few mean that the recording was overdriven.
    pub clipped: usize,
}

/// A finished enrolment.
#[derive(Clone, Debug)]
pub struct EnrollmentReport {
    /// The model, for [`TemplateModel::parse`] or a file.
    pub image: Vec<u8>,
    /// For every recording: the score it would get from a model of the others. One far below the rest is an outlier.
    pub agreement: Vec<f32>,
    /// What counts as the same phrase: median cost of a recording against the others, or more if they are oddly alike.
    pub cost_same: f32,
    /// Mean cost of background speech where it comes nearest, stretch by stretch.
    pub cost_other: f32,
    /// Score that wakes.
    pub threshold: f32,
}

struct Clip {
    mel: Vec<MelStep>,
    /// Steps of the phrase.
    phrase: core::ops::Range<usize>,
}

/// Gathers recordings and background.
pub struct Enrollment {
    features: Features,
    warps: Vec<Warp>,
    clips: Vec<Clip>,
    background: Vec<MelStep>,
}

impl Default for Enrollment {
    fn default() -> Self {
        Enrollment::new()
    }
}

impl Enrollment {
    /// Nothing enrolled yet.
    pub fn new() -> Self {
        let base = FrontEndConfig::base();
        let warp = |factor| Warp::new(factor, f64::from(base.low_hz), f64::from(base.high_hz));
        Enrollment {
            features: Features::new(),
            warps: WARPS.map(warp).into(),
            clips: Vec::new(),
            background: Vec::new(),
        }
    }

    /// Adds a recording: the phrase once, best with some quiet around it, 16 kHz mono.
    ///
    /// # Errors
    /// [`EnrollError::NoSpeech`], [`EnrollError::Length`], or [`EnrollError::Recordings`] for the ninth. The
    /// recording is then left out; the others stay.
    pub fn add_clip(&mut self, pcm: &[i16]) -> Result<ClipReport, EnrollError> {
        if self.clips.len() == MAX_RECORDINGS {
            let actual = MAX_RECORDINGS + 1;
            return Err(EnrollError::Recordings { min: MIN_RECORDINGS, max: MAX_RECORDINGS, actual });
        }
        let mut mel = mel_steps(pcm)?;
        let (phrase, snr_db) = find_phrase(&mel)?;
        let hop = 160 * FRAMES_PER_STEP as u64;
        let span = |steps: usize| steps as u64 * hop;
        if !(MIN_STEPS..=MAX_STEPS).contains(&phrase.len()) {
            return Err(EnrollError::Length {
                min: span(MIN_STEPS),
                max: span(MAX_STEPS),
                actual: span(phrase.len()),
            });
        }
        let report = ClipReport {
            phrase: SampleSpan {
                start: SampleIndex(span(phrase.start)),
                end: SampleIndex((span(phrase.end) + 240).min(pcm.len() as u64)),
            },
            snr_db,
            clipped: pcm.iter().filter(|s| s.unsigned_abs() >= 32767).count(),
        };
        let quiet = quiet_step(&mel);
        let before = MARGIN.0.saturating_sub(phrase.start);
        let after = MARGIN.1.saturating_sub(mel.len() - phrase.end);
        mel.splice(0..0, core::iter::repeat_n(quiet, before));
        mel.extend(core::iter::repeat_n(quiet, after));
        // The window as the spotter will see it: it ends shortly after the phrase.
        let end = phrase.end + before + MARGIN.1;
        let start = end.saturating_sub(WINDOW);
        let phrase = phrase.start + before - start..phrase.end + before - start;
        self.clips.push(Clip { mel: mel[start..end].to_vec(), phrase });
        Ok(report)
    }

    /// Adds other speech that doesn't contain the phrase, 16 kHz mono. Several pieces add up.
    ///
    /// # Errors
    /// None for audio of any length; [`EnrollError::Config`] if the front end could not be made.
    pub fn add_background(&mut self, pcm: &[i16]) -> Result<(), EnrollError> {
        self.background.extend(mel_steps(pcm)?);
        Ok(())
    }

    /// Makes the model.
    ///
    /// # Errors
    /// [`EnrollError`]: too few recordings, too little background, recordings that are not alike, a bad name.
    pub fn finish(self, name: &str) -> Result<EnrollmentReport, EnrollError> {
        let actual = self.clips.len();
        if actual < MIN_RECORDINGS {
            return Err(EnrollError::Recordings { min: MIN_RECORDINGS, max: MAX_RECORDINGS, actual });
        }
        if self.background.len() < MIN_BACKGROUND {
            let hop = 160 * FRAMES_PER_STEP as u64;
            let (expected, actual) = (MIN_BACKGROUND as u64 * hop, self.background.len() as u64 * hop);
            return Err(EnrollError::Background { expected, actual });
        }
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(EnrollError::Name { max: MAX_NAME, actual: name.len() });
        }
        let identity = &self.warps[1];
        let background: Vec<Vec<Feature>> =
            windows(&self.background).map(|mel| self.window(mel, identity)).collect();
        let codebook = k_means(&background, CODEBOOK, ROUNDS);
        let recordings: Vec<Vec<Vec<Feature>>> = self
            .clips
            .iter()
            .map(|clip| {
                let warped = |warp| self.window(&clip.mel, warp)[clip.phrase.clone()].to_vec();
                self.warps.iter().map(warped).collect()
            })
            .collect();
        let mut parts = Parts {
            name,
            warps: self.warps.len(),
            codebook: &codebook,
            recordings: &recordings,
            cost_same: 0.0,
            cost_other: 1.0,
            threshold: THRESHOLD,
        };
        let draft = parts.write();
        let model = TemplateModel::parse(&draft[..]).expect("what was just written is readable");
        let mut vectors = vec![0.0; model.vectors() * DIMS];
        model.copy_vectors(&mut vectors);

        let against_others: Vec<f32> = (0..self.clips.len())
            .map(|clip| {
                let window = self.window(&self.clips[clip].mel, identity);
                best_cost(&model, &vectors, &window, Some(clip))
            })
            .collect();
        let nearest: Vec<f32> =
            background.iter().map(|window| best_cost(&model, &vectors, window, None)).collect();
        parts.cost_other = mean(&nearest);
        // The median: one odd recording must not make the phrase look vague.
        parts.cost_same = median(&against_others).max(LEAST_APART * parts.cost_other);
        if parts.cost_other <= parts.cost_same {
            let (recordings, background) = (parts.cost_same, parts.cost_other);
            return Err(EnrollError::Inconsistent { recordings, background });
        }
        let (cost_same, cost_other) = (parts.cost_same, parts.cost_other);
        let image = parts.write();
        let model = TemplateModel::parse(&image[..]).expect("what was just written is readable");
        let agreement =
            against_others.iter().map(|cost| super::spot::score(relative_cost(&model, *cost))).collect();
        Ok(EnrollmentReport { agreement, cost_same, cost_other, threshold: THRESHOLD, image })
    }

    fn window(&self, mel: &[MelStep], warp: &Warp) -> Vec<Feature> {
        let mut out = vec![[0.0; DIMS]; mel.len().min(WINDOW)];
        self.features.window(mel.iter(), warp, &mut out);
        out
    }
}

/// Mel frames of `pcm`, averaged to steps.
fn mel_steps(pcm: &[i16]) -> Result<Vec<MelStep>, ConfigError> {
    let mut front_end = FrontEnd::new(FrontEndConfig::base())?;
    let mut steps = Vec::new();
    let mut sum = [0.0; BANDS];
    let mut frames = 0;
    let mut rest = pcm;
    while let Some(frame) = front_end.process(&mut rest) {
        for (sum, mel) in sum.iter_mut().zip(frame.mel()) {
            *sum += mel.max(QUIETEST) / FRAMES_PER_STEP as f32;
        }
        frames += 1;
        if frames == FRAMES_PER_STEP {
            steps.push(core::mem::replace(&mut sum, [0.0; BANDS]));
            frames = 0;
        }
    }
    Ok(steps)
}

/// Where the phrase is: the stretch with most loudness above 0.4 of the way from quiet to loud, pauses up to 0.25 s
/// included. Gives its steps and how far it stands above the quiet, dB.
fn find_phrase(mel: &[MelStep]) -> Result<(core::ops::Range<usize>, f32), EnrollError> {
    const EXPECTED_DB: f32 = 6.0;
    const PAUSE: usize = 12;
    const MARGIN: usize = 2;
    // Bands 3 to 29 hold most of the energy of speech and little of the rumble and the hiss.
    let loudness: Vec<f32> = mel.iter().map(|bands| mean(&bands[3..30])).collect();
    let smooth: Vec<f32> = (0..loudness.len())
        .map(|t| mean(&loudness[t.saturating_sub(1)..(t + 2).min(loudness.len())]))
        .collect();
    let mut sorted = smooth.clone();
    sorted.sort_by(f32::total_cmp);
    let (Some(&high), Some(&low)) = (sorted.last(), sorted.get(sorted.len() / 10)) else {
        return Err(EnrollError::NoSpeech { expected_db: EXPECTED_DB, actual_db: 0.0 });
    };
    let db = (high - low) * 10.0 / core::f32::consts::LN_10;
    if db < EXPECTED_DB {
        return Err(EnrollError::NoSpeech { expected_db: EXPECTED_DB, actual_db: db });
    }
    // Over a loud background the stretch runs on; the bar goes up until it is no longer than a phrase.
    let found = [0.4, 0.5, 0.6, 0.7].map(|share| {
        let phrase = loudest_stretch(&smooth, low + share * (high - low), PAUSE);
        phrase.start.saturating_sub(MARGIN)..(phrase.end + MARGIN).min(mel.len())
    });
    let phrase = found.iter().find(|phrase| phrase.len() <= MAX_STEPS).unwrap_or(&found[0]).clone();
    Ok((phrase, db))
}

/// The stretch with most loudness above `threshold`, over pauses of at most `pause` steps.
fn loudest_stretch(loudness: &[f32], threshold: f32, pause: usize) -> core::ops::Range<usize> {
    let mut best = (0.0, 0..0);
    let mut current = (0.0, 0..0);
    for (t, value) in loudness.iter().enumerate().filter(|(_, value)| **value > threshold) {
        if current.1.end + pause < t || current.1.is_empty() {
            current = (0.0, t..t);
        }
        current = (current.0 + value - threshold, current.1.start..t + 1);
        if current.0 > best.0 {
            best = current.clone();
        }
    }
    best.1
}

/// A step as quiet as the quietest tenth of each band.
fn quiet_step(mel: &[MelStep]) -> MelStep {
    core::array::from_fn(|band| {
        let mut values: Vec<f32> = mel.iter().map(|step| step[band]).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 10).copied().unwrap_or(0.0)
    })
}

/// Windows over background, half overlapping.
fn windows(mel: &[MelStep]) -> impl Iterator<Item = &[MelStep]> {
    mel.windows(WINDOW).step_by(WINDOW / 2)
}

/// Lowest cost of an alignment that ends anywhere in the second half of the window.
fn best_cost(model: &TemplateModel<'_>, vectors: &[f32], window: &[Feature], skip: Option<usize>) -> f32 {
    let mut ends = [Alignment::NONE; WINDOW / 2];
    score_window(model, vectors, window, skip, &mut ends).map_or(f32::MAX, |(best, _, _)| best.cost)
}

/// Lloyd's k-means from evenly spaced starts; a word that nothing is nearest to stays where it was.
fn k_means(windows: &[Vec<Feature>], words: usize, rounds: usize) -> Vec<Feature> {
    let all: Vec<&Feature> = windows.iter().flatten().collect();
    let mut centres: Vec<Feature> = (0..words).map(|word| *all[word * all.len() / words]).collect();
    for _ in 0..rounds {
        let mut sums = vec![([0.0f32; DIMS], 0u32); words];
        for feature in &all {
            let costs = centres.iter().map(|centre| distance(centre, feature));
            let nearest = costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(word, _)| word);
            let (sum, count) = &mut sums[nearest];
            sum.iter_mut().zip(*feature).for_each(|(sum, value)| *sum += value);
            *count += 1;
        }
        for (centre, (sum, count)) in centres.iter_mut().zip(sums).filter(|(_, (_, count))| *count > 0) {
            *centre = sum.map(|sum| sum / count as f32);
        }
    }
    centres
}

fn median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}
