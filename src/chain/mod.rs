//! The whole chain under a guard: samples and the host's reports in, decisions out.
//!
//! ```text
//!  samples ──► front end ──► VAD ──► spotter ──────────────► Input::Wake ──┐
//!                │            │                                            ▼
//!                └─ frames, remembered ──► utterance decoder ──► judge ──► guard ──► Told: events, what was
//!                     (only while the guard waits for words)   Understood,             understood, what the
//!  host: prompts played, cancel, mute ────────────────────────  Answer  ──►            guard decided
//! ```
//!
//! While no request is open only front end, VAD and spotter work. The guard opens and closes the ear behind them: what it
//! waits for decides which of two grammars is listened with, that of commands or that of answers. The acoustic model
//! begins with the frames that are remembered, so that a command said in one breath with the wake phrase is whole.

mod ears;
mod meaning;
mod recent;

pub use meaning::{AnswerMeaning, CommandMeaning, Meanings};
pub use recent::Remembered;

use crate::audio::{SampleIndex, SampleSpan};
use crate::confidence::{Judge, Verdict};
use crate::error::ConfigError;
use crate::event::Event;
use crate::frontend::{FrontEnd, FrontEndConfig};
use crate::guard::{
    Answer, Gate, Guard, Input, MAX_SLOTS, Output, OwnerId, Slot, Surroundings, TalkMeter, Understood, Wake,
};
use crate::intent::{Decoder, Heard, ListenerConfig, UtteranceDecoder};
use crate::nn::Net;
use crate::pipeline::{Pipeline, PipelineConfig};
use crate::playback::Reference;
use crate::spotter::{Detection, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::{MelVad, MelVadConfig};
use ears::{Ear, Ears, Utterance};
use recent::Recent;

/// The numbers of the chain that are no stage's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChainConfig {
    /// What speech is.
    pub vad: MelVadConfig,
    /// When a command or an answer is over; its VAD is not used.
    pub utterance: ListenerConfig,
    /// Whose recordings these are.
    pub owner: OwnerId,
    /// What an accepted wake phrase says, nats, 0 … 20: see [`Wake::nats`].
    pub wake_nats: f32,
    /// Speech shorter than this that fits no grammar is no command that wasn't understood but a cough, or the end of the
    /// wake phrase: it is not told, ms, 0 … 5,000.
    pub shortest_unknown_ms: u32,
}

impl Default for ChainConfig {
    fn default() -> Self {
        ChainConfig {
            vad: MelVadConfig::default(),
            utterance: ListenerConfig::default(),
            owner: OwnerId(0),
            wake_nats: 5.7,
            shortest_unknown_ms: 500,
        }
    }
}

/// The stages and the memory that the chain is put together of.
#[derive(Debug)]
pub struct ChainParts<'a, K> {
    /// Hears the wake phrase.
    pub spotter: K,
    /// Phones from frames.
    pub net: Net<'a>,
    /// Listens for commands.
    pub commands: Decoder<'a>,
    /// Listens for answers.
    pub answers: Decoder<'a>,
    /// What commands and answers mean to the guard.
    pub meanings: Meanings<'a>,
    /// How sure they are.
    pub judge: Judge<'a>,
    /// Decides.
    pub guard: Guard<'a>,
    /// Memory of the latest samples: the wake phrase, as the recording begins with it.
    pub pre_roll: Storage<'a, i16>,
    /// Memory of the latest frames, 100 a second: from the wake phrase on until it is accepted, and what the acoustic
    /// model hears before.
    pub recent: Storage<'a, Remembered>,
}

/// What the chain tells.
#[derive(Debug)]
pub enum Told<'d, 'a> {
    /// What was noticed: speech, the wake phrase.
    Event(Event),
    /// What was said while a request was open, as the decoder heard it; what the guard makes of it follows.
    Heard {
        /// For which gate: [`Gate::Intent`] or [`Gate::Confirmation`].
        gate: Gate,
        /// The words.
        heard: &'d Heard,
        /// How sure they are; `None` where nothing fits.
        verdict: Option<&'d Verdict>,
        /// Has the names of it all.
        decoder: &'d Decoder<'a>,
    },
    /// What the guard says. All of it belongs into a journal.
    Guard(Output),
}

/// The chain. `P`: what is known of the device's own sound, as in [`Pipeline`].
#[derive(Debug)]
pub struct Chain<'a, K, P = ()> {
    config: ChainConfig,
    pipeline: Pipeline<'a, K, MelVad, FrontEnd, P>,
    recent: Recent<'a>,
    talk: TalkMeter,
    ears: Ears<'a>,
    guard: Guard<'a>,
    /// The class of the action that an answer would be about.
    announced: Option<u8>,
}

impl<'a, K: KeywordSpotter> Chain<'a, K> {
    /// # Errors
    /// [`ConfigError`] of a field, of a stage, or of meanings that are not as many as the grammars have.
    pub fn new(config: ChainConfig, parts: ChainParts<'a, K>) -> Result<Self, ConfigError> {
        ConfigError::check("wake_nats", f64::from(config.wake_nats), 0.0, 20.0)?;
        ConfigError::check("shortest_unknown_ms", f64::from(config.shortest_unknown_ms), 0.0, 5000.0)?;
        let ChainParts { spotter, net, commands, answers, meanings, judge, guard, pre_roll, recent } = parts;
        meanings.check(&commands, &answers)?;
        let up_to_wake = PipelineConfig { front_end: FrontEndConfig::base(), vad: config.vad };
        Ok(Chain {
            config,
            pipeline: Pipeline::new(up_to_wake, spotter, pre_roll)?,
            recent: Recent::new(recent)?,
            talk: TalkMeter::new(config.vad.talk_window_s),
            ears: Ears::new(
                UtteranceDecoder::new(config.utterance, net, commands)?,
                answers,
                judge,
                meanings,
            ),
            guard,
            announced: None,
        })
    }

    /// The same chain, which takes a reference signal too: `playback` hears what the device plays. Both must be as new.
    pub fn with_playback<P: Reference>(self, playback: P) -> Chain<'a, K, P> {
        let Chain { config, pipeline, recent, talk, ears, guard, announced } = self;
        let pipeline = pipeline.with_playback(playback);
        Chain { config, pipeline, recent, talk, ears, guard, announced }
    }
}

impl<'a, K: KeywordSpotter, P: Reference> Chain<'a, K, P> {
    /// Takes in `pcm`: 16 kHz, mono, any number of samples. What is told doesn't depend on how the audio is cut.
    ///
    /// # Real time
    /// No allocation, provided that `tell` does none.
    pub fn push(&mut self, pcm: &[i16], tell: impl FnMut(Told<'_, 'a>)) {
        self.push_with_reference(pcm, &[], tell);
    }

    /// As [`Chain::push`], with the samples that the device plays meanwhile, as in
    /// [`Pipeline::push_with_reference`]. The guard is told whether something is played and how surely the wake phrase was
    /// in it.
    ///
    /// # Real time
    /// No allocation, provided that `tell` does none.
    pub fn push_with_reference(
        &mut self,
        pcm: &[i16],
        mut reference: &[i16],
        mut tell: impl FnMut(Told<'_, 'a>),
    ) {
        if self.pipeline.is_muted() {
            return self.pipeline.push(pcm, |_| {});
        }
        let mut rest = pcm;
        while !rest.is_empty() {
            self.advance(&mut rest, &mut reference, &mut tell);
        }
    }

    /// A report of the host: prompts played, a second factor, cancel, mute, … It counts from the latest sample on.
    ///
    /// [`Input::Wake`] may come from elsewhere too (a button), and so may [`Input::Understood`] (a touch on a screen).
    pub fn report(&mut self, input: &Input, mut tell: impl FnMut(Told<'_, 'a>)) {
        let (muted, now) = (self.guard.is_muted(), self.now());
        self.guarded(now, input, now, &mut tell);
        match (muted, self.guard.is_muted()) {
            (false, true) => {
                self.pipeline.mute();
                self.forget();
            }
            (true, false) => self.pipeline.unmute(),
            _ => {}
        }
    }

    /// Wakes as if the phrase had been heard at `span`, in the best of surroundings: for a button, and for trials of what
    /// comes after. Words count from the end of `span` on.
    pub fn wake_by_force(&mut self, span: SampleSpan, mut tell: impl FnMut(Told<'_, 'a>)) {
        let surroundings = self.surroundings_at_best(span);
        let wake = Wake { phrase: 0, owner: self.config.owner, nats: 20.0, span, surroundings };
        self.guarded(self.now(), &Input::Wake(wake), span.end, &mut tell);
    }

    /// What would have been going on around words at `span` had nobody else spoken: the voice is that of `span`.
    pub fn surroundings_at_best(&self, span: SampleSpan) -> Surroundings {
        let window = self.talk.surroundings().talk_window_samples;
        Surroundings {
            stretch: span,
            quiet_samples: u64::from(window),
            talk_samples: span.len() as u32,
            talk_window_samples: window,
            others: 0.0,
            playing: false,
            in_playback: 0.0,
            voice: self.recent.voice(span),
        }
    }

    /// One frame, or as much of it as there is.
    fn advance(&mut self, rest: &mut &[i16], reference: &mut &[i16], tell: &mut impl FnMut(Told<'_, 'a>)) {
        let before = *rest;
        let (mut decided, mut said) = (None, None);
        let Chain { pipeline, talk, recent, ears, .. } = self;
        let [edge, detection] = pipeline.advance(rest, reference, |frame, vad| {
            decided = Some(frame.span.end);
            talk.process(vad, frame.span.end);
            recent.push(frame, vad);
            said = ears.hear(frame, vad);
        });
        self.guard.record(before.get(..before.len().saturating_sub(rest.len())).unwrap_or(before));
        let Some(now) = decided else { return };
        if let Some(edge) = edge {
            tell(Told::Event(edge));
        }
        if self.guard.is_open() {
            self.guarded(now, &Input::Tick, now, tell);
        }
        if let Some(said) = said {
            self.said(now, &said, tell);
        }
        if let Some(detection) = detection {
            tell(Told::Event(detection));
            if let Event::Wake(detection) = detection {
                self.woke(now, &detection, tell);
            }
        }
    }

    /// The wake phrase was said.
    fn woke(&mut self, now: SampleIndex, detection: &Detection, tell: &mut impl FnMut(Told<'_, 'a>)) {
        let in_playback = self.pipeline.playback().evidence(detection.span, now).score;
        let voice = self.recent.voice(detection.span);
        let surroundings = Surroundings { voice, in_playback, ..self.surroundings() };
        let ChainConfig { owner, wake_nats: nats, .. } = self.config;
        let wake = Wake { phrase: detection.phrase, owner, nats, span: detection.span, surroundings };
        let was_open = self.guard.is_open();
        self.guarded(now, &Input::Wake(wake), detection.span.end, tell);
        if !was_open && self.guard.is_open() {
            let held = self.pipeline.pre_roll().span();
            let span = SampleSpan { start: detection.span.start.max(held.start), end: held.end };
            if let Some((first, second)) = self.pipeline.pre_roll().get(span) {
                self.guard.record(first);
                self.guard.record(second);
            }
        }
    }

    /// Somebody said something while a request was open.
    fn said(&mut self, now: SampleIndex, said: &Utterance, tell: &mut impl FnMut(Told<'_, 'a>)) {
        let Utterance { heard, verdict, phones } = said;
        let unknown = heard.best.is_none() || verdict.is_none();
        let short = heard.speech.len() < u64::from(self.config.shortest_unknown_ms) * 16;
        if self.ears.open == Ear::Closed || unknown && short {
            return;
        }
        let gate = if self.ears.open == Ear::Answer { Gate::Confirmation } else { Gate::Intent };
        let decoder = self.ears.decoder();
        tell(Told::Heard { gate, heard, verdict: verdict.as_ref(), decoder });
        let surroundings = Surroundings { voice: self.ears.voice.facts(), ..self.surroundings() };
        self.ears.voice.reset();
        let meaning = heard.best.map_or(u32::MAX, |best| best.meaning) as usize;
        let probability = verdict.as_ref().map_or(0.0, |verdict| verdict.command);
        let span = heard.words;
        let input = match (self.ears.open, verdict) {
            (Ear::Answer, _) => match self.ears.meanings.answers.get(meaning).copied().flatten() {
                Some(AnswerMeaning { yes, names }) => {
                    let names_act = names.is_some() && names == self.announced;
                    Input::Answer(Answer { yes, probability, phones: *phones, names_act, span, surroundings })
                }
                // Talk, and no answer: the deadline goes on running.
                None => return,
            },
            (_, Some(verdict)) => match self.ears.meanings.commands.get(meaning).copied().flatten() {
                Some(command) => {
                    let mut slots = [Slot::default(); MAX_SLOTS];
                    let count = command.fill(verdict, &mut slots);
                    let slots = slots.get(..count).unwrap_or_default();
                    let nobody = 1.0 - probability;
                    Input::Understood(Understood::new(
                        command.action,
                        probability,
                        nobody,
                        slots,
                        span,
                        surroundings,
                    ))
                }
                None => Input::NotUnderstood { nobody: 1.0 - probability },
            },
            (_, None) => Input::NotUnderstood { nobody: 1.0 },
        };
        self.guarded(now, &input, now, tell);
    }

    /// Tells the guard, and opens or closes the ear as it says. Words count from `from` on.
    fn guarded(
        &mut self,
        now: SampleIndex,
        input: &Input,
        from: SampleIndex,
        tell: &mut impl FnMut(Told<'_, 'a>),
    ) {
        let (mut ear, mut opened, mut announced) = (self.ears.open, false, self.announced);
        let mut asked = None;
        self.guard.process(now, input, |output| {
            match &output {
                Output::Listen { gate, .. } => {
                    ear = if *gate == Gate::Confirmation { Ear::Answer } else { Ear::Command };
                    opened = true;
                }
                Output::Say(prompt) => {
                    (ear, asked) = (Ear::Closed, Some(prompt.act.action));
                }
                Output::Refused(_)
                | Output::Authorized { .. }
                | Output::AskSecondFactor { .. }
                | Output::Muted { .. } => {
                    (ear, announced) = (Ear::Closed, None);
                }
                _ => {}
            }
            tell(Told::Guard(output));
        });
        if let Some(action) = asked {
            announced = self.guard.policy().action(action).map(|action| action.class);
        }
        self.announced = announced;
        if opened && ear != Ear::Closed {
            self.ears.open(ear, from, self.recent.frames());
        } else if ear == Ear::Closed && self.ears.open != Ear::Closed {
            self.ears.close();
        }
    }

    /// Nothing stays in memory of what was heard behind the pipeline, which forgets by itself.
    fn forget(&mut self) {
        self.ears.wipe();
        self.recent.wipe();
        self.talk.reset();
        self.announced = None;
    }

    /// Samples taken in since the start or the last reset, those not heard while muted among them.
    pub fn now(&self) -> SampleIndex {
        self.pipeline.now()
    }

    /// The facts about the talk so far.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings { playing: self.pipeline.playback().playing(), ..self.talk.surroundings() }
    }

    /// The guard.
    pub fn guard(&self) -> &Guard<'a> {
        &self.guard
    }

    /// The guard, to redeem what it authorised. What is told to it past [`report`](Self::report) the chain doesn't know.
    pub fn guard_mut(&mut self) -> &mut Guard<'a> {
        &mut self.guard
    }

    /// The decoder of commands, the lists of which may be changed while no request is open.
    pub fn commands_mut(&mut self) -> &mut Decoder<'a> {
        self.ears.commands_mut()
    }

    /// The spotter, for its running score.
    pub fn spotter(&self) -> &K {
        self.pipeline.spotter()
    }

    /// As new: the next sample is sample 0. What is muted stays so.
    pub fn reset(&mut self) {
        self.pipeline.reset();
        self.forget();
        self.guard.reset();
    }
}
