//! Commands as C sees them. The comments are those of `earnest.h`.

use super::types::{Error, Status};
use core::ffi::{c_char, c_void};
use core::mem::offset_of;
use earnest_core::confidence::{
    ConfidenceWeights, FEATURES, HIDDEN, MAX_SLOTS, MAX_VALUES, Network, SLOT_FEATURES, SlotVerdict,
    SlotWeights, Verdict,
};
use earnest_core::intent::{AcousticsConfig, Decoder, DecoderConfig, Heard, Item, UtteranceConfig};
use earnest_core::vad::MelVadConfig;

/// Elements of earnest_command.slots.
pub const EARNEST_COMMAND_SLOTS: usize = 12;
/// Elements of earnest_said_slot.values.
pub const EARNEST_COMMAND_VALUES: usize = 8;
/// Numbers of earnest_commands_config.confidence.
pub const EARNEST_CONFIDENCE_NUMBERS: usize = 333;

const _: () = assert!(EARNEST_COMMAND_SLOTS == MAX_SLOTS && EARNEST_COMMAND_VALUES == MAX_VALUES);

/// What came of listening for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CommandKind {
    /// Nothing yet; all samples were taken in.
    None = 0,
    /// The grammar has a sentence for it: how likely it is that this was said, and to the device, tells `probability`.
    Understood = 1,
    /// Somebody spoke, and the grammar has no sentence for it.
    Unknown = 2,
}

/// What earnest_grammar_name() gives the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum NameKind {
    /// The intent of a meaning.
    Intent = 0,
    /// A list of the grammar.
    List = 1,
    /// A slot.
    Slot = 2,
    /// A word.
    Word = 3,
    /// A value of a list; the image is that of the list.
    Value = 4,
}

/// Bytes of an image, which stay where they are.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Image {
    /// The first of them.
    pub image: *const c_void,
    /// How many there are.
    pub bytes: usize,
}

/// Text of an image: UTF-8, no zero at its end. It lies in the image, and stays as long as that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Text {
    /// Its first byte.
    pub text: *const c_char,
    /// Its bytes.
    pub bytes: usize,
}

impl Text {
    pub(crate) const NONE: Text = Text { text: core::ptr::null(), bytes: 0 };

    pub(crate) fn of(text: &str) -> Text {
        Text { text: text.as_ptr().cast(), bytes: text.len() }
    }
}

/// How commands are listened for. Fill it with earnest_commands_config_default(), then change what you need. Later versions
/// add fields at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CommandsConfig {
    /// sizeof(earnest_commands_config) of the program. Set by earnest_commands_config_default().
    pub size: u32,
    /// Ways through the grammar that are followed at a time, 16 to 65,536: some 96 to 112 bytes each. What it takes depends on
    /// the grammar; too few, and what was said is lost. Default 400.
    pub paths: u32,
    /// Words that are remembered, 64 to 1,000,000: 32 bytes each. Default 256.
    pub records: u32,
    /// Frames of a command, 50 a second, that its sureness is judged by, 0 to 3000: a byte each. Default 600.
    pub judged_frames: u32,
    /// Frames of a command that the values of slots are compared over, 0 to 3000: 156 bytes each, and 104,000 for the
    /// comparison. 0 saves both: then every value said is judged not to be listed. Counts only if the grammar has lists.
    /// Default 600.
    pub slot_frames: u32,
    /// The acoustic model: models/phones-*.ear, at a multiple of 4 bytes. Like all images it is used in place: it must stay
    /// there, unchanged, until earnest_commands_release(). Default null.
    pub model: *const c_void,
    /// Bytes of it.
    pub model_bytes: usize,
    /// The grammar, compiled: `earnest compile` writes it. Of any alignment. Default null.
    pub grammar: *const c_void,
    /// Bytes of it.
    pub grammar_bytes: usize,
    /// Values of the grammar's lists, compiled, in the grammar's order; the array itself is read during the call only.
    pub lists: *const Image,
    /// As many as the grammar has. Default 0.
    pub list_count: usize,
    /// What the acoustic model hears for what is said, models/phones-*.confusions.bin, read during the call only: 6,084 bytes
    /// that are copied. Null: it hears what is said. Default null.
    pub confusions: *const c_void,
    /// Bytes of it.
    pub confusions_bytes: usize,
    /// Weights of the judgement of how sure a command is, in the order of ConfidenceWeights of the Rust library, read during
    /// the call only, and copied. Null: the library's own, which are models/phones-m's. Default null.
    pub confidence: *const f32,
    /// EARNEST_CONFIDENCE_NUMBERS, or 0.
    pub confidence_count: usize,
    /// Ways are given up that score less than the best by more than this, 1 to 100 nats. Default 10.
    pub beam_nats: f32,
    /// Cost of a frame of sound that is no word of the grammar, 0 to 20 nats. Default 4.
    pub filler_nats: f32,
    /// The same before the first word, and where a sentence may be over, 0 to 20 nats. Default 2.
    pub edge_nats: f32,
    /// Cost of a word or value, -20 to 20 nats. Default 2.
    pub word_nats: f32,
    /// Taken off the logarithm of "no phone", -5 to 5 nats. Default 2.
    pub blank_nats: f32,
    /// Likelihood that every phone has in every frame, 0.000001 to 0.5. Default 0.001.
    pub floor: f32,
    /// Silence behind a sentence that ends it, 50 to 5000 ms; `vad_hangover_frames` count. Default 400.
    pub end_ms: u32,
    /// By how much the sentence must be ahead for that, -100 to 100 nats. Default 0.
    pub lead_nats: f32,
    /// Silence that ends a sentence which is less clearly over, `end_ms` to 10,000 ms. Default 600.
    pub unsure_ms: u32,
    /// Silence that ends anything else, `unsure_ms` to 10,000 ms. Default 2000.
    pub patience_ms: u32,
    /// Longest command, 1000 to 60,000 ms. Default 20,000.
    pub longest_ms: u32,
    /// Shortest stretch of speech that is listened to, 0 to 5000 ms. Default 100.
    pub shortest_ms: u32,
    /// As in earnest_config. Default 0.5.
    pub vad_threshold: f32,
    /// As in earnest_config. Default 3.
    pub vad_onset_frames: u32,
    /// As in earnest_config. Default 30.
    pub vad_hangover_frames: u32,
}

impl CommandsConfig {
    pub(crate) const FIRST_SIZE: usize = (offset_of!(CommandsConfig, vad_hangover_frames) + size_of::<u32>())
        .next_multiple_of(align_of::<CommandsConfig>());

    pub(crate) fn new() -> Self {
        let (decoder, utterance) = (DecoderConfig::default(), UtteranceConfig::default());
        let vad = MelVadConfig::default();
        CommandsConfig {
            size: size_of::<CommandsConfig>() as u32,
            paths: 400,
            records: 256,
            judged_frames: 600,
            slot_frames: 600,
            model: core::ptr::null(),
            model_bytes: 0,
            grammar: core::ptr::null(),
            grammar_bytes: 0,
            lists: core::ptr::null(),
            list_count: 0,
            confusions: core::ptr::null(),
            confusions_bytes: 0,
            confidence: core::ptr::null(),
            confidence_count: 0,
            beam_nats: decoder.beam_nats,
            filler_nats: decoder.filler_nats,
            edge_nats: decoder.edge_nats,
            word_nats: decoder.word_nats,
            blank_nats: decoder.acoustics.blank_nats,
            floor: decoder.acoustics.floor,
            end_ms: utterance.end_ms,
            lead_nats: utterance.lead_nats,
            unsure_ms: utterance.unsure_ms,
            patience_ms: utterance.patience_ms,
            longest_ms: utterance.longest_ms,
            shortest_ms: utterance.shortest_ms,
            vad_threshold: vad.threshold,
            vad_onset_frames: vad.onset_frames,
            vad_hangover_frames: vad.hangover_frames,
        }
    }

    pub(crate) fn decoder(&self) -> DecoderConfig {
        DecoderConfig {
            acoustics: AcousticsConfig { blank_nats: self.blank_nats, floor: self.floor },
            beam_nats: self.beam_nats,
            filler_nats: self.filler_nats,
            edge_nats: self.edge_nats,
            word_nats: self.word_nats,
            ..DecoderConfig::default()
        }
    }

    pub(crate) fn utterance(&self) -> UtteranceConfig {
        UtteranceConfig {
            end_ms: self.end_ms,
            lead_nats: self.lead_nats,
            unsure_ms: self.unsure_ms,
            patience_ms: self.patience_ms,
            longest_ms: self.longest_ms,
            shortest_ms: self.shortest_ms,
        }
    }

    pub(crate) fn vad(&self) -> MelVadConfig {
        MelVadConfig {
            threshold: self.vad_threshold,
            onset_frames: self.vad_onset_frames,
            hangover_frames: self.vad_hangover_frames,
            ..MelVadConfig::default()
        }
    }
}

const _: () =
    assert!(EARNEST_CONFIDENCE_NUMBERS == 2 + (SLOT_FEATURES + FEATURES) * (1 + HIDDEN) + 2 * HIDDEN);

/// The numbers of `confidence`, in order, of which there are as many as there must be.
pub(crate) fn weights(numbers: &[f32]) -> Result<ConfidenceWeights, Error> {
    let mut left = numbers.iter();
    let mut next = || left.next().copied().unwrap_or(f32::NAN);
    let (score, phone) = (next(), next());
    let slots = SlotWeights { score, phone, not_listed: network(&mut next) };
    let commands = network(&mut next);
    let (expected, actual) = (EARNEST_CONFIDENCE_NUMBERS as f64, numbers.len() as f64);
    if expected != actual {
        return Err(Error::new(Status::OutOfRange, "confidence_count", expected, expected, actual));
    }
    Ok(ConfidenceWeights { slots, commands })
}

fn network<const N: usize>(next: &mut impl FnMut() -> f32) -> Network<N> {
    let linear = core::array::from_fn(|_| next());
    let hidden = core::array::from_fn(|_| core::array::from_fn(|_| next()));
    Network { linear, hidden, out: core::array::from_fn(|_| next()) }
}

/// A value that may have been said.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct SaidValue {
    /// Its number in the list, from 0.
    pub value: u32,
    /// How likely it is that this was said, 0 to 1.
    pub probability: f32,
    /// The value.
    pub text: Text,
}

/// A slot that was said.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct SaidSlot {
    /// Its number in the grammar, from 0.
    pub slot: u32,
    /// The number of the list that its values are from.
    pub list: u32,
    /// First sample of it.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// The slot's name.
    pub name: Text,
    /// How likely it is that what was said there is none of the list, 0 to 1. If this is more than the first value's
    /// probability, that is what was heard.
    pub not_listed: f32,
    /// Elements of `values` that count.
    pub value_count: u32,
    /// The values that it may be, the likeliest first: names that sound alike stand beside each other.
    pub values: [SaidValue; EARNEST_COMMAND_VALUES],
}

/// A command that was said. All times are sample numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Command {
    /// earnest_command_kind.
    pub kind: u32,
    /// The meaning of it, as the grammar numbers them: an intent, perhaps with slots of fixed values. EARNEST_NO_NUMBER if
    /// it is unknown.
    pub meaning: u32,
    /// The meaning's intent.
    pub intent: Text,
    /// First sample of its words.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// First sample of the speech it was in.
    pub speech_start: u64,
    /// One past the last.
    pub speech_end: u64,
    /// One past the last sample that was needed to know that it was over.
    pub decided: u64,
    /// How likely it is that this was a command, and not other speech, 0 to 1.
    pub probability: f32,
    /// The same, times the probability of every slot's likeliest value; 0 if one is not listed.
    pub whole: f32,
    /// Logarithm of its likelihood against any speech at all, 0 at most.
    pub score: f32,
    /// Level of the speech above the background, dB.
    pub snr_db: f32,
    /// Elements of `slots` that count.
    pub slot_count: u32,
    /// 0.
    pub reserved: u32,
    /// The slots that were said, in the order in which they were.
    pub slots: [SaidSlot; EARNEST_COMMAND_SLOTS],
}

impl Command {
    pub(crate) const NONE: Command = {
        let value = SaidValue { value: 0, probability: 0.0, text: Text::NONE };
        let slot = SaidSlot {
            slot: 0,
            list: 0,
            start: 0,
            end: 0,
            name: Text::NONE,
            not_listed: 0.0,
            value_count: 0,
            values: [value; EARNEST_COMMAND_VALUES],
        };
        Command {
            kind: CommandKind::None as u32,
            meaning: u32::MAX,
            intent: Text::NONE,
            start: 0,
            end: 0,
            speech_start: 0,
            speech_end: 0,
            decided: 0,
            probability: 0.0,
            whole: 0.0,
            score: 0.0,
            snr_db: 0.0,
            slot_count: 0,
            reserved: 0,
            slots: [slot; EARNEST_COMMAND_SLOTS],
        }
    };

    /// What `decoder` heard, which still has the words. To be called on [`Command::NONE`].
    #[inline(never)]
    pub(crate) fn fill(&mut self, decoder: &Decoder<'_>, heard: &Heard, verdict: Option<&Verdict>) {
        self.kind = CommandKind::Unknown as u32;
        (self.start, self.end) = (heard.words.start.0, heard.words.end.0);
        (self.speech_start, self.speech_end) = (heard.speech.start.0, heard.speech.end.0);
        (self.decided, self.snr_db) = (heard.decided.0, heard.snr_db);
        let (Some(best), Some(verdict)) = (heard.best, verdict) else { return };
        self.kind = CommandKind::Understood as u32;
        self.meaning = best.meaning;
        self.intent = Text::of(decoder.grammar().intent(best.meaning));
        (self.probability, self.whole, self.score) = (verdict.command, verdict.whole(), best.score);
        // Frames count from where this command began; the end of the last word is known as a sample too.
        let mut last = [Item::default()];
        decoder.items(&best, &mut last);
        let samples = 16_000 / u64::from(decoder.config().frames_per_s.max(1));
        let [last] = last;
        let sample_of = |frame: u32| {
            let behind = (u64::from(last.last_frame) + 1).saturating_sub(frame.into());
            heard.words.end.0.saturating_sub(behind * samples)
        };
        for (place, said) in self.slots.iter_mut().zip(verdict.slots()) {
            let [first, last] = said.frames;
            (place.start, place.end) = (sample_of(first), sample_of(last.saturating_add(1)));
            place.fill(decoder, said);
            self.slot_count += 1;
        }
    }
}

impl SaidSlot {
    fn fill(&mut self, decoder: &Decoder<'_>, said: &SlotVerdict) {
        (self.slot, self.list, self.not_listed) = (said.slot, said.list, said.not_listed);
        self.name = Text::of(decoder.grammar().slot(said.slot));
        let Some(list) = decoder.list(said.list) else { return };
        for (place, one) in self.values.iter_mut().zip(said.values()) {
            let text = Text::of(list.value(one.value));
            *place = SaidValue { value: one.value, probability: one.probability, text };
            self.value_count += 1;
        }
    }
}

/// What an image of a grammar or of a list has. Counts of what it has none of are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct GrammarFacts {
    /// Meanings of a grammar.
    pub meanings: u32,
    /// Lists that its slots take values from.
    pub lists: u32,
    /// Slots.
    pub slots: u32,
    /// Words.
    pub words: u32,
    /// Values of a list.
    pub values: u32,
}
