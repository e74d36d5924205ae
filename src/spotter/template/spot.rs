//! The streaming spotter: every 80 ms, while somebody speaks, align the window with all recordings.

use super::align::{Alignment, MIN_STEPS, align, as_features, filler_costs};
use super::features::{BANDS, DIMS, FRAMES_PER_STEP, Feature, Features, Steps, WINDOW, Warp};
use super::image::TemplateModel;
use super::{MAX_RECORDINGS, TemplateEvidence};
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::VadFrame;
use zeroize::Zeroize;

/// Steps between evaluations.
const STRIDE: usize = 4;
/// Evaluations that a candidate has to stay the best before it is told: 160 ms.
const PATIENCE: u32 = 2;
/// Steps of audio that normalisation needs before anything is scored: 0.6 s.
const WARM_UP: usize = 3 * MIN_STEPS;
/// Frames after the end of speech in which a phrase may still be completed.
const AFTER_SPEECH: u32 = 40;
/// Relative cost at which the score is 0.5. Chosen on the `dev` recordings of four words.
const CENTRE: f32 = 0.2;
/// How steeply the score falls around it.
const STEEPNESS: f32 = 10.0;

/// How a template spotter decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemplateConfig {
    /// Score that wakes, 0 to 1; `None` takes the model's.
    pub threshold: Option<f32>,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing that begins before its end plus this long counts, 0 to 10,000 ms.
    pub refractory_ms: u32,
}

impl Default for TemplateConfig {
    fn default() -> Self {
        TemplateConfig { threshold: None, near_miss: 0.15, refractory_ms: 300 }
    }
}

/// Finds one enrolled phrase in a stream of frames from [`FrontEndConfig::base`].
#[derive(Debug)]
pub struct TemplateSpotter<'a> {
    model: TemplateModel<'a>,
    threshold: f32,
    near_miss: f32,
    refractory: u64,
    features: Features,
    identity: Warp,
    steps: Steps,
    /// Codebook and recordings, then the ring of mel steps, then the window's features.
    state: Storage<'a, f32>,
    frames_since_speech: u32,
    score: f32,
    candidate: Option<Detection>,
    /// Evaluations since the candidate was found.
    age: u32,
    /// Nothing that begins before counts.
    deaf_until: SampleIndex,
}

impl<'a> TemplateSpotter<'a> {
    /// A spotter for `model`. `state` needs [`TemplateModel::required_state`] elements.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range or for too little state.
    pub fn new(
        config: TemplateConfig,
        model: TemplateModel<'a>,
        mut state: Storage<'a, f32>,
    ) -> Result<Self, ConfigError> {
        let threshold = config.threshold.unwrap_or(model.threshold());
        ConfigError::check("threshold", f64::from(threshold), 0.0, 1.0)?;
        ConfigError::check("near_miss", f64::from(config.near_miss), 0.0, 1.0)?;
        ConfigError::check("refractory_ms", f64::from(config.refractory_ms), 0.0, 10_000.0)?;
        let (expected, actual) = (model.required_state(), state.len());
        if actual < expected {
            return Err(ConfigError::BufferTooSmall { buffer: "template spotter state", expected, actual });
        }
        model.copy_vectors(state.get_mut(..model.vectors() * DIMS).unwrap_or_default());
        let base = FrontEndConfig::base();
        let identity = Warp::new(1.0, f64::from(base.low_hz), f64::from(base.high_hz));
        Ok(TemplateSpotter {
            model,
            threshold,
            near_miss: config.near_miss,
            refractory: u64::from(config.refractory_ms) * 16,
            features: Features::new(),
            identity,
            steps: Steps::default(),
            state,
            frames_since_speech: u32::MAX,
            score: 0.0,
            candidate: None,
            age: 0,
            deaf_until: SampleIndex(0),
        })
    }

    /// The model it listens for.
    pub fn model(&self) -> &TemplateModel<'a> {
        &self.model
    }

    /// Score of the best alignment that ends in one of the last [`STRIDE`] steps.
    // Apart: it takes much of the stack, and most frames have none.
    #[inline(never)]
    fn evaluate(&mut self, frame: &MelFrame) -> Option<Detection> {
        let held = self.steps.held();
        let (vectors, rest) = self.state.split_at_mut_checked(self.model.vectors() * DIMS)?;
        let (ring, window) = rest.split_at_mut_checked(WINDOW * BANDS)?;
        let ring = ring.as_chunks::<BANDS>().0;
        let window = window.as_chunks_mut::<DIMS>().0.get_mut(..held)?;
        self.features.window(self.steps.ordered(ring), &self.identity, window);
        let (best, end, nearest) =
            score_window(&self.model, vectors, window, |_| true, &mut [Alignment::NONE; STRIDE])?;
        let margin = relative_cost(&self.model, best.cost);
        self.score = score(margin);

        let hop = 160 * FRAMES_PER_STEP as u64;
        let window_start = frame.span.end.before(held as u64 * hop + 240);
        Some(Detection {
            phrase: 0,
            span: SampleSpan {
                start: window_start.after(best.start as u64 * hop),
                end: window_start.after((end as u64 + 1) * hop + 240),
            },
            decided: frame.span.end,
            score: self.score,
            threshold: self.threshold,
            why: Evidence::Template(TemplateEvidence {
                distance: best.cost,
                recordings: self.model.cost_same(),
                background: self.model.cost_other(),
                nearest,
            }),
        })
    }

    /// Keeps the best candidate until it is clear that nothing better follows.
    fn settle(&mut self, found: Option<Detection>, now: SampleIndex) -> Option<Detection> {
        let worth = self.threshold - self.near_miss;
        let found = found.filter(|d| d.score >= worth && d.span.start >= self.deaf_until);
        match (found, &self.candidate) {
            (Some(found), Some(best)) if found.score <= best.score => self.age += 1,
            (Some(found), _) => {
                self.candidate = Some(found);
                self.age = 0;
            }
            (None, Some(_)) => self.age += 1,
            (None, None) => {}
        }
        if self.age < PATIENCE {
            return None;
        }
        let mut told = self.candidate.take()?;
        self.age = 0;
        told.decided = now;
        if told.accepted() {
            self.deaf_until = told.span.end.after(self.refractory);
        }
        Some(told)
    }
}

/// Score of a relative cost: 0.88 at 0, like another recording; 0.5 at [`CENTRE`]; 0 at 1, like other speech.
pub(super) fn score(relative: f32) -> f32 {
    1.0 / (1.0 + libm::expf(STEEPNESS * (relative - CENTRE)))
}

/// 0 where the cost is that of one recording against the others, 1 where it is that of ordinary speech.
pub(super) fn relative_cost(model: &TemplateModel<'_>, cost: f32) -> f32 {
    (cost - model.cost_same()) / (model.cost_other() - model.cost_same())
}

/// Mean over the recordings of each one's best warp, scaled by what other speech costs against that recording, for every end in `ends`; gives the best, its step in the window,
/// and the recording it was most like. `vectors`: the model's, flat. `keep`: whether a recording counts.
pub(super) fn score_window(
    model: &TemplateModel<'_>,
    vectors: &[f32],
    window: &[Feature],
    keep: impl Fn(usize) -> bool,
    ends: &mut [Alignment],
) -> Option<(Alignment, usize, u16)> {
    const MAX_ENDS: usize = WINDOW;
    let count = ends.len().min(MAX_ENDS).min(window.len());
    if count == 0 {
        return None;
    }
    let ends = ends.get_mut(..count)?;
    let (codebook, mut rest) = as_features(vectors).split_at_checked(model.codebook())?;
    let mut filler = [0.0; WINDOW];
    filler_costs(window, codebook, &mut filler);
    let mut total = [0.0f32; MAX_ENDS];
    let mut nearest = [(Alignment::NONE, 0u16); MAX_ENDS];
    let mut used = 0;
    for recording in 0..model.recordings().min(MAX_RECORDINGS) {
        let mut best = [Alignment::NONE; MAX_ENDS];
        for _ in 0..model.warps() {
            let (steps, behind) = rest.split_at_checked(model.steps(recording))?;
            rest = behind;
            if !keep(recording) {
                continue;
            }
            align(steps, window, &filler, ends);
            for (best, end) in best.iter_mut().zip(&*ends) {
                if end.cost < best.cost {
                    *best = *end;
                }
            }
        }
        if !keep(recording) {
            continue;
        }
        used += 1;
        let scale = model.scale(recording);
        for ((total, nearest), best) in total.iter_mut().zip(&mut nearest).zip(best.iter().take(count)) {
            let cost = scale * best.cost;
            *total += cost;
            if cost < nearest.0.cost {
                *nearest = (Alignment { cost, ..*best }, recording as u16);
            }
        }
    }
    let (end, cost) = total.iter().take(count).enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
    let (alignment, recording) = *nearest.get(end)?;
    let best = Alignment { cost: cost / used.max(1) as f32, start: alignment.start };
    Some((best, window.len() - count + end, recording))
}

impl KeywordSpotter for TemplateSpotter<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        self.frames_since_speech = if vad.speech { 0 } else { self.frames_since_speech.saturating_add(1) };
        let at = self.model.vectors() * DIMS;
        let ring = self.state.get_mut(at..at + WINDOW * BANDS)?.as_chunks_mut::<BANDS>().0;
        if !self.steps.push(frame.mel(), ring) || !self.steps.count().is_multiple_of(STRIDE as u64) {
            return None;
        }
        self.score = 0.0;
        let listening = self.frames_since_speech < AFTER_SPEECH && self.steps.held() >= WARM_UP;
        let found = if listening { self.evaluate(frame) } else { None };
        self.settle(found, frame.span.end)
    }

    fn score(&self) -> f32 {
        self.score
    }

    fn reset(&mut self) {
        // The steps are a picture of the last 2.4 s of speech: they don't stay in memory.
        self.state.get_mut(self.model.vectors() * DIMS..).unwrap_or_default().zeroize();
        self.steps.reset();
        self.frames_since_speech = u32::MAX;
        self.score = 0.0;
        self.candidate = None;
        self.age = 0;
        self.deaf_until = SampleIndex(0);
    }
}
