//! The chain behind a listener, and where its parts lie in the caller's memory.

use super::guard_types::Surroundings;
use super::types::{
    Config, EARNEST_ALIGNMENT, EARNEST_ENGINES_OWN, EARNEST_SAMPLE_RATE_HZ, Error, Event, Feature,
    ModelFacts, Status, Vad, text,
};
use core::mem::MaybeUninit;
use earnest_core::Storage;
use earnest_core::audio::{PreRoll, SampleIndex, SampleSpan};
use earnest_core::frontend::{BaseFrontEnd, BaseMemory, FrontEndConfig, MelFrame};
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

/// Where what lies, in bytes from the start of the memory. The listener itself lies at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Where the front end's memory begins.
    pub(crate) front_end_at: usize,
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
        let front_end_at = head.next_multiple_of(EARNEST_ALIGNMENT);
        let state_at = (front_end_at + size_of::<BaseMemory>()).next_multiple_of(EARNEST_ALIGNMENT);
        let pre_roll_at = state_at + state * size_of::<u32>();
        let total = (pre_roll_at + pre_roll * size_of::<i16>()).next_multiple_of(EARNEST_ALIGNMENT);
        Layout { front_end_at, state_at, state, pre_roll_at, pre_roll, total }
    }
}

/// The parts of the memory beside the listener itself.
pub(crate) struct Parts<'a> {
    pub(crate) front_end: &'a mut BaseMemory,
    pub(crate) state: &'a mut [u32],
    pub(crate) pre_roll: &'a mut [i16],
}

/// What a handle stands for.
pub(crate) struct Listener<'a> {
    pipeline: Pipeline<'a, Engine<'a>, MelVad, BaseFrontEnd<'a>>,
    /// The latest stretch of speech: its first sample, one past its last once it is over, and the quiet before it.
    stretch: (u64, u64, u64),
    talk_window_samples: u32,
}

impl<'a> Listener<'a> {
    /// Puts one into `slot`. `parts`: as long as the [`Layout`] has them. Where it fails, nothing is in `slot`.
    pub(crate) fn make(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: Option<Model<'a>>,
        parts: Parts<'a>,
    ) -> Result<(), Error> {
        let Parts { front_end, state, pre_roll } = parts;
        let pre_roll = PreRoll::new(Storage::Lent(pre_roll)).map_err(|error| Error::from_core(&error, ""))?;
        match model {
            None => Self::emplace(slot, config, Engine::None, front_end, pre_roll),
            Some(Model::Net(model)) => Self::with_net(slot, config, model, state, front_end, pre_roll),
            Some(Model::Template(model)) => {
                Self::with_template(slot, config, model, state, front_end, pre_roll)
            }
        }
    }

    // Each apart, and what they share too: all in one function, they would take the stack of all.
    #[inline(never)]
    fn with_net(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: NetModel<'a>,
        state: &'a mut [u32],
        front_end: &'a mut BaseMemory,
        pre_roll: PreRoll<'a>,
    ) -> Result<(), Error> {
        match net_spotter(config, model, state) {
            Ok(spotter) => Self::emplace(slot, config, Engine::Net(spotter), front_end, pre_roll),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn with_template(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: TemplateModel<'a>,
        state: &'a mut [u32],
        front_end: &'a mut BaseMemory,
        pre_roll: PreRoll<'a>,
    ) -> Result<(), Error> {
        match template_spotter(config, model, state) {
            Ok(spotter) => Self::emplace(slot, config, Engine::Template(spotter), front_end, pre_roll),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn emplace(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        engine: Engine<'a>,
        front_end: &'a mut BaseMemory,
        pre_roll: PreRoll<'a>,
    ) -> Result<(), Error> {
        match MelVad::new(vad_config(config), &FrontEndConfig::base()) {
            Ok(vad) => {
                let front_end = BaseFrontEnd::new(front_end);
                slot.write(Listener {
                    pipeline: Pipeline::of(front_end, vad, engine, pre_roll),
                    stretch: (0, 0, 0),
                    talk_window_samples: config.vad_talk_window_s * EARNEST_SAMPLE_RATE_HZ,
                });
                Ok(())
            }
            Err(error) => Err(Error::from_core(&error, "vad_")),
        }
    }

    /// The next event, [`Event::NONE`] if all of `pcm` was taken in without one.
    pub(crate) fn push(&mut self, pcm: &mut &[i16]) -> Event {
        while let Some(event) = self.pipeline.next_event(pcm) {
            match event {
                earnest_core::event::Event::SpeechStart { at, .. } => {
                    let quiet = self.pipeline.vad().map_or(0, |vad| vad.quiet_samples);
                    self.stretch = (at.0, at.0, quiet);
                }
                earnest_core::event::Event::SpeechEnd { at, .. } => self.stretch.1 = at.0,
                _ => {}
            }
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

    pub(crate) fn surroundings(&self) -> Option<Surroundings> {
        let vad = self.pipeline.vad()?;
        let (start, end, quiet_samples) = self.stretch;
        Some(Surroundings {
            stretch_start: start,
            stretch_end: if vad.speech { self.now() } else { end },
            quiet_samples,
            talk_samples: vad.talk_samples,
            talk_window_samples: self.talk_window_samples,
            ..Surroundings::default()
        })
    }

    pub(crate) fn mute(&mut self) {
        self.stretch = (0, 0, 0);
        self.pipeline.mute();
    }

    pub(crate) fn unmute(&mut self) {
        self.pipeline.unmute();
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.pipeline.is_muted()
    }

    pub(crate) fn reset(&mut self) {
        self.stretch = (0, 0, 0);
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

pub(crate) fn vad_config(config: &Config) -> MelVadConfig {
    MelVadConfig {
        threshold: config.vad_threshold,
        onset_frames: config.vad_onset_frames,
        hangover_frames: config.vad_hangover_frames,
        talk_window_s: config.vad_talk_window_s,
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
    vad_config(config).check().map_err(|error| Error::from_core(&error, "vad_"))
}

/// NaN is never in range.
pub(crate) fn in_range(field: &str, actual: f64, min: f64, max: f64) -> Result<(), Error> {
    if actual >= min && actual <= max {
        return Ok(());
    }
    Err(Error::new(Status::OutOfRange, field, min, max, actual))
}
