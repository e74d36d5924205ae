//! What crosses the border. The comments are those of `earnest.h`: written for who programs in C.

use core::ffi::{c_char, c_void};
use core::mem::offset_of;
use earnest_core::ConfigError;
use earnest_core::event::Event as CoreEvent;
use earnest_core::nn;
use earnest_core::playback::PlaybackConfig;
use earnest_core::spotter::net::NetModelError;
use earnest_core::spotter::template::ImageError;
use earnest_core::spotter::{Detection, Evidence};
use earnest_core::vad::{MelVadConfig, VadFrame};

/// Alignment of the memory given to earnest_init(), bytes.
pub const EARNEST_ALIGNMENT: usize = 8;
/// Samples per second of all audio. Whoever has another rate resamples before.
#[allow(dead_code, reason = "for C programs")]
pub const EARNEST_SAMPLE_RATE_HZ: u32 = 16_000;
/// For earnest_config.refractory_ms: what the engine takes if nothing is said.
pub const EARNEST_ENGINES_OWN: u32 = u32::MAX;
/// Elements of earnest_event.numbers.
pub const EARNEST_EVENT_NUMBERS: usize = 8;
/// Elements of earnest_error.field, the terminating zero included.
pub const EARNEST_FIELD_CHARS: usize = 40;
/// Elements of earnest_model_facts.phrase, the terminating zero included.
pub const EARNEST_PHRASE_CHARS: usize = 68;

/// What a call came to. Every call that gives anything but EARNEST_OK has changed nothing, unless it says otherwise.
/// Later versions may add values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// A pointer is null that must not be.
    NullPointer = 1,
    /// A pointer is not aligned for what it points to; `actual` bytes too far.
    Misaligned = 2,
    /// Two pieces of memory overlap that must not.
    Overlap = 3,
    /// Memory or a buffer is too small: `min` bytes or elements are needed, `actual` were given.
    TooSmall = 4,
    /// A number lies outside its range: `min` to `max`.
    OutOfRange = 5,
    /// The `size` of a struct is not one that any version of earnest.h gives it.
    BadSize = 6,
    /// A newer earnest.h has a field that this library doesn't know, and it isn't zero. `actual` is its offset.
    UnknownField = 7,
    /// The bytes are no model of a kind that this library knows, or were damaged.
    BadModel = 8,
    /// Not a handle of the kind that the function takes: never initialised, released, moved in memory, or overwritten.
    BadListener = 9,
    /// No frame has been judged yet: less than 25 ms were heard since the start, the last reset or the last mute.
    NothingHeard = 10,
    /// The samples asked for are not (all) remembered.
    NotRemembered = 11,
    /// The guard refused. What was told with it says why.
    Refused = 12,
    /// The journal has no room for what could have to be told: earnest_guard_rotate(), after its content was kept.
    JournalFull = 13,
    /// The guard was made without a journal.
    NoJournal = 14,
    /// An entry of the journal is wrong: number `actual`.
    BadJournal = 15,
    /// It is at work: its own callback called it. Or a request is open, and what was asked for must wait.
    Busy = 16,
}

/// What kind of event it is. Later versions may add kinds: skip those that you don't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum EventKind {
    /// Nothing happened; all samples were taken in.
    None = 0,
    /// Somebody began to speak, at `start`.
    SpeechStart = 1,
    /// The speech ended, at `start`; noticed one hangover later.
    SpeechEnd = 2,
    /// A wake phrase was said, from `start` to `end`.
    Wake = 3,
    /// Something came near a wake phrase but not near enough, or came out of the device itself
    /// (EARNEST_REASON_PLAYBACK). Nothing should follow from it; it is told so that "why didn't you hear me" has an answer.
    NearMiss = 4,
}

/// What the `numbers` of an event mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Reason {
    /// There are none.
    None = 0,
    /// The template engine's. [0] how far the audio lay from the recordings, about 1 for other speech; [1] how far
    /// the recordings lie apart; [2] how near other speech comes; [3] the recording it was most like, from 0.
    Template = 1,
    /// The net engine's. [0] log-odds for the phrase, of which the score is the logistic function; [1] highest
    /// probability of any single step; [2] for how long the score had been half of the threshold, ms.
    Net = 2,
    /// The device itself was playing it, so it doesn't count, whatever the score. [0] highest score of the phrase in the
    /// reference, 0 to 1; [1] how long before the decision that was, ms; [2] highest correlation of what was heard with
    /// what was played, -1 to 1.
    Playback = 3,
}

/// What a library may be able to do; see earnest_has().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Feature {
    /// Wake phrases enrolled from recordings.
    EngineTemplate = 1,
    /// The widest vector instructions are found when the program runs, not only those it was compiled for.
    RuntimeSimd = 2,
    /// Wake phrases that a small network was trained for.
    EngineNet = 3,
    /// Commands: earnest_commands_init().
    Commands = 4,
    /// The whole chain: earnest_chain_init().
    Chain = 5,
    /// What the device itself plays: earnest_push_with_reference(), earnest_chain_push_with_reference().
    Reference = 6,
}

/// How a listener is made. Fill it with earnest_config_default(), then change what you need. Later versions add fields
/// at the end; `size` says which of them there are, so a program and a library of different versions agree.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Config {
    /// sizeof(earnest_config) of the program. Set by earnest_config_default().
    pub size: u32,
    /// Samples that are remembered: 1 to 4,800,000 (300 s). Two bytes each. Default 16,000.
    pub pre_roll_samples: u32,
    /// The wake phrase: a network's image (models/wake-*.ear), at a multiple of 4 bytes, or one that `earnest enroll`
    /// made, of any alignment; earnest_model_check() tells which it is. In flash or RAM, used in place: it must stay
    /// there, unchanged, until earnest_release(). Null for none: speech is still detected. Default null.
    pub model: *const c_void,
    /// Bytes of the image. Default 0.
    pub model_bytes: usize,
    /// 0: the model's own threshold counts. 1: `threshold` does. Default 0.
    pub own_threshold: u32,
    /// Score that wakes, 0 to 1. It counts if `own_threshold` is 1, and must be in range in any case. Default 0.5.
    pub threshold: f32,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1. Default -1: the engine's
    /// own, 0.2 for a network, 0.15 for recordings.
    pub near_miss: f32,
    /// After a wake, nothing counts for this long, 0 to 10,000 ms. Default EARNEST_ENGINES_OWN: 1000 for a network, 300
    /// for recordings.
    pub refractory_ms: u32,
    /// A frame is likely speech from this probability, 0.01 to 0.99. Default 0.5.
    pub vad_threshold: f32,
    /// So many likely frames in a row begin speech, 1 to 100 frames of 10 ms. Default 3.
    pub vad_onset_frames: u32,
    /// Speech goes on for so many unlikely frames, 1 to 500 frames of 10 ms. Default 30.
    pub vad_hangover_frames: u32,
    /// Talk time is summed over so long, s: 1 to 60, and not below the hangover. Default 10.
    pub vad_talk_window_s: u32,
    /// 1: what the device plays is heard too, by earnest_push_with_reference(), so that the wake phrase in it doesn't wake.
    /// It takes memory: that of front end, VAD and spotter once more, and 11 KiB. 0: it isn't. Default 0.
    pub reference: u32,
    /// Longest time from a sample of the reference to its echo in the microphone's signal, buffers of both included, 0 to
    /// 1000 ms. Longer than it is costs little: what is said within it after the phrase was played is taken for the echo.
    /// Default 500.
    pub reference_max_delay_ms: u32,
    /// Score that the phrase must have in the reference to count as played, as a share of the score that wakes, 0 to 1.
    /// Default 0.5.
    pub reference_share: f32,
    /// Correlation of what was heard with what was played from which it is nothing but an echo, 0 to 1. Default 0.6. These
    /// three must be in range in any case.
    pub reference_similarity: f32,
}

impl Config {
    /// Bytes of the first version's struct: no program has a shorter one.
    pub(crate) const FIRST_SIZE: usize =
        (offset_of!(Config, vad_talk_window_s) + size_of::<u32>()).next_multiple_of(align_of::<Config>());

    /// The defaults that the fields tell.
    pub(crate) fn new() -> Self {
        let vad = MelVadConfig::default();
        let playback = PlaybackConfig::default();
        Config {
            size: size_of::<Config>() as u32,
            pre_roll_samples: 16_000,
            model: core::ptr::null(),
            model_bytes: 0,
            own_threshold: 0,
            threshold: 0.5,
            near_miss: -1.0,
            refractory_ms: EARNEST_ENGINES_OWN,
            vad_threshold: vad.threshold,
            vad_onset_frames: vad.onset_frames,
            vad_hangover_frames: vad.hangover_frames,
            vad_talk_window_s: vad.talk_window_s,
            reference: 0,
            reference_max_delay_ms: playback.max_delay_ms,
            reference_share: playback.share,
            reference_similarity: playback.similarity,
        }
    }
}

/// Something that was noticed. All times are sample numbers: sample 0 is the first since the start or the last reset.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Event {
    /// earnest_event_kind.
    pub kind: u32,
    /// Which phrase, from 0, as the model numbers them.
    pub phrase: u32,
    /// First sample of what it is about.
    pub start: u64,
    /// One past the last sample; equal to `start` for speech that starts or ends.
    pub end: u64,
    /// One past the last sample that was needed to decide. Events come in this order.
    pub decided: u64,
    /// How sure, 0 to 1.
    pub score: f32,
    /// What the score had to reach.
    pub threshold: f32,
    /// earnest_reason: what `numbers` mean.
    pub reason: u32,
    /// 0.
    pub reserved: u32,
    /// The numbers that the score was made of; 0 where there is none.
    pub numbers: [f32; EARNEST_EVENT_NUMBERS],
}

impl Event {
    pub(crate) const NONE: Event = Event {
        kind: EventKind::None as u32,
        phrase: 0,
        start: 0,
        end: 0,
        decided: 0,
        score: 0.0,
        threshold: 0.0,
        reason: Reason::None as u32,
        reserved: 0,
        numbers: [0.0; EARNEST_EVENT_NUMBERS],
    };

    fn detection(kind: EventKind, detection: &Detection) -> Event {
        let mut event = Event {
            kind: kind as u32,
            phrase: u32::from(detection.phrase),
            start: detection.span.start.0,
            end: detection.span.end.0,
            decided: detection.decided.0,
            score: detection.score,
            threshold: detection.threshold,
            ..Event::NONE
        };
        let (reason, numbers) = match detection.why {
            Evidence::Template(why) => {
                (Reason::Template, [why.distance, why.recordings, why.background, f32::from(why.nearest)])
            }
            Evidence::Net(why) => (Reason::Net, [why.log_odds, why.highest, why.held_ms as f32, 0.0]),
            Evidence::Playback(why) => {
                (Reason::Playback, [why.score, why.before_ms as f32, why.similarity, 0.0])
            }
            _ => (Reason::None, [0.0; 4]),
        };
        event.numbers.iter_mut().zip(numbers).for_each(|(slot, number)| *slot = number);
        event.reason = reason as u32;
        event
    }
}

impl Event {
    /// `None` for a kind that this interface doesn't tell yet.
    pub(crate) fn from_core(event: &CoreEvent) -> Option<Event> {
        let edge = |kind: EventKind, at: u64, decided: u64| Event {
            kind: kind as u32,
            start: at,
            end: at,
            decided,
            ..Event::NONE
        };
        Some(match event {
            CoreEvent::SpeechStart { at, decided } => edge(EventKind::SpeechStart, at.0, decided.0),
            CoreEvent::SpeechEnd { at, decided } => edge(EventKind::SpeechEnd, at.0, decided.0),
            CoreEvent::Wake(detection) => Event::detection(EventKind::Wake, detection),
            CoreEvent::NearMiss(detection) => Event::detection(EventKind::NearMiss, detection),
            _ => return None,
        })
    }
}

/// What was heard in the latest frame of 10 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Vad {
    /// 1 if the frame belongs to speech, hangover included, else 0.
    pub speech: u32,
    /// Probability of speech in this very frame, 0 to 1.
    pub probability: f32,
    /// Level, dB below a full-scale square wave: 0 at most.
    pub level_db: f32,
    /// Level of the background, same scale.
    pub noise_db: f32,
    /// While nobody speaks: samples since the last speech ended. While somebody does: samples of quiet before that.
    pub quiet_samples: u64,
    /// Samples of speech within the last `vad_talk_window_s` seconds.
    pub talk_samples: u32,
    /// Score of the wake phrase as of now, 0 to 1, worth an event or not. 0 without a model.
    pub score: f32,
}

impl Vad {
    pub(crate) fn from_core(frame: &VadFrame, score: f32) -> Vad {
        Vad {
            speech: u32::from(frame.speech),
            probability: frame.probability,
            level_db: frame.level_db,
            noise_db: frame.noise_db,
            quiet_samples: frame.quiet_samples,
            talk_samples: frame.talk_samples,
            score,
        }
    }
}

/// What a model says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct ModelFacts {
    /// The earnest_feature that it needs: its engine.
    pub engine: u32,
    /// Its own threshold, 0 to 1.
    pub threshold: f32,
    /// Recordings it was enrolled from; 0 for a network.
    pub recordings: u32,
    /// The phrase, UTF-8, ends with a zero.
    pub phrase: [c_char; EARNEST_PHRASE_CHARS],
}

/// What was wrong, in numbers. Written whenever a call that takes one gives anything but EARNEST_OK.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Error {
    /// What the call gave.
    pub status: i32,
    /// The argument or the field, as earnest.h spells it, or a part of the model. Ends with a zero.
    pub field: [c_char; EARNEST_FIELD_CHARS],
    /// The least that was expected.
    pub min: f64,
    /// The most that was expected.
    pub max: f64,
    /// What there was.
    pub actual: f64,
}

impl Error {
    pub(crate) fn new(status: Status, field: &str, min: f64, max: f64, actual: f64) -> Error {
        Error { status: status as i32, field: text(&["", field]), min, max, actual }
    }

    /// `prefix`: what the field is called here before its name in the stage.
    pub(crate) fn from_core(error: &ConfigError, prefix: &str) -> Error {
        let (status, field, min, max, actual) = match *error {
            ConfigError::OutOfRange { field, min, max, actual } => {
                (Status::OutOfRange, field, min, max, actual)
            }
            ConfigError::BufferTooSmall { buffer, expected, actual } => {
                (Status::TooSmall, buffer, expected as f64, f64::INFINITY, actual as f64)
            }
            ConfigError::Mismatch { what, expected, actual } => {
                (Status::OutOfRange, what, expected as f64, expected as f64, actual as f64)
            }
            _ => (Status::OutOfRange, "", 0.0, 0.0, 0.0),
        };
        Error { field: text(&[prefix, field]), ..Error::new(status, "", min, max, actual) }
    }

    pub(crate) fn from_image(error: &ImageError) -> Error {
        let (field, min, max, actual) = match *error {
            ImageError::Length { expected, actual } => {
                ("model_bytes", expected as f64, expected as f64, actual as f64)
            }
            ImageError::Checksum { expected, actual } => {
                ("checksum", f64::from(expected), f64::from(expected), f64::from(actual))
            }
            ImageError::Field { field, min, max, actual } => {
                (field, f64::from(min), f64::from(max), f64::from(actual))
            }
            // No range: the offset of the first bad byte.
            ImageError::Contents { offset } => ("contents", 0.0, 0.0, offset as f64),
            _ => ("magic", 0.0, 0.0, 0.0),
        };
        Error::new(Status::BadModel, field, min, max, actual)
    }

    pub(crate) fn from_net(error: &NetModelError) -> Error {
        let (status, field, expected, actual) = match *error {
            NetModelError::Image(nn::ImageError::Alignment { actual, .. }) => {
                (Status::Misaligned, "model", 0.0, actual as f64)
            }
            NetModelError::Image(nn::ImageError::Length { expected, actual }) => {
                (Status::BadModel, "model_bytes", expected as f64, actual as f64)
            }
            NetModelError::Image(nn::ImageError::Checksum { expected, actual }) => {
                (Status::BadModel, "checksum", f64::from(expected), f64::from(actual))
            }
            NetModelError::Image(nn::ImageError::Version { expected, actual }) => {
                (Status::BadModel, "version", f64::from(expected), f64::from(actual))
            }
            NetModelError::Image(nn::ImageError::Header { field, expected, actual }) => {
                (Status::BadModel, field, f64::from(expected), f64::from(actual))
            }
            NetModelError::Image(nn::ImageError::Layer { field, expected, actual, .. }) => {
                (Status::BadModel, field, expected as f64, actual as f64)
            }
            NetModelError::Shape { what, expected, actual } => {
                (Status::BadModel, what, expected as f64, actual as f64)
            }
            NetModelError::Metadata { key } => (Status::BadModel, key, 0.0, 0.0),
            _ => (Status::BadModel, "contents", 0.0, 0.0),
        };
        Error::new(status, field, expected, expected, actual)
    }
}

/// The parts one after the other, cut to what fits with a zero at the end.
pub(crate) fn text<const N: usize>(parts: &[&str]) -> [c_char; N] {
    let mut out = [0; N];
    let bytes = parts.iter().flat_map(|part| part.bytes());
    out.iter_mut().take(N.saturating_sub(1)).zip(bytes).for_each(|(slot, byte)| *slot = byte as c_char);
    out
}
