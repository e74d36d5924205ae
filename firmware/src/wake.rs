//! Front end, VAD and a wake net: what a device runs all day, on "Alexa. Turn on the kitchen light."

use crate::report::{Line, Machine, Meter};
use crate::stages::{Aligned, print_event};
use earnest::Storage;
use earnest::audio::PreRoll;
use earnest::event::Event;
use earnest::frontend::{BaseFrontEnd, BaseMemory, FrontEndConfig};
use earnest::pipeline::Pipeline;
#[cfg(feature = "reference")]
use earnest::playback::{FRAMES, Playback, PlaybackConfig, PlayedFrame};
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest::vad::{MelVad, MelVadConfig};

/// The clip of `examples/c/alexa.sh`, 16-bit little-endian.
static ALEXA: &[u8] = include_bytes!("../../examples/c/alexa.s16le");
/// The model, where its words can be read in place.
static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/wake-alexa.ear"));
/// Words of state that it needs.
const WORDS: usize = 1_780;
/// Samples that are remembered: 0.5 s; 0.1 s where the whole chain takes the memory, which remembers frames instead.
const PRE_ROLL: usize = if cfg!(feature = "command") { 1_600 } else { 8_000 };
/// Samples that an interrupt would hand over at once.
const CHUNK: usize = 160;

/// Static RAM of this stage.
pub(crate) struct Memory {
    front_end: BaseMemory,
    words: [u32; WORDS],
    pre_roll: [i16; PRE_ROLL],
}

impl Memory {
    pub(crate) const EMPTY: Memory =
        Memory { front_end: BaseMemory::ZERO, words: [0; WORDS], pre_roll: [0; PRE_ROLL] };
}

type Chain<'a> = Pipeline<'a, NetSpotter<'a>, MelVad, BaseFrontEnd<'a>>;

/// The clip, as an interrupt hands it over.
pub(crate) fn chunks() -> impl Iterator<Item = [i16; CHUNK]> {
    ALEXA.as_chunks::<{ 2 * CHUNK }>().0.iter().map(|bytes| {
        let mut pcm = [0; CHUNK];
        pcm.iter_mut().zip(bytes.as_chunks().0).for_each(|(to, from)| *to = i16::from_le_bytes(*from));
        pcm
    })
}

/// Front end and spotter, and the memory of the pre-roll.
#[inline(never)]
pub(crate) fn parts(memory: &mut Memory) -> Option<(BaseFrontEnd<'_>, NetSpotter<'_>, &mut [i16])> {
    let Memory { front_end, words, pre_roll } = memory;
    let model = NetModel::parse(&MODEL.0[..]).ok()?;
    let needed = NetSpotter::required_words(&model);
    let spotter =
        NetSpotter::new(NetConfig::default(), model, Storage::Lent(words.get_mut(..needed)?)).ok()?;
    Some((BaseFrontEnd::new(front_end), spotter, pre_roll))
}

#[inline(never)]
fn chain(memory: &mut Memory) -> Option<Chain<'_>> {
    let (front_end, spotter, pre_roll) = parts(memory)?;
    let vad = MelVad::new(MelVadConfig::default(), &FrontEndConfig::base()).ok()?;
    let pre_roll = PreRoll::new(Storage::Lent(pre_roll)).ok()?;
    Some(Pipeline::of(front_end, vad, spotter, pre_roll))
}

/// Events of one chunk: no more than one edge and one detection a frame.
fn events(chain: &mut Chain<'_>, pcm: &[i16]) -> [Option<Event>; 2] {
    let (mut events, mut count) = ([None; 2], 0);
    chain.push(pcm, |event| {
        if let Some(slot) = events.get_mut(count) {
            *slot = Some(event);
            count += 1;
        }
    });
    events
}

pub(crate) fn run(memory: &mut Memory, machine: &mut impl Machine) {
    let mut meter = Meter::new();
    machine.paint();
    let Some(mut chain) = meter.measure(machine, || chain(memory)) else {
        return Line::new("failed wake").print(machine);
    };
    let state = size_of::<Chain<'_>>() + size_of::<Memory>();
    meter.print(machine, "wake-new", 1, state);
    Line::new("chain").word("c-wake").print(machine);
    let (mut meter, mut count) = (Meter::new(), 0);
    machine.paint();
    for pcm in chunks() {
        let events = meter.measure(machine, || events(&mut chain, &pcm));
        events.iter().flatten().for_each(|event| print_event(machine, event));
        count += 1;
    }
    meter.print(machine, "wake", count, state);
}

/// Static RAM of a second ear, beside a front end and the spotter's words.
#[cfg(feature = "reference")]
pub(crate) struct EarMemory {
    stages: Memory,
    frames: [PlayedFrame; FRAMES],
}

#[cfg(feature = "reference")]
impl EarMemory {
    pub(crate) const EMPTY: EarMemory =
        EarMemory { stages: Memory::EMPTY, frames: [PlayedFrame::UNUSED; FRAMES] };
}

#[cfg(feature = "reference")]
type Ear<'a> = Playback<'a, NetSpotter<'a>, MelVad, BaseFrontEnd<'a>>;

#[cfg(feature = "reference")]
#[inline(never)]
fn ear(memory: &mut EarMemory) -> Option<Ear<'_>> {
    let (front_end, spotter, _) = parts(&mut memory.stages)?;
    let vad = MelVad::new(MelVadConfig::default(), &FrontEndConfig::base()).ok()?;
    Playback::of(PlaybackConfig::default(), front_end, vad, spotter, Storage::Lent(&mut memory.frames)).ok()
}

/// The same chain, which hears what the device plays: the clip itself, then nothing.
#[cfg(feature = "reference")]
pub(crate) fn run_with_reference(
    memory: &mut Memory,
    ear_memory: &mut EarMemory,
    machine: &mut impl Machine,
) {
    for (name, playing) in [("c-reference", true), ("c-reference-silent", false)] {
        let (Some(chain), Some(ear)) = (chain(memory), ear(ear_memory)) else {
            return Line::new("failed").word(name).print(machine);
        };
        let mut chain = chain.with_playback(ear);
        Line::new("chain").word(name).print(machine);
        for pcm in chunks() {
            let reference = if playing { &pcm[..] } else { &[] };
            chain.push_with_reference(&pcm, reference, |event| print_event(machine, &event));
        }
    }
}
