//! The engines: which one a model asks for, and a spotter of it.

use super::types::{Config, EARNEST_ENGINES_OWN, Error, Feature, ModelFacts, text};
use earnest_core::Storage;
use earnest_core::frontend::MelFrame;
use earnest_core::nn;
use earnest_core::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest_core::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest_core::spotter::{Detection, KeywordSpotter};
use earnest_core::vad::VadFrame;

/// The engine that a model asked for.
#[expect(clippy::large_enum_variant, reason = "there is no heap to put the large one on")]
pub(crate) enum Engine<'a> {
    /// No model: speech only.
    None,
    Net(NetSpotter<'a>),
    Template(TemplateSpotter<'a>),
}

pub(crate) fn net_spotter<'a>(
    config: &Config,
    model: NetModel<'a>,
    state: &'a mut [u32],
) -> Result<NetSpotter<'a>, Error> {
    let own = NetConfig::default();
    let wake = NetConfig {
        threshold: config.own_threshold(),
        near_miss: config.near_miss(own.near_miss),
        refractory_ms: config.refractory_ms(own.refractory_ms),
    };
    NetSpotter::new(wake, model, Storage::Lent(state)).map_err(|error| Error::from_core(&error, ""))
}

pub(crate) fn template_spotter<'a>(
    config: &Config,
    model: TemplateModel<'a>,
    state: &'a mut [u32],
) -> Result<TemplateSpotter<'a>, Error> {
    let own = TemplateConfig::default();
    let wake = TemplateConfig {
        threshold: config.own_threshold(),
        near_miss: config.near_miss(own.near_miss),
        refractory_ms: config.refractory_ms(own.refractory_ms),
    };
    let state = bytemuck::try_cast_slice_mut(state).unwrap_or_default();
    TemplateSpotter::new(wake, model, Storage::Lent(state)).map_err(|error| Error::from_core(&error, ""))
}

impl KeywordSpotter for Engine<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        match self {
            Engine::None => None,
            Engine::Net(spotter) => spotter.process(frame, vad),
            Engine::Template(spotter) => spotter.process(frame, vad),
        }
    }

    fn score(&self) -> f32 {
        match self {
            Engine::None => 0.0,
            Engine::Net(spotter) => spotter.score(),
            Engine::Template(spotter) => spotter.score(),
        }
    }

    fn reset(&mut self) {
        match self {
            Engine::None => (),
            Engine::Net(spotter) => spotter.reset(),
            Engine::Template(spotter) => spotter.reset(),
        }
    }
}

/// A model of either engine, checked.
#[derive(Clone)]
pub(crate) enum Model<'a> {
    Net(NetModel<'a>),
    Template(TemplateModel<'a>),
}

impl<'a> Model<'a> {
    /// What begins as a network is one; anything else should be recordings.
    pub(crate) fn parse(image: &'a [u8]) -> Result<Self, Error> {
        if image.starts_with(&nn::Model::MAGIC) {
            return NetModel::parse(image).map(Model::Net).map_err(|error| Error::from_net(&error));
        }
        TemplateModel::parse(image).map(Model::Template).map_err(|error| Error::from_image(&error))
    }

    /// What it says of itself.
    pub(crate) fn facts(&self) -> ModelFacts {
        match self {
            Model::Net(model) => ModelFacts {
                engine: Feature::EngineNet as u32,
                threshold: model.threshold(),
                recordings: 0,
                phrase: text(&[model.phrase()]),
            },
            Model::Template(model) => ModelFacts {
                engine: Feature::EngineTemplate as u32,
                threshold: model.threshold(),
                recordings: model.recordings() as u32,
                phrase: text(&[model.phrase()]),
            },
        }
    }

    /// Words of memory that its spotter needs.
    pub(crate) fn required_words(&self) -> usize {
        match self {
            Model::Net(model) => NetSpotter::required_words(model),
            Model::Template(model) => model.required_state(),
        }
    }
}

impl Config {
    fn own_threshold(&self) -> Option<f32> {
        (self.own_threshold == 1).then_some(self.threshold)
    }

    fn near_miss(&self, engines_own: f32) -> f32 {
        if self.near_miss == -1.0 { engines_own } else { self.near_miss }
    }

    fn refractory_ms(&self, engines_own: u32) -> u32 {
        if self.refractory_ms == EARNEST_ENGINES_OWN { engines_own } else { self.refractory_ms }
    }
}
