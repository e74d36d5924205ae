//! The chain behind a listener, and where its parts lie in the caller's memory.

use super::types::{Config, EARNEST_ALIGNMENT, EARNEST_ENGINES_OWN, Error, Event, Feature, ModelFacts, Status, Vad, text};
use core::mem::MaybeUninit;
use earnest_core::Storage;
use earnest_core::audio::{PreRoll, SampleIndex, SampleSpan};
use earnest_core::frontend::{BaseFrontEnd, FrontEndConfig, MelFrame};
use earnest_core::nn;
use earnest_core::pipeline::Pipeline;
use earnest_core::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest_core::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest_core::spotter::{Detection, KeywordSpotter};
use earnest_core::vad::{MelVad, MelVadConfig, VadFrame};

/// Most samples of pre-roll: five minutes.
const MAX_PRE_ROLL: u32 = 300 * 16_000;

/// The engine that a model asked for.
#[expect(clippy::large_enum_variant, reason = "there is no heap to put the large one on")]
enum Engine<'a> {
    /// No model: speech only.
    None,
    Net(NetSpotter<'a>),
    Template(TemplateSpotter<'a>),
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
    fn required_words(&self) -> usize {
        match self {
            Model::Net(model) => NetSpotter::required_words(model),
            Model::Template(model) => model.required_state(),
        }
    }
}

/// Where what lies, in bytes from the start of the memory. The listener itself lies at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Where the spotter's state begins.
    pub(crate) state_at: usize,
    /// Elements of it.
    pub(crate) state: usize,
    /// Where the pre-roll begins.
    pub(crate) pre_roll_at: usize,
    /// Samples of it.
    pub(crate) pre_roll: usize,
    /// Bytes in all.
    pub(crate) total: usize,
}

impl Layout {
    /// `head`: bytes of the listener itself; `config`: checked. All sizes are bounded: nothing wraps on 32 bits.
    pub(crate) fn new(head: usize, config: &Config, model: Option<&Model<'_>>) -> Layout {
        let state = model.map_or(0, Model::required_words);
        let pre_roll = config.pre_roll_samples as usize;
        let state_at = head.next_multiple_of(EARNEST_ALIGNMENT);
        let pre_roll_at = state_at + state * size_of::<u32>();
        let total = (pre_roll_at + pre_roll * size_of::<i16>()).next_multiple_of(EARNEST_ALIGNMENT);
        Layout { state_at, state, pre_roll_at, pre_roll, total }
    }
}

/// What a handle stands for.
pub(crate) struct Listener<'a> {
    pipeline: Pipeline<'a, Engine<'a>, MelVad, BaseFrontEnd>,
}

impl<'a> Listener<'a> {
    /// Puts one into `slot`, there and not on the stack first: it is large. `state` and `pre_roll`: as long as the
    /// [`Layout`] has them. Where it fails, nothing is in `slot`.
    #[inline]
    pub(crate) fn make(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: Option<Model<'a>>,
        state: &'a mut [u32],
        pre_roll: &'a mut [i16],
    ) -> Result<(), Error> {
        let engine = engine(config, model, state)?;
        let vad = vad(config)?;
        let pre_roll = PreRoll::new(Storage::Lent(pre_roll)).map_err(|error| Error::from_core(&error, ""))?;
        slot.write(Listener { pipeline: Pipeline::of(BaseFrontEnd::new(), vad, engine, pre_roll) });
        Ok(())
    }

    /// The next event, [`Event::NONE`] if all of `pcm` was taken in without one.
    pub(crate) fn push(&mut self, pcm: &mut &[i16]) -> Event {
        while let Some(event) = self.pipeline.next_event(pcm) {
            if let Some(event) = Event::from_core(&event) {
                return event;
            }
        }
        Event::NONE
    }

    pub(crate) fn now(&self) -> u64 {
        self.pipeline.now().0
    }

    pub(crate) fn vad(&self) -> Option<Vad> {
        self.pipeline.vad().map(|frame| Vad::from_core(frame, self.pipeline.spotter().score()))
    }

    pub(crate) fn mute(&mut self) {
        self.pipeline.mute();
    }

    pub(crate) fn unmute(&mut self) {
        self.pipeline.unmute();
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.pipeline.is_muted()
    }

    pub(crate) fn reset(&mut self) {
        self.pipeline.reset();
    }

    /// First sample remembered, and one past the last.
    pub(crate) fn remembered(&self) -> (u64, u64) {
        let span = self.pipeline.pre_roll().span();
        (span.start.0, span.end.0)
    }

    /// The samples from `start` to `end` in two pieces, if all are remembered.
    pub(crate) fn pre_roll(&self, start: u64, end: u64) -> Option<(&[i16], &[i16])> {
        self.pipeline.pre_roll().get(SampleSpan { start: SampleIndex(start), end: SampleIndex(end) })
    }
}

/// Checks what the listener's fields say to the VAD, and makes it.
fn vad(config: &Config) -> Result<MelVad, Error> {
    let vad = MelVadConfig {
        threshold: config.vad_threshold,
        onset_frames: config.vad_onset_frames,
        hangover_frames: config.vad_hangover_frames,
        talk_window_s: config.vad_talk_window_s,
    };
    MelVad::new(vad, &FrontEndConfig::base()).map_err(|error| Error::from_core(&error, "vad_"))
}

/// Makes the engine that `model` asks for.
fn engine<'a>(
    config: &Config,
    model: Option<Model<'a>>,
    state: &'a mut [u32],
) -> Result<Engine<'a>, Error> {
    let threshold = (config.own_threshold == 1).then_some(config.threshold);
    let near_miss = |own| if config.near_miss == -1.0 { own } else { config.near_miss };
    let refractory = |own| if config.refractory_ms == EARNEST_ENGINES_OWN { own } else { config.refractory_ms };
    let engine = match model {
        None => Ok(Engine::None),
        Some(Model::Net(model)) => {
            let own = NetConfig::default();
            let wake = NetConfig {
                threshold,
                near_miss: near_miss(own.near_miss),
                refractory_ms: refractory(own.refractory_ms),
            };
            NetSpotter::new(wake, model, Storage::Lent(state)).map(Engine::Net)
        }
        Some(Model::Template(model)) => {
            let own = TemplateConfig::default();
            let wake = TemplateConfig {
                threshold,
                near_miss: near_miss(own.near_miss),
                refractory_ms: refractory(own.refractory_ms),
            };
            let state = bytemuck::try_cast_slice_mut(state).unwrap_or_default();
            TemplateSpotter::new(wake, model, Storage::Lent(state)).map(Engine::Template)
        }
    };
    engine.map_err(|error| Error::from_core(&error, ""))
}

/// Whether a listener can be made of `config`. The wake phrase's fields are checked even if there is none.
pub(crate) fn check(config: &Config) -> Result<(), Error> {
    in_range("pre_roll_samples", config.pre_roll_samples.into(), 1.0, MAX_PRE_ROLL.into())?;
    in_range("own_threshold", config.own_threshold.into(), 0.0, 1.0)?;
    in_range("threshold", config.threshold.into(), 0.0, 1.0)?;
    if config.near_miss != -1.0 {
        in_range("near_miss", config.near_miss.into(), 0.0, 1.0)?;
    }
    if config.refractory_ms != EARNEST_ENGINES_OWN {
        in_range("refractory_ms", config.refractory_ms.into(), 0.0, 10_000.0)?;
    }
    vad(config).map(drop)
}

/// NaN is never in range.
fn in_range(field: &str, actual: f64, min: f64, max: f64) -> Result<(), Error> {
    if actual >= min && actual <= max {
        return Ok(());
    }
    Err(Error::new(Status::OutOfRange, field, min, max, actual))
}
