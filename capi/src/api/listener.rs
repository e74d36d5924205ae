//! The chain behind a listener, and the parts that it has in the caller's memory.

use super::ear::{self, Ear};
use super::engine::{Engine, Model, net_spotter, template_spotter};
use super::guard_types::Surroundings;
use super::room::{Room, Sizes};
use super::types::{Config, EARNEST_ENGINES_OWN, EARNEST_SAMPLE_RATE_HZ, Error, Event, Status, Vad};
use core::mem::MaybeUninit;
use earnest_core::Storage;
use earnest_core::audio::{PreRoll, SampleIndex, SampleSpan};
use earnest_core::frontend::{BaseFrontEnd, BaseMemory, FrontEndConfig};
use earnest_core::guard::TalkMeter;
use earnest_core::pipeline::Pipeline;
use earnest_core::playback::Reference;
use earnest_core::spotter::KeywordSpotter;
use earnest_core::spotter::net::NetModel;
use earnest_core::spotter::template::TemplateModel;
use earnest_core::vad::{MAX_TALK_WINDOW_S, MelVad, MelVadConfig};

/// Most samples of pre-roll: five minutes.
const MAX_PRE_ROLL: u32 = 300 * 16_000;
/// How far back facts about talk go, samples.
const TALK: u64 = (MAX_TALK_WINDOW_S * EARNEST_SAMPLE_RATE_HZ) as u64;

/// What a listener, and a chain up to the wake phrase, have in the memory beside themselves.
pub(crate) struct Parts<'a> {
    pub(crate) front_end: &'a mut BaseMemory,
    /// The spotter's.
    pub(crate) state: &'a mut [u32],
    pub(crate) pre_roll: &'a mut [i16],
    pub(crate) ear: Option<&'a mut Ear<'a>>,
}

impl<'a> Parts<'a> {
    /// How much of it they take. `config`: checked.
    pub(crate) fn sizes(config: &Config, model: Option<&Model<'_>>, sizes: &mut Sizes) {
        sizes.add::<BaseMemory>(1);
        sizes.add::<u32>(model.map_or(0, Model::required_words));
        sizes.add::<i16>(config.pre_roll_samples as usize);
        ear::sizes(config, model, sizes);
    }

    pub(crate) fn cut(
        config: &Config,
        model: Option<&Model<'a>>,
        room: &mut Room<'a>,
    ) -> Result<Self, Error> {
        Ok(Parts {
            front_end: room.zeroed_one()?,
            state: room.zeroed(model.map_or(0, Model::required_words))?,
            pre_roll: room.zeroed(config.pre_roll_samples as usize)?,
            ear: ear::make(config, model, room)?,
        })
    }
}

/// What a handle stands for.
pub(crate) struct Listener<'a> {
    pipeline: Pipeline<'a, Engine<'a>, MelVad, BaseFrontEnd<'a>, Option<&'a mut Ear<'a>>>,
    talk: TalkMeter,
    /// The end of the latest frame.
    heard: SampleIndex,
    /// The first sample since the start, the last reset or the last mute.
    since: SampleIndex,
}

impl<'a> Listener<'a> {
    /// Puts one into `slot`. Where it fails, nothing is in `slot`.
    #[inline(never)]
    pub(crate) fn make(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: Option<Model<'a>>,
        mut room: Room<'a>,
    ) -> Result<(), Error> {
        let parts = Parts::cut(config, model.as_ref(), &mut room)?;
        match model {
            None => Self::emplace(slot, config, Engine::None, parts),
            Some(Model::Net(model)) => Self::with_net(slot, config, model, parts),
            Some(Model::Template(model)) => Self::with_template(slot, config, model, parts),
        }
    }

    // Each apart, and what they share too: all in one function, they would take the stack of all.
    #[inline(never)]
    fn with_net(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: NetModel<'a>,
        mut parts: Parts<'a>,
    ) -> Result<(), Error> {
        match net_spotter(config, model, core::mem::take(&mut parts.state)) {
            Ok(spotter) => Self::emplace(slot, config, Engine::Net(spotter), parts),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn with_template(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        model: TemplateModel<'a>,
        mut parts: Parts<'a>,
    ) -> Result<(), Error> {
        match template_spotter(config, model, core::mem::take(&mut parts.state)) {
            Ok(spotter) => Self::emplace(slot, config, Engine::Template(spotter), parts),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn emplace(
        slot: &mut MaybeUninit<Self>,
        config: &Config,
        engine: Engine<'a>,
        parts: Parts<'a>,
    ) -> Result<(), Error> {
        let Parts { front_end, pre_roll, ear, .. } = parts;
        let pre_roll = match PreRoll::new(Storage::Lent(pre_roll)) {
            Ok(pre_roll) => pre_roll,
            Err(error) => return Err(Error::from_core(&error, "")),
        };
        match MelVad::new(vad_config(config), &FrontEndConfig::base()) {
            Ok(vad) => {
                let front_end = BaseFrontEnd::new(front_end);
                slot.write(Listener {
                    pipeline: Pipeline::of(front_end, vad, engine, pre_roll).with_playback(ear),
                    talk: TalkMeter::new(config.vad_talk_window_s),
                    heard: SampleIndex(0),
                    since: SampleIndex(0),
                });
                Ok(())
            }
            Err(error) => Err(Error::from_core(&error, "vad_")),
        }
    }

    /// The next event, [`Event::NONE`] if all of `pcm` was taken in without one. Takes as many samples of `reference`;
    /// what is missing there is silence.
    pub(crate) fn push(&mut self, pcm: &mut &[i16], reference: &mut &[i16]) -> Event {
        let Listener { pipeline, talk, heard, .. } = self;
        while let Some(event) = pipeline.next_event_with_frames(pcm, reference, |frame, vad| {
            *heard = frame.span.end;
            talk.process(vad, frame.span.end);
        }) {
            if let Some(event) = Event::from_core(&event) {
                return event;
            }
        }
        Event::NONE
    }

    /// Whether it was made to hear a reference.
    pub(crate) fn has_reference(&self) -> bool {
        self.pipeline.playback().is_some()
    }

    pub(crate) fn now(&self) -> u64 {
        self.pipeline.now().0
    }

    pub(crate) fn vad(&self) -> Option<Vad> {
        self.pipeline.vad().map(|frame| Vad::from_core(frame, self.pipeline.spotter().score()))
    }

    /// The facts about the words from `start` to `end`.
    pub(crate) fn surroundings(&self, start: u64, end: u64) -> Result<Surroundings, Error> {
        if self.pipeline.vad().is_none() {
            return Err(Error::new(Status::NothingHeard, "around", 400.0, f64::INFINITY, 0.0));
        }
        let now = self.now();
        in_range("end", end as f64, 0.0, now as f64)?;
        in_range("start", start as f64, 0.0, end as f64)?;
        // Where a spotter says that words begin may lie before the first sample.
        let oldest = self.since.0.max(now.saturating_sub(TALK));
        if end <= oldest {
            return Err(Error::new(Status::NotRemembered, "end", oldest as f64, now as f64, end as f64));
        }
        let words = SampleSpan { start: SampleIndex(start), end: SampleIndex(end) };
        let playback = self.pipeline.playback();
        Ok(Surroundings::from_core(&earnest_core::guard::Surroundings {
            playing: playback.playing(),
            in_playback: playback.evidence(words, self.heard).score,
            ..self.talk.surroundings(words)
        }))
    }

    pub(crate) fn mute(&mut self) {
        self.pipeline.mute();
        self.forget();
    }

    pub(crate) fn unmute(&mut self) {
        if self.is_muted() {
            self.pipeline.unmute();
            self.since = self.pipeline.now();
        }
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.pipeline.is_muted()
    }

    pub(crate) fn reset(&mut self) {
        self.pipeline.reset();
        self.forget();
    }

    /// Nothing is left of what was heard behind the pipeline, which forgets by itself.
    fn forget(&mut self) {
        self.talk.reset();
        (self.heard, self.since) = (SampleIndex(0), self.pipeline.now());
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
    in_range("reference", config.reference.into(), 0.0, 1.0)?;
    ear::config(config).check().map_err(|error| Error::from_core(&error, "reference_"))?;
    vad_config(config).check().map_err(|error| Error::from_core(&error, "vad_"))
}

/// NaN is never in range.
pub(crate) fn in_range(field: &str, actual: f64, min: f64, max: f64) -> Result<(), Error> {
    if actual >= min && actual <= max {
        return Ok(());
    }
    Err(Error::new(Status::OutOfRange, field, min, max, actual))
}
