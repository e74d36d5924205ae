//! Commands behind a handle: front end, VAD, acoustic model, decoder, judge.

use super::command_types::{Command, CommandsConfig, GrammarFacts, Image, NameKind, Text, weights};
use super::listener::in_range;
use super::room::{Room, Sizes};
use super::types::{Error, Status};
use core::mem::MaybeUninit;
use earnest_core::audio::SampleIndex;
use earnest_core::confidence::{ConfidenceWeights, Judge};
use earnest_core::frontend::{BaseFrontEnd, BaseMemory, FrontEndConfig, MelFrame, MelSource};
use earnest_core::intent::{
    Confusions, Decoder, DecoderMemory, GrammarImage, ListImage, Record, Rescorer, Token, UtteranceDecoder,
};
use earnest_core::lexicon::{ImageError, Phone};
use earnest_core::nn::{Model, Net};
use earnest_core::spotter::net::NetModelError;
use earnest_core::vad::{MelVad, VoiceActivityDetector};
use earnest_core::{ConfigError, Storage};

/// A grammar with what belongs to it, checked.
pub(crate) struct Sayable<'a> {
    grammar: GrammarImage<'a>,
    /// Bytes of every list, checked.
    lists: &'a [Image],
    confusions: Option<&'a [u8]>,
}

/// What an image of the caller's points to. Its bytes were found to be good ones when the [`Sayable`] was made.
pub(crate) type Bytes<'f, 'a> = &'f dyn Fn(&Image) -> Result<&'a [u8], Error>;

impl<'a> Sayable<'a> {
    /// Checks everything. `bytes`: what an image points to.
    pub(crate) fn new(
        grammar: &'a [u8],
        lists: &'a [Image],
        confusions: Option<&'a [u8]>,
        bytes: Bytes<'_, 'a>,
    ) -> Result<Self, Error> {
        let grammar = GrammarImage::new(grammar).map_err(|error| from_image(&error, "grammar"))?;
        let expected = grammar.lists().len() as f64;
        if lists.len() as f64 != expected {
            let actual = lists.len() as f64;
            return Err(Error::new(Status::OutOfRange, "list_count", expected, expected, actual));
        }
        for list in lists {
            ListImage::new(bytes(list)?).map_err(|error| from_image(&error, "list"))?;
        }
        if let Some(bytes) = confusions {
            check_confusions(bytes)?;
        }
        Ok(Sayable { grammar, lists, confusions })
    }

    pub(crate) fn grammar(&self) -> &GrammarImage<'a> {
        &self.grammar
    }

    /// What the decoder takes of the memory.
    pub(crate) fn sizes(&self, config: &CommandsConfig, sizes: &mut Sizes) {
        let paths = config.paths as usize;
        sizes.add::<Token>(paths);
        sizes.add::<Token>(paths);
        sizes.add::<[u32; 2]>(DecoderMemory::index_len(paths));
        sizes.add::<Record>(config.records as usize);
        sizes.add::<u8>(config.judged_frames as usize);
        sizes.add::<f32>(self.slot_frames(config) * Phone::SYMBOLS);
        sizes.add::<ListImage<'_>>(self.lists.len());
        sizes.add::<Confusions>(usize::from(self.confusions.is_some()));
    }

    fn slot_frames(&self, config: &CommandsConfig) -> usize {
        if self.lists.is_empty() { 0 } else { config.slot_frames as usize }
    }

    /// Floats that the comparison of slots' values takes.
    pub(crate) fn columns(&self, config: &CommandsConfig) -> usize {
        if self.slot_frames(config) > 0 { Rescorer::REQUIRED } else { 0 }
    }

    /// The decoder, in `room`.
    #[inline(never)]
    pub(crate) fn decoder(
        &self,
        config: &CommandsConfig,
        bytes: Bytes<'_, 'a>,
        room: &mut Room<'a>,
    ) -> Result<Decoder<'a>, Error> {
        let paths = config.paths as usize;
        let tokens = [room.take(paths, Token::UNUSED)?, room.take(paths, Token::UNUSED)?];
        let memory = DecoderMemory {
            tokens: tokens.map(Storage::Lent),
            index: Storage::Lent(room.take(DecoderMemory::index_len(paths), [0; 2])?),
            history: Storage::Lent(room.take(config.records as usize, Record::UNUSED)?),
            best: Storage::Lent(room.take(config.judged_frames as usize, 0)?),
            frames: Storage::Lent(room.take(self.slot_frames(config) * Phone::SYMBOLS, 0.0)?),
        };
        let Sayable { grammar, lists, confusions } = self;
        let grammar = grammar.clone();
        let lists = room.make(lists.len(), |n| {
            let list = lists.get(n).map_or(Ok(&[][..]), bytes)?;
            ListImage::new(list).map_err(|error| from_image(&error, "list"))
        })?;
        let wrong = |error: ConfigError| Error::from_core(&error, "");
        let confusions = confusions.map(|bytes| room.make(1, |_| Confusions::new(bytes).map_err(wrong)));
        let decoder = Decoder::new(config.decoder(), grammar, Storage::Lent(lists), memory).map_err(wrong)?;
        match confusions.transpose()? {
            Some([confusions]) => Ok(decoder.with_confusions_lent(confusions)),
            _ => Ok(decoder),
        }
    }
}

// Apart: 6 KB of stack, where there are any.
#[inline(never)]
fn check_confusions(bytes: &[u8]) -> Result<(), Error> {
    Confusions::new(bytes).map(drop).map_err(|error| Error::from_core(&error, ""))
}

/// Apart, for the same reason.
#[inline(never)]
fn own_weights<'a>(numbers: &[f32], room: &mut Room<'a>) -> Result<&'a ConfidenceWeights, Error> {
    let [weights] = room.make(1, |_| weights(numbers))? else { return Ok(ConfidenceWeights::phones_m()) };
    Ok(weights)
}

/// All images of a configuration, checked.
pub(crate) struct Images<'a> {
    pub(crate) model: Model<'a>,
    pub(crate) sayable: Sayable<'a>,
    pub(crate) weights: &'a [f32],
}

impl Images<'_> {
    /// What acoustic model, decoder and judge take of the memory.
    pub(crate) fn sizes(&self, config: &CommandsConfig, sizes: &mut Sizes) {
        sizes.add::<u32>(Net::required_words(&self.model));
        sizes.add::<f32>(self.sayable.columns(config));
        sizes.add::<ConfidenceWeights>(usize::from(!self.weights.is_empty()));
        self.sayable.sizes(config, sizes);
    }
}

/// The acoustic model in `image`.
pub(crate) fn acoustic_model(image: &[u8]) -> Result<Model<'_>, Error> {
    Model::new(image).map_err(|error| Error::from_net(&NetModelError::Image(error)))
}

/// Acoustic model and judge, in `room`.
pub(crate) fn net_and_judge<'a>(
    model: Model<'a>,
    columns: usize,
    numbers: &[f32],
    room: &mut Room<'a>,
) -> Result<(Net<'a>, Judge<'a>), Error> {
    let wrong = |error: ConfigError| Error::from_core(&error, "");
    let words = room.take(Net::required_words(&model), 0)?;
    let net = Net::new(model, Storage::Lent(words)).map_err(wrong)?;
    let columns = room.take(columns, 0.0)?;
    let weights = match numbers.is_empty() {
        true => ConfidenceWeights::phones_m(),
        false => own_weights(numbers, room)?,
    };
    let judge = match columns.is_empty() {
        true => Judge::without_lists(weights),
        false => Judge::new(weights, Storage::Lent(columns)),
    };
    Ok((net, judge.map_err(|error| Error::from_core(&error, "confidence "))?))
}

/// What a handle stands for.
pub(crate) struct Commands<'a> {
    front_end: BaseFrontEnd<'a>,
    vad: MelVad,
    now: SampleIndex,
    utterance: UtteranceDecoder<'a>,
    judge: Judge<'a>,
}

/// Bytes that [`Commands`] need beside themselves.
pub(crate) fn sizes(config: &CommandsConfig, images: &Images<'_>) -> usize {
    let mut sizes = Sizes::default();
    sizes.add::<BaseMemory>(1);
    images.sizes(config, &mut sizes);
    sizes.bytes()
}

impl<'a> Commands<'a> {
    /// Puts them into `slot`. Where it fails, nothing is in it.
    #[inline(never)]
    pub(crate) fn make(
        slot: &mut MaybeUninit<Self>,
        config: &CommandsConfig,
        images: Images<'a>,
        bytes: Bytes<'_, 'a>,
        mut room: Room<'a>,
    ) -> Result<(), Error> {
        let wrong = |error: ConfigError| Error::from_core(&error, "");
        let Images { model, sayable, weights } = images;
        let front_end = room.make(1, |_| Ok(BaseMemory::ZERO))?;
        let columns = sayable.columns(config);
        let (net, judge) = net_and_judge(model, columns, weights, &mut room)?;
        let decoder = sayable.decoder(config, bytes, &mut room)?;
        let [front_end] = front_end else { return Ok(()) };
        let vad = MelVad::new(config.vad(), &FrontEndConfig::base());
        slot.write(Commands {
            front_end: BaseFrontEnd::new(front_end),
            vad: vad.map_err(|error| Error::from_core(&error, "vad_"))?,
            now: SampleIndex(0),
            utterance: UtteranceDecoder::new(config.utterance(), net, decoder).map_err(wrong)?,
            judge,
        });
        Ok(())
    }

    /// Takes samples up to the end of a command, which is put into `out`, or all of them.
    pub(crate) fn push(&mut self, pcm: &mut &[i16], out: &mut Command) {
        let Commands { front_end, vad, now, utterance, judge } = self;
        while let Some(frame) = front_end.process(pcm) {
            *now = frame.span.end;
            if hear(frame, vad, utterance, judge, out) {
                break;
            }
        }
    }

    /// No more samples come: what was said last.
    pub(crate) fn end(&mut self, out: &mut Command) {
        // Silence that lets the acoustic model look at the last of it.
        for _ in 0..=self.utterance.look_ahead() {
            let Commands { front_end, vad, now, utterance, judge } = self;
            let mut silence = &[0i16; 160][..];
            while let Some(frame) = front_end.process(&mut silence) {
                *now = frame.span.end;
                if hear(frame, vad, utterance, judge, out) {
                    return;
                }
            }
        }
        let Commands { now, utterance, judge, .. } = self;
        utterance.end(*now, |decoder, heard| {
            let verdict = judge.judge(decoder, &heard);
            out.fill(decoder, &heard, verdict.as_ref());
        });
    }

    /// As new: the next sample is sample `first`, and commands begin at `from`. Nothing is left in memory of what was heard.
    pub(crate) fn begin(&mut self, first: u64, from: u64) {
        self.front_end.reset_at(SampleIndex(first));
        self.vad.reset();
        self.now = SampleIndex(first);
        self.utterance.decoder_mut().wipe();
        self.judge.wipe();
        self.utterance.begin(SampleIndex(from));
    }

    /// Samples taken in.
    pub(crate) fn now(&self) -> u64 {
        self.front_end.now().0
    }

    pub(crate) fn set_list(&mut self, list: u32, image: &'a [u8]) -> Result<(), Error> {
        set_list(self.utterance.decoder_mut(), list, image)
    }
}

/// Takes another list; the decoder begins anew.
pub(crate) fn set_list<'a>(decoder: &mut Decoder<'a>, list: u32, image: &'a [u8]) -> Result<(), Error> {
    let last = decoder.grammar().lists().len() as f64 - 1.0;
    in_range("list", list.into(), 0.0, last)?;
    let image = ListImage::new(image).map_err(|error| from_image(&error, "list"))?;
    decoder.set_list(list, image).map_err(|error| Error::from_core(&error, ""))
}

/// Takes the next frame; whether a command ended, which is in `out` then.
fn hear(
    frame: &MelFrame,
    vad: &mut MelVad,
    utterance: &mut UtteranceDecoder<'_>,
    judge: &mut Judge<'_>,
    out: &mut Command,
) -> bool {
    let vad = vad.process(frame);
    let mut ended = false;
    utterance.process(frame, &vad, |decoder, heard| {
        let verdict = judge.judge(decoder, &heard);
        out.fill(decoder, &heard, verdict.as_ref());
        ended = true;
    });
    ended
}

/// Whether commands can be listened for as `config` says; its images apart.
pub(crate) fn check(config: &CommandsConfig) -> Result<(), Error> {
    check_decoder(config)?;
    in_range("slot_frames", config.slot_frames.into(), 0.0, 3000.0)?;
    config.vad().check().map_err(|error| Error::from_core(&error, "vad_"))
}

/// What matters of a configuration for the decoder's memory.
pub(crate) fn check_decoder(config: &CommandsConfig) -> Result<(), Error> {
    in_range("paths", config.paths.into(), 16.0, 65_536.0)?;
    in_range("records", config.records.into(), 64.0, 1e6)?;
    in_range("judged_frames", config.judged_frames.into(), 0.0, 3000.0)
}

/// What an image of a grammar or of a list has.
pub(crate) fn facts(image: &[u8]) -> Result<GrammarFacts, Error> {
    if image.starts_with(&ListImage::MAGIC) {
        let list = ListImage::new(image).map_err(|error| from_image(&error, "list"))?;
        return Ok(GrammarFacts { values: list.values() as u32, ..GrammarFacts::default() });
    }
    let grammar = grammar(image)?;
    Ok(GrammarFacts {
        meanings: grammar.meanings() as u32,
        lists: grammar.lists().len() as u32,
        slots: grammar.slots().len() as u32,
        words: grammar.words() as u32,
        values: 0,
    })
}

pub(crate) fn grammar(image: &[u8]) -> Result<GrammarImage<'_>, Error> {
    GrammarImage::new(image).map_err(|error| from_image(&error, "grammar"))
}

/// The name of what has this number in `image`.
pub(crate) fn name(image: &[u8], kind: u32, number: u32) -> Result<Text, Error> {
    let is = |known: NameKind| kind == known as u32;
    let facts = facts(image)?;
    let within = |count: u32| in_range("number", number.into(), 0.0, f64::from(count) - 1.0);
    if is(NameKind::Value) {
        within(facts.values)?;
        let list = ListImage::new(image).map_err(|error| from_image(&error, "list"))?;
        return Ok(Text::of(list.value(number)));
    }
    let grammar = grammar(image)?;
    if is(NameKind::Intent) {
        within(facts.meanings)?;
        Ok(Text::of(grammar.intent(number)))
    } else if is(NameKind::List) {
        within(facts.lists)?;
        Ok(grammar.lists().nth(number as usize).map_or(Text::NONE, Text::of))
    } else if is(NameKind::Slot) {
        within(facts.slots)?;
        Ok(Text::of(grammar.slot(number)))
    } else if is(NameKind::Word) {
        within(facts.words)?;
        Ok(Text::of(grammar.word(number)))
    } else {
        Err(Error::new(Status::OutOfRange, "kind", 0.0, f64::from(NameKind::Value as u32), kind.into()))
    }
}

/// Fixed slot number `number` of a meaning: its name, its value.
pub(crate) fn fixed(image: &[u8], meaning: u32, number: u32) -> Result<(Text, Text), Error> {
    let grammar = grammar(image)?;
    let count = grammar.fixed(meaning).count();
    in_range("meaning", meaning.into(), 0.0, grammar.meanings() as f64 - 1.0)?;
    in_range("number", number.into(), 0.0, count as f64 - 1.0)?;
    let found = grammar.fixed(meaning).nth(number as usize);
    Ok(found.map_or((Text::NONE, Text::NONE), |(slot, value)| (Text::of(slot), Text::of(value))))
}

/// `what`: which image it is.
pub(crate) fn from_image(error: &ImageError, what: &str) -> Error {
    let (field, min, actual) = match *error {
        ImageError::Version { expected, actual } => ("version", f64::from(expected), f64::from(actual)),
        ImageError::Length { expected, actual } => ("bytes", expected as f64, actual as f64),
        ImageError::Checksum { expected, actual } => ("checksum", f64::from(expected), f64::from(actual)),
        ImageError::Field { field, expected, actual } => (field, expected as f64, actual as f64),
        ImageError::Contents { what, index } => (what, 0.0, index as f64),
        _ => ("magic", 0.0, 0.0),
    };
    let error = Error::new(Status::BadModel, "", min, min, actual);
    Error { field: super::types::text(&[what, ": ", field]), ..error }
}
