//! Every stage over the clip, in the order of the flow, then the whole chain.

use crate::report::Machine;
#[cfg(any(feature = "front-end", feature = "micro"))]
use crate::report::Meter;
use crate::report::{Hash, Line};

#[cfg(any(feature = "template", feature = "net"))]
use earnest::Storage;
#[cfg(feature = "vad")]
use earnest::audio::SampleIndex;
#[cfg(any(feature = "template", feature = "wake"))]
use earnest::event::Event;
#[cfg(feature = "front-end")]
use earnest::frontend::{FrontEnd, FrontEndConfig, MelFrame};
#[cfg(feature = "micro")]
use earnest::frontend::{MicroFrontEnd, MicroFrontEndConfig};
#[cfg(feature = "net")]
use earnest::nn::{Model, Net};
#[cfg(feature = "template")]
use earnest::pipeline::Pipeline;
#[cfg(any(feature = "template", feature = "wake"))]
use earnest::spotter::Detection;
#[cfg(feature = "template")]
use earnest::spotter::KeywordSpotter;
#[cfg(feature = "template")]
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
#[cfg(feature = "vad")]
use earnest::vad::{MelVad, MelVadConfig, SpeechEdge, VadFrame, VoiceActivityDetector};

/// The clip, 16 kHz.
static CLIP: [i16; 64_000] = include!(concat!(env!("OUT_DIR"), "/clip.rs"));
/// Samples that an interrupt would hand over at once.
const CHUNK: usize = 160;

/// "hey earnest", enrolled from the bundled recordings.
#[cfg(feature = "template")]
static PHRASE: &[u8] = include_bytes!("../../examples/kitchen/hey_earnest.earnest");
/// As in `examples/kitchen/assistant.toml`.
#[cfg(feature = "template")]
const THRESHOLD: f32 = 0.34;
/// State that the phrase needs.
#[cfg(feature = "template")]
const SPOTTER_STATE: usize = 14_000;

/// The small acoustic model in integers, where its words can be read in place.
#[cfg(any(feature = "net", feature = "command"))]
pub(crate) static PHONES: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/phones-s.int8.ear"));
/// Words of state that it needs.
#[cfg(any(feature = "net", feature = "command"))]
pub(crate) const PHONES_STATE: usize = 4_700;

#[cfg(any(feature = "net", feature = "wake"))]
#[repr(align(4))]
pub(crate) struct Aligned<T: ?Sized>(pub(crate) T);

/// A stage that may not be there yet. Unlike an `Option`'s `None`, `Empty` is zero: it needs no initial value in flash.
#[cfg(any(feature = "front-end", feature = "micro"))]
#[repr(u8)]
pub(crate) enum Slot<T> {
    Empty = 0,
    Full(T),
}

/// All static RAM of the stages.
pub(crate) struct State {
    #[cfg(feature = "front-end")]
    front_end: Slot<FrontEnd>,
    #[cfg(feature = "micro")]
    micro: Slot<MicroFrontEnd>,
    #[cfg(feature = "vad")]
    vad: Slot<MelVad>,
    #[cfg(feature = "net")]
    phones: [u32; PHONES_STATE],
    #[cfg(feature = "template")]
    spotter: [f32; SPOTTER_STATE],
    #[cfg(feature = "template")]
    pre_roll: [i16; 16_000],
    #[cfg(feature = "wake")]
    wake: crate::wake::Memory,
    #[cfg(feature = "command")]
    command: crate::command::Memory,
    #[cfg(feature = "reference")]
    ear: crate::wake::EarMemory,
}

impl State {
    pub(crate) const EMPTY: State = State {
        #[cfg(feature = "front-end")]
        front_end: Slot::Empty,
        #[cfg(feature = "micro")]
        micro: Slot::Empty,
        #[cfg(feature = "vad")]
        vad: Slot::Empty,
        #[cfg(feature = "net")]
        phones: [0; PHONES_STATE],
        #[cfg(feature = "template")]
        spotter: [0.0; SPOTTER_STATE],
        #[cfg(feature = "template")]
        pre_roll: [0; 16_000],
        #[cfg(feature = "wake")]
        wake: crate::wake::Memory::EMPTY,
        #[cfg(feature = "command")]
        command: crate::command::Memory::EMPTY,
        #[cfg(feature = "reference")]
        ear: crate::wake::EarMemory::EMPTY,
    };
}

pub(crate) fn run(state: &mut State, machine: &mut impl Machine) {
    let _ = &state;
    clip(machine);
    #[cfg(feature = "front-end")]
    front_end(&mut state.front_end, machine);
    #[cfg(feature = "micro")]
    micro(&mut state.micro, machine);
    #[cfg(feature = "vad")]
    vad(&mut state.front_end, &mut state.vad, machine);
    #[cfg(feature = "net")]
    phones(&mut state.front_end, &mut state.phones, machine);
    #[cfg(feature = "template")]
    {
        template(state, machine);
        chain(state, machine);
    }
    #[cfg(feature = "wake")]
    crate::wake::run(&mut state.wake, machine);
    #[cfg(feature = "reference")]
    crate::wake::run_with_reference(&mut state.wake, &mut state.ear, machine);
    #[cfg(feature = "command")]
    crate::command::run(&mut state.wake, &mut state.command, machine);
    #[cfg(feature = "canary")]
    canary(machine);
}

/// The clip itself, so that a difference in the audio isn't taken for one in a stage.
fn clip(machine: &mut impl Machine) {
    let mut hash = Hash::new();
    for sample in &CLIP {
        hash.word(*sample as u32);
    }
    bits(machine, "clip", CLIP.len() as u64, &hash);
}

/// `bits NAME items hash`.
pub(crate) fn bits(machine: &mut impl Machine, name: &str, items: u64, hash: &Hash) {
    Line::new("bits").word(name).number(items).hex(hash.value()).print(machine);
}

#[cfg(feature = "front-end")]
fn frame_bits(hash: &mut Hash, frame: &MelFrame) {
    hash.word(frame.span.end.0 as u32);
    hash.word(frame.mean_square.to_bits());
    frame.mel().iter().for_each(|value| hash.word(value.to_bits()));
}

/// Puts what `make` gives into `slot` and prints what that cost.
#[cfg(any(feature = "front-end", feature = "micro"))]
fn construct<'s, M: Machine, T, E>(
    machine: &mut M,
    name: &str,
    slot: &'s mut Slot<T>,
    make: impl FnOnce() -> Result<T, E>,
) -> Option<&'s mut T> {
    let mut meter = Meter::new();
    machine.paint();
    meter.measure(machine, || {
        if let Ok(stage) = make() {
            *slot = Slot::Full(stage);
        }
    });
    meter.print(machine, name, 1, size_of::<T>());
    match slot {
        Slot::Full(stage) => Some(stage),
        Slot::Empty => {
            Line::new("failed").word(name).print(machine);
            None
        }
    }
}

#[cfg(feature = "front-end")]
fn front_end(slot: &mut Slot<FrontEnd>, machine: &mut impl Machine) {
    let Some(front_end) = construct(machine, "front-end-new", slot, || FrontEnd::new(FrontEndConfig::base()))
    else {
        return;
    };
    let (mut meter, mut hash, mut frames) = (Meter::new(), Hash::new(), 0);
    machine.paint();
    for mut chunk in CLIP.chunks(CHUNK) {
        while let Some(frame) = meter.measure(machine, || front_end.process(&mut chunk)) {
            frame_bits(&mut hash, frame);
            frames += 1;
        }
    }
    meter.print(machine, "front-end", frames, size_of::<FrontEnd>());
    bits(machine, "front-end", frames, &hash);
}

#[cfg(feature = "micro")]
fn micro(slot: &mut Slot<MicroFrontEnd>, machine: &mut impl Machine) {
    let make = || MicroFrontEnd::new(MicroFrontEndConfig::base());
    let Some(front_end) = construct(machine, "micro-new", slot, make) else {
        return;
    };
    let (mut meter, mut hash, mut frames) = (Meter::new(), Hash::new(), 0);
    machine.paint();
    for mut chunk in CLIP.chunks(CHUNK) {
        while meter.measure(machine, || front_end.process(&mut chunk).is_some()) {
            front_end.values().iter().for_each(|value| hash.word(u32::from(*value)));
            frames += 1;
        }
    }
    meter.print(machine, "micro", frames, size_of::<MicroFrontEnd>());
    bits(machine, "micro", frames, &hash);
}

#[cfg(feature = "vad")]
fn vad_bits(hash: &mut Hash, frame: &VadFrame) {
    let edge = match frame.edge {
        None => 0,
        Some(SpeechEdge::Onset(SampleIndex(at))) => 2 * at as u32 + 1,
        Some(SpeechEdge::End(SampleIndex(at))) => 2 * at as u32 + 2,
    };
    hash.word(u32::from(frame.speech));
    hash.word(edge);
    hash.word(frame.quiet_samples as u32);
    hash.word(frame.talk_samples);
    for value in [frame.probability, frame.level_db, frame.noise_db] {
        hash.word(value.to_bits());
    }
}

#[cfg(feature = "vad")]
fn vad(front_end: &mut Slot<FrontEnd>, slot: &mut Slot<MelVad>, machine: &mut impl Machine) {
    let vad =
        construct(machine, "vad-new", slot, || MelVad::new(MelVadConfig::default(), &FrontEndConfig::base()));
    let (Slot::Full(front_end), Some(vad)) = (front_end, vad) else {
        return;
    };
    front_end.reset();
    let (mut meter, mut hash, mut frames) = (Meter::new(), Hash::new(), 0);
    // The stack is what the VAD and the front end need, whichever needs more.
    machine.paint();
    for mut chunk in CLIP.chunks(CHUNK) {
        while let Some(frame) = front_end.process(&mut chunk) {
            vad_bits(&mut hash, &meter.measure(machine, || vad.process(frame)));
            frames += 1;
        }
    }
    meter.print(machine, "vad", frames, size_of::<MelVad>());
    bits(machine, "vad", frames, &hash);
}

#[cfg(feature = "net")]
fn phones(front_end: &mut Slot<FrontEnd>, memory: &mut [u32], machine: &mut impl Machine) {
    let Slot::Full(front_end) = front_end else { return };
    front_end.reset();
    let mut meter = Meter::new();
    machine.paint();
    let net = meter.measure(machine, || {
        let model = Model::new(&PHONES.0[..]).ok()?;
        let words = Net::required_words(&model);
        Net::new(model, Storage::Lent(memory.get_mut(..words)?)).ok()
    });
    let Some(mut net) = net else { return Line::new("failed phones").print(machine) };
    let state_bytes = size_of::<Net<'_>>() + 4 * Net::required_words(net.model());
    meter.print(machine, "phones-new", 1, state_bytes);
    let (mut meter, mut hash, mut frames) = (Meter::new(), Hash::new(), 0);
    machine.paint();
    for mut chunk in CLIP.chunks(CHUNK) {
        while let Some(frame) = front_end.process(&mut chunk) {
            if let Some(row) = meter.measure(machine, || net.process(frame.mel())) {
                row.iter().for_each(|value| hash.word(value.to_bits()));
            }
            frames += 1;
        }
    }
    meter.print(machine, "phones", frames, state_bytes);
    bits(machine, "phones", frames, &hash);
}

#[cfg(feature = "template")]
fn spotter(state: &mut [f32]) -> Option<TemplateSpotter<'_>> {
    let model = TemplateModel::parse(PHRASE).ok()?;
    let config = TemplateConfig { threshold: Some(THRESHOLD), ..TemplateConfig::default() };
    TemplateSpotter::new(config, model, Storage::Lent(state)).ok()
}

/// The spotter alone: the front end and the VAD run beside it, uncounted.
#[cfg(feature = "template")]
fn template(state: &mut State, machine: &mut impl Machine) {
    let State { front_end: Slot::Full(front_end), vad: Slot::Full(vad), spotter: memory, .. } = state else {
        return;
    };
    front_end.reset();
    vad.reset();
    let mut meter = Meter::new();
    machine.paint();
    let Some(mut spotter) = meter.measure(machine, || spotter(memory)) else {
        return Line::new("failed template").print(machine);
    };
    let state_bytes = size_of::<TemplateSpotter<'_>>() + 4 * spotter.model().required_state();
    meter.print(machine, "template-new", 1, state_bytes);
    let (mut meter, mut hash, mut frames) = (Meter::new(), Hash::new(), 0);
    machine.paint();
    for mut chunk in CLIP.chunks(CHUNK) {
        while let Some(frame) = front_end.process(&mut chunk) {
            let judged = vad.process(frame);
            meter.measure(machine, || spotter.process(frame, &judged));
            hash.word(spotter.score().to_bits());
            frames += 1;
        }
    }
    meter.print(machine, "template", frames, state_bytes);
    bits(machine, "template", frames, &hash);
}

/// The whole chain, as an application runs it.
#[cfg(feature = "template")]
fn chain(state: &mut State, machine: &mut impl Machine) {
    let vad = MelVad::new(MelVadConfig::default(), &FrontEndConfig::base());
    let (Some(spotter), Ok(vad)) = (spotter(&mut state.spotter), vad) else {
        return;
    };
    let pre_roll = Storage::Lent(&mut state.pre_roll);
    machine.paint();
    let Ok(mut pipeline) = Pipeline::with_vad(FrontEndConfig::base(), vad, spotter, pre_roll) else {
        return Line::new("failed chain").print(machine);
    };
    Line::new("chain").word("c-template").print(machine);
    let mut meter = Meter::new();
    for chunk in CLIP.chunks(CHUNK) {
        // No more than one edge and one detection a frame.
        let (mut events, mut count) = ([None; 2], 0);
        meter.measure(machine, || {
            pipeline.push(chunk, |event| {
                if let Some(slot) = events.get_mut(count) {
                    *slot = Some(event);
                    count += 1;
                }
            });
        });
        events.iter().flatten().for_each(|event| print_event(machine, event));
    }
    meter.print(machine, "chain", (CLIP.len() / CHUNK) as u64, size_of_val(&pipeline));
}

#[cfg(any(feature = "template", feature = "wake"))]
pub(crate) fn print_event(machine: &mut impl Machine, event: &Event) {
    let told = |name: &str, d: &Detection| {
        let line = Line::new("event").word(name).number(d.span.start.0).number(d.span.end.0);
        line.number(d.decided.0).hex(u64::from(d.score.to_bits()))
    };
    match event {
        Event::SpeechStart { at, decided } => {
            Line::new("event speech-start").number(at.0).number(decided.0).print(machine);
        }
        Event::SpeechEnd { at, decided } => {
            Line::new("event speech-end").number(at.0).number(decided.0).print(machine);
        }
        Event::Wake(detection) => told("wake", detection).print(machine),
        Event::NearMiss(detection) => told("near-miss", detection).print(machine),
        _ => Line::new("event of another kind").print(machine),
    }
}

#[cfg(feature = "canary")]
fn canary(machine: &mut impl Machine) {
    let at = machine.ticks().unwrap_or(0) as usize;
    Line::new("canary").number(CLIP[at] as u64).print(machine);
}
