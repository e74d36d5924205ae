//! The second ear, on what the device plays, for those who ask for one: it takes as much memory as front end, spotter and VAD
//! do once more, and that of the frames it compares.

use super::engine::{Engine, Model, net_spotter, template_spotter};
use super::listener::vad_config;
use super::room::{Room, Sizes};
use super::types::{Config, Error, Status};
use core::mem::MaybeUninit;
use earnest_core::Storage;
use earnest_core::frontend::{BaseFrontEnd, BaseMemory, FrontEndConfig};
use earnest_core::playback::{FRAMES, Playback, PlaybackConfig, PlayedFrame};
use earnest_core::spotter::net::NetModel;
use earnest_core::spotter::template::TemplateModel;
use earnest_core::vad::MelVad;

/// Hears what the microphone's listener hears, with the same model.
pub(crate) type Ear<'a> = Playback<'a, Engine<'a>, MelVad, BaseFrontEnd<'a>>;

pub(crate) fn config(config: &Config) -> PlaybackConfig {
    PlaybackConfig {
        max_delay_ms: config.reference_max_delay_ms,
        share: config.reference_share,
        similarity: config.reference_similarity,
    }
}

/// What it takes of the memory: nothing, if none is asked for.
pub(crate) fn sizes(config: &Config, model: Option<&Model<'_>>, sizes: &mut Sizes) {
    if config.reference == 1 {
        sizes.add::<BaseMemory>(1);
        sizes.add::<u32>(model.map_or(0, Model::required_words));
        sizes.add::<PlayedFrame>(FRAMES);
        sizes.add::<Ear<'_>>(1);
    }
}

/// One in `room`, if it is asked for.
// Apart, so that whoever has none hasn't its stack either.
#[inline(never)]
pub(crate) fn make<'a>(
    config: &Config,
    model: Option<&Model<'a>>,
    room: &mut Room<'a>,
) -> Result<Option<&'a mut Ear<'a>>, Error> {
    if config.reference != 1 {
        return Ok(None);
    }
    let front_end = BaseFrontEnd::new(room.zeroed_one()?);
    let state = room.zeroed(model.map_or(0, Model::required_words))?;
    let frames = room.zeroed(FRAMES)?;
    let place = room.place()?;
    let parts = Parts { config, front_end, frames };
    match model.cloned() {
        None => parts.emplace(place, Engine::None),
        Some(Model::Net(model)) => parts.with_net(place, model, state),
        Some(Model::Template(model)) => parts.with_template(place, model, state),
    }
    .map(Some)
}

/// All but the engine.
struct Parts<'p, 'a> {
    config: &'p Config,
    front_end: BaseFrontEnd<'a>,
    frames: &'a mut [PlayedFrame],
}

impl<'a> Parts<'_, 'a> {
    // As those of a listener, and for the same reason.
    #[inline(never)]
    fn with_net(
        self,
        place: &'a mut MaybeUninit<Ear<'a>>,
        model: NetModel<'a>,
        state: &'a mut [u32],
    ) -> Result<&'a mut Ear<'a>, Error> {
        match net_spotter(self.config, model, state) {
            Ok(spotter) => self.emplace(place, Engine::Net(spotter)),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn with_template(
        self,
        place: &'a mut MaybeUninit<Ear<'a>>,
        model: TemplateModel<'a>,
        state: &'a mut [u32],
    ) -> Result<&'a mut Ear<'a>, Error> {
        match template_spotter(self.config, model, state) {
            Ok(spotter) => self.emplace(place, Engine::Template(spotter)),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn emplace(
        self,
        place: &'a mut MaybeUninit<Ear<'a>>,
        spotter: Engine<'a>,
    ) -> Result<&'a mut Ear<'a>, Error> {
        let Parts { config, front_end, frames } = self;
        match MelVad::new(vad_config(config), &FrontEndConfig::base()) {
            Ok(vad) => match Ear::of(self::config(config), front_end, vad, spotter, Storage::Lent(frames)) {
                Ok(ear) => Ok(place.write(ear)),
                Err(error) => Err(Error::from_core(&error, "reference_")),
            },
            Err(error) => Err(Error::from_core(&error, "vad_")),
        }
    }
}

/// Whether there is somebody to hear `reference`, if it is one.
pub(crate) fn wanted(reference: &[i16], there: bool) -> Result<(), Error> {
    if reference.is_empty() || there {
        return Ok(());
    }
    Err(Error::new(Status::OutOfRange, "reference", 1.0, 1.0, 0.0))
}
