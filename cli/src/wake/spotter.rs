//! A spotter of any engine, made from its image.

use super::Engine;
use crate::UsageError;
use earnest::Storage;
use earnest::frontend::MelFrame;
use earnest::nn::{Model, Net};
use earnest::spotter::cascade::{CascadeConfig, CascadeMemory, CascadeSpotter};
use earnest::spotter::micro::MicroSpotter;
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest::spotter::phonetic::{PhoneticConfig, PhoneticSpotter, PhraseSet};
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest::spotter::{Detection, KeywordSpotter};
use earnest::vad::VadFrame;
use std::fmt::Display;

/// An acoustic model where its words can be read in place.
#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

/// Phones from sound: `models/phones-m.card.md`.
static PHONES: &Aligned<[u8]> = &Aligned(*include_bytes!("../../../models/phones-m.int8.ear"));

/// A spotter of any engine.
pub(crate) enum Spotter {
    Net(Box<NetSpotter<'static>>),
    Template(Box<TemplateSpotter<'static>>),
    Phonetic(Box<PhoneticSpotter<'static>>),
    Cascade(Box<CascadeSpotter<'static>>),
    Micro(Box<MicroSpotter<'static>>),
    #[cfg(feature = "onnx")]
    Onnx(Box<earnest::spotter::onnx::OnnxSpotter>),
}

impl Spotter {
    /// As [`KeywordSpotter::process`], but tells of every phrase that was found in this frame.
    pub(crate) fn process_all(&mut self, frame: &MelFrame, vad: &VadFrame, mut tell: impl FnMut(Detection)) {
        match self {
            Spotter::Net(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            Spotter::Template(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            Spotter::Phonetic(spotter) => spotter.process_all(frame, vad, &mut tell),
            Spotter::Cascade(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            Spotter::Micro(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
            #[cfg(feature = "onnx")]
            Spotter::Onnx(spotter) => spotter.process(frame, vad).into_iter().for_each(tell),
        }
    }

    /// Running score of one of its phrases.
    pub(crate) fn phrase_score(&self, phrase: usize) -> f32 {
        match self {
            Spotter::Net(spotter) => spotter.score(),
            Spotter::Template(spotter) => spotter.score(),
            Spotter::Phonetic(spotter) => spotter.phrase_score(phrase),
            Spotter::Cascade(spotter) => spotter.score(),
            Spotter::Micro(spotter) => spotter.score(),
            #[cfg(feature = "onnx")]
            Spotter::Onnx(spotter) => spotter.score(),
        }
    }
}

impl KeywordSpotter for Spotter {
    fn hear(&mut self, pcm: &[i16]) {
        match self {
            Spotter::Net(spotter) => spotter.hear(pcm),
            Spotter::Template(spotter) => spotter.hear(pcm),
            Spotter::Phonetic(spotter) => spotter.hear(pcm),
            Spotter::Cascade(spotter) => spotter.hear(pcm),
            Spotter::Micro(spotter) => spotter.hear(pcm),
            #[cfg(feature = "onnx")]
            Spotter::Onnx(spotter) => spotter.hear(pcm),
        }
    }

    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        match self {
            Spotter::Net(spotter) => spotter.process(frame, vad),
            Spotter::Template(spotter) => spotter.process(frame, vad),
            Spotter::Phonetic(spotter) => spotter.process(frame, vad),
            Spotter::Cascade(spotter) => spotter.process(frame, vad),
            Spotter::Micro(spotter) => spotter.process(frame, vad),
            #[cfg(feature = "onnx")]
            Spotter::Onnx(spotter) => spotter.process(frame, vad),
        }
    }

    fn score(&self) -> f32 {
        match self {
            Spotter::Net(spotter) => spotter.score(),
            Spotter::Template(spotter) => spotter.score(),
            Spotter::Phonetic(spotter) => spotter.score(),
            Spotter::Cascade(spotter) => spotter.score(),
            Spotter::Micro(spotter) => spotter.score(),
            #[cfg(feature = "onnx")]
            Spotter::Onnx(spotter) => spotter.score(),
        }
    }

    fn reset(&mut self) {
        match self {
            Spotter::Net(spotter) => spotter.reset(),
            Spotter::Template(spotter) => spotter.reset(),
            Spotter::Phonetic(spotter) => spotter.reset(),
            Spotter::Cascade(spotter) => spotter.reset(),
            Spotter::Micro(spotter) => spotter.reset(),
            #[cfg(feature = "onnx")]
            Spotter::Onnx(spotter) => spotter.reset(),
        }
    }
}

/// What a spotter tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tells {
    /// What reaches the threshold, and near misses. `None`: the threshold is the image's own.
    From(Option<f32>),
    /// Whatever its score, and without a refractory: an evaluation looks at all thresholds, and has its own.
    Everything,
}

/// What to listen for, as an engine's image.
#[derive(Clone)]
pub(crate) struct Source {
    /// For errors.
    pub(crate) name: String,
    pub(crate) engine: Engine,
    pub(crate) image: Vec<u8>,
    /// The phrase as text, where a cascade checks it.
    pub(crate) check: Vec<u8>,
    /// What the manifest says of a model of microWakeWord's.
    pub(super) micro: Option<Box<super::micro::Micro>>,
    /// What was declared of a model in ONNX.
    #[cfg(feature = "onnx")]
    pub(super) onnx: Option<Box<super::onnx::Onnx>>,
}

impl Source {
    /// An image that was read from `name`: a network or an enrolled phrase, as it says itself.
    pub(crate) fn of_model(name: &str, image: Vec<u8>) -> Source {
        let engine = if image.starts_with(&Model::MAGIC) { Engine::Net } else { Engine::Template };
        Source {
            name: name.into(),
            engine,
            image,
            check: Vec::new(),
            micro: None,
            #[cfg(feature = "onnx")]
            onnx: None,
        }
    }

    /// What beside the image a result depends on.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        self.micro.as_ref().map_or_else(Vec::new, |micro| micro.settings().into())
    }

    /// The spotter, its phrases and the threshold it uses.
    pub(crate) fn spotter(&self, tells: Tells) -> Result<(Spotter, Vec<String>, f32), UsageError> {
        let (name, image) = (&self.name, self.image.clone());
        let failed = |error: &dyn Display| UsageError(format!("model {name}: {error}"));
        #[cfg(feature = "onnx")]
        if let Some(onnx) = &self.onnx {
            let (threshold, near_miss, refractory_ms) = match tells {
                Tells::Everything => (1.0, 1.0, 0),
                Tells::From(wanted) => {
                    let threshold = wanted.unwrap_or(onnx.threshold);
                    (threshold, near_miss(0.2, threshold), 1000)
                }
            };
            let spotter =
                onnx.spotter(threshold, near_miss, refractory_ms).map_err(|error| failed(&error))?;
            return Ok((Spotter::Onnx(Box::new(spotter)), vec![onnx.phrase.clone()], threshold));
        }
        if let Some(micro) = &self.micro {
            let threshold = match tells {
                Tells::Everything => 1.0,
                Tells::From(wanted) => wanted.unwrap_or(micro.threshold()),
            };
            let decides = match tells {
                Tells::Everything => (threshold, 1.0, 0),
                Tells::From(_) => (threshold, near_miss(0.2, threshold), 1000),
            };
            let spotter = micro.spotter(name, image, decides)?;
            return Ok((Spotter::Micro(Box::new(spotter)), vec![micro.phrase.clone()], threshold));
        }
        match self.engine {
            Engine::Net => {
                let model = NetModel::parse(image)
                    .map_err(|error| failed(&format_args!("no network for a wake phrase: {error}")))?;
                let phrase = model.phrase().to_string();
                let (threshold, near_miss, refractory_ms) = match tells {
                    Tells::Everything => (1.0, 1.0, 0),
                    Tells::From(wanted) => {
                        let usual = NetConfig::default();
                        let threshold = wanted.unwrap_or(model.threshold());
                        (threshold, near_miss(usual.near_miss, threshold), usual.refractory_ms)
                    }
                };
                let config = NetConfig { threshold: Some(threshold), near_miss, refractory_ms };
                let memory = Storage::owned(NetSpotter::required_words(&model));
                let spotter = NetSpotter::new(config, model, memory).map_err(|error| failed(&error))?;
                Ok((Spotter::Net(Box::new(spotter)), vec![phrase], threshold))
            }
            Engine::Cascade => {
                let model = NetModel::parse(image).map_err(|error| failed(&error))?;
                let phrase = model.phrase().to_string();
                let usual = CascadeConfig::default();
                let config = match tells {
                    Tells::Everything => {
                        CascadeConfig { threshold: Some(1.0), near_miss: 1.0, refractory_ms: 0, ..usual }
                    }
                    Tells::From(wanted) => {
                        let threshold = wanted.or(model.check_threshold()).unwrap_or(0.5);
                        let near_miss = near_miss(usual.near_miss, threshold);
                        CascadeConfig { threshold: Some(threshold), near_miss, ..usual }
                    }
                };
                let set = PhraseSet::parse(self.check.clone()).map_err(|error| failed(&error))?;
                let acoustic = Net::owned(Model::new(&PHONES.0).map_err(|error| failed(&error))?);
                let memory = CascadeMemory::owned(&model, &set);
                let spotter = CascadeSpotter::new(config, model, acoustic, set, memory)
                    .map_err(|error| failed(&error))?;
                let threshold = spotter.threshold();
                Ok((Spotter::Cascade(Box::new(spotter)), vec![phrase], threshold))
            }
            Engine::Phonetic => {
                let set = PhraseSet::parse(image).map_err(|error| failed(&error))?;
                let usual = PhoneticConfig::default();
                let phrases = set.iter().map(|phrase| phrase.text().to_string()).collect();
                let own = set.iter().map(|phrase| phrase.threshold()).fold(1.0, f32::min);
                let config = match tells {
                    Tells::Everything => {
                        PhoneticConfig { threshold: Some(1.0), near_miss: 1.0, refractory_ms: 0 }
                    }
                    Tells::From(threshold) => PhoneticConfig {
                        threshold,
                        near_miss: near_miss(usual.near_miss, threshold.unwrap_or(own)),
                        ..usual
                    },
                };
                let net = Net::owned(Model::new(&PHONES.0).map_err(|error| failed(&error))?);
                let tokens = Storage::owned(PhoneticSpotter::required_tokens(&set));
                let history = Storage::owned(PhoneticSpotter::required_history(&set));
                let spotter = PhoneticSpotter::new(config, net, set, tokens, history)
                    .map_err(|error| failed(&error))?;
                Ok((Spotter::Phonetic(Box::new(spotter)), phrases, config.threshold.unwrap_or(own)))
            }
            _ => {
                let model = TemplateModel::parse(image)
                    .map_err(|error| failed(&format_args!("not a wake phrase: {error}")))?;
                let phrase = model.phrase().to_string();
                let (threshold, near_miss, refractory_ms) = match tells {
                    Tells::Everything => (1.0, 1.0, 0),
                    Tells::From(wanted) => {
                        let usual = TemplateConfig::default();
                        let threshold = wanted.unwrap_or(model.threshold());
                        (threshold, near_miss(usual.near_miss, threshold), usual.refractory_ms)
                    }
                };
                let config = TemplateConfig { threshold: Some(threshold), near_miss, refractory_ms };
                let state = Storage::owned(model.required_state());
                let spotter = TemplateSpotter::new(config, model, state).map_err(|error| failed(&error))?;
                Ok((Spotter::Template(Box::new(spotter)), vec![phrase], threshold))
            }
        }
    }
}

/// With a threshold near zero nearly everything would be near it.
fn near_miss(usual: f32, threshold: f32) -> f32 {
    usual.min(0.5 * threshold)
}
