//! Stand-in until the engine is merged.
use earnest::audio::{SampleSpan, SampleIndex};
use earnest::frontend::MelFrame;
use earnest::spotter::template::TemplateEvidence;
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::{SpeechEdge, VadFrame};
use earnest::{ConfigError, Image, Storage};

#[derive(Debug, thiserror::Error)]
#[error("not a template")]
pub(crate) struct ImageError;
#[derive(Clone, Debug)]
pub(crate) struct TemplateModel<'a>(Image<'a>);
impl<'a> TemplateModel<'a> {
    pub(crate) fn parse(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        Ok(TemplateModel(image.into()))
    }
    pub(crate) fn phrase(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap()
    }
    pub(crate) fn threshold(&self) -> f32 {
        0.6
    }
    pub(crate) fn required_state(&self) -> usize {
        1
    }
}
#[derive(Default)]
pub(crate) struct TemplateConfig {
    pub(crate) threshold: Option<f32>,
    pub(crate) refractory_ms: u32,
}
pub(crate) struct TemplateSpotter<'a> {
    threshold: f32,
    start: SampleIndex,
    score: f32,
    _model: TemplateModel<'a>,
}
impl<'a> TemplateSpotter<'a> {
    pub(crate) fn new(c: TemplateConfig, model: TemplateModel<'a>, _s: Storage<'a, f32>) -> Result<Self, ConfigError> {
        Ok(TemplateSpotter { threshold: c.threshold.unwrap_or(model.threshold()), start: SampleIndex(0), score: 0.0, _model: model })
    }
}
impl KeywordSpotter for TemplateSpotter<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        self.score = 0.98 * self.score.max(if vad.speech { vad.snr_db() / 60.0 } else { 0.0 }).min(1.0);
        match vad.edge? {
            SpeechEdge::Onset(at) => { self.start = at; None }
            SpeechEdge::End(at) => {
                let s = self.score;
                self.score = 0.0;
                Some(Detection {
                    phrase: 0,
                    span: SampleSpan { start: self.start, end: at },
                    decided: frame.span.end,
                    score: s,
                    threshold: self.threshold,
                    why: Evidence::Template(TemplateEvidence { distance: 1.0, background: 2.0, nearest: 1 }),
                })
            }
        }
    }
    fn score(&self) -> f32 {
        self.score
    }
    fn reset(&mut self) {
        self.score = 0.0;
    }
}
