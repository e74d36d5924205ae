//! The guard: nothing is sent, opened or bought because people were talking.
//!
//! A state machine without a clock, a microphone or a loudspeaker of its own. The stages before it say what they
//! heard and how sure they are, in plain numbers; the host says what it played; the guard says what to do next, and
//! once, at the end, that it may be done.
//!
//! ```text
//!   Input::Wake ──► Understood ──► PromptStarted, PromptEnded ──► Answer ──► SecondFactor
//!        │              │                    │                      │             │
//!      wake       intent, slots        announcement           confirmation  second factor      each gate: Passed, or
//!        │              │                    │                      │             │            Short …, Refused
//!        ▼              ▼                    ▼                      ▼             ▼
//!  Output::Listen     Say            Listen, or Authorized      Authorized ──► Guard::redeem ──► Grant: do it now
//! ```
//!
//! What must be true depends on how grave the action is ([`Tier`]); what nobody has listed in the [`Policy`] or
//! switched on in the [`GuardConfig`] is refused. [`evidence`] says how the gates' evidence is added up and why a
//! conversation that just goes on counts against all of them. Everything the guard tells goes into a
//! [`journal`](crate::journal).
//!
//! ```
//! use earnest::Storage;
//! use earnest::audio::{SampleIndex, SampleSpan};
//! use earnest::guard::{
//!     Action, ClassSet, Guard, GuardConfig, Input, Output, OwnerId, Policy, Recording, Surroundings, Tier,
//!     Understood, Wake,
//! };
//!
//! let mut actions = [Action { id: 1, class: 0, tier: Tier::Routine, slots: 0, loud: false, phrase_phones: 14 }];
//! let mut memory = [0; 16_000];
//! let config = GuardConfig { provisioned: ClassSet::NONE.with(0), ..GuardConfig::default() };
//! let policy = Policy::new(Storage::Lent(&mut actions), |warning| println!("{warning}"))?;
//! let mut guard = Guard::new(config, policy, Recording::new(Storage::Lent(&mut memory)))?;
//!
//! // "Hey earnest, turn on the light", out of two seconds of quiet.
//! let at = |ms: u64| SampleIndex(16 * ms);
//! let calm = |span: SampleSpan| Surroundings {
//!     stretch: span,
//!     quiet_samples: 32_000,
//!     talk_samples: span.len() as u32,
//!     talk_window_samples: 160_000,
//!     others: 0.0,
//!     playing: false,
//!     in_playback: 0.0,
//!     voice: None,
//! };
//! let span = SampleSpan { start: at(2000), end: at(2800) };
//! let wake = Wake { phrase: 0, owner: OwnerId(7), nats: 5.7, span, surroundings: calm(span) };
//! let span = SampleSpan { start: at(2900), end: at(4100) };
//! let light = Understood::new(1, 0.98, 0.01, &[], span, calm(span));
//!
//! let mut authorization = None;
//! for (at, input) in [(at(2900), Input::Wake(wake)), (at(4400), Input::Understood(light))] {
//!     guard.process(at, &input, |output| match output {
//!         Output::Authorized { authorization: given, .. } => authorization = Some(given),
//!         told => println!("{told:?}"), // and into the journal
//!     });
//! }
//! let grant = guard.redeem(authorization.expect("it was asked for"), &light.act(), at(4450))?;
//! println!("light on: {:?}", grant.act());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it guarantees
//!
//! For any events in any order at any time, and any policy it takes:
//!
//! - **Every condition or nothing.** An [`Authorization`] comes out only after every gate of the action's tier, each
//!   in time, in order, in one request. `tests/guard_model` checks this against a list of the conditions.
//! - **Laws that no score and no policy lifts.** A disclosing or physical action is announced, the announcement
//!   played to its end and reported; it is confirmed after that, in at least five phones that name the act; every
//!   slot value is ahead of its runner-up. "Right" is asked again once, then refused. A
//!   command, or a name, that was heard too badly is asked for once more instead, where a clearer word could be enough.
//! - **No open ear.** Every open gate was told ([`Output::Listen`]) and has a deadline in samples. There is one more
//!   prompt at most, and one that says nothing ends the request. Nothing counts after a deadline.
//! - **Mute wins**, from the very sample, over what is open, what is authorised and not yet done, and what was said
//!   before and is reported later.
//! - **Once, for one thing, soon.** The compiler refuses to forge, copy, store or use an authorisation twice; the
//!   guard refuses another's, an old one, one for something else.
//! - **A recording is opened by a [`Grant`] only, for its owner only**, and its memory is zero after refusal, mute,
//!   expiry, use, reset and drop.
//! - **Missing is refusal.** A report that doesn't come, a number that isn't one, a clock that runs back end the
//!   request. What is not known about the surroundings counts as the worst.
//! - It never allocates, never blocks, never panics; the same inputs give the same outputs.
//!
//! # What it can't
//!
//! - **Numbers that lie.** It takes probabilities as calibrated. A recogniser that is surely wrong about everything
//!   passes the gates of `routine`; the laws above still hold for the rest.
//! - **A host that lies.** A host that reports prompts it didn't play, answers nobody gave, another owner, or acts
//!   without redeeming anything isn't stopped. The library runs inside it and can't watch it; the journal shows what
//!   it reported.
//! - **Somebody who wants it.** A visitor, a child or a recording of the owner that says everything in the right
//!   order with the right pauses is a request. For that there is the second factor.
//! - **A prompt nobody could hear.** That it was played to its end is not that somebody listened.
//! - **Memory outside.** It wipes its own. The host's microphone buffers, and copies it made of an opened recording,
//!   are the host's: on [`Output::Muted`] and [`Output::Refused`] it empties them. Code outside this crate that uses
//!   `unsafe` can do anything.
//!
//! # What the host owes
//!
//! Samples as time, from one clock that doesn't go back; a [`Input::Tick`] once a frame while a request is open, so
//! that deadlines end it and not the next event; the VAD's facts without the device's own prompts in them (mask them
//! or cancel the echo); an indication that people can see while [`Guard::is_open`]; every [`Output`] into a journal.

mod settings;
mod tier;
mod policy;
mod config;
#[cfg(feature = "std")]
mod policy_file;
mod facts;
mod voice;
mod talk;
pub mod evidence;
mod gate;
mod check;
mod recording;
mod authorization;
mod output;
mod machine;

pub use authorization::{Authorization, Grant};
pub use config::{ClassSet, EvidenceConfig, GuardConfig, Timing};
pub use facts::{Act, Answer, Input, OwnerId, Slot, Surroundings, Understood, Wake};
pub use gate::{Finding, Gate, Reason, Refusal, Uncounted};
pub use machine::Guard;
pub use output::{Output, Passed, Prompt, PromptKind};
pub use policy::{Action, MAX_SLOTS, Policy, PolicyWarning, SHORT_PHRASE_PHONES};
#[cfg(feature = "std")]
pub use policy_file::{PolicyError, PolicyFile};
pub use recording::Recording;
pub use settings::Key;
pub use talk::TalkMeter;
pub use tier::{MIN_GRAVE_CONFIRMATION_PHONES, MIN_GRAVE_SLOT_MARGIN, Tier, TierLimits};
pub use voice::{VOICE_BANDS, VoiceFacts, VoiceMeter};
