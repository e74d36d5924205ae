//! One command after the other, from frames: acoustic model → decoder → end of the command.

use super::decoder::{Decoder, Hypothesis, Item};
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::lexicon::Phone;
use crate::nn::Net;
use crate::vad::{SpeechEdge, VadFrame};

/// Most words and values of a command whose place is told.
const MAX_ITEMS: usize = 64;
/// Mel frames for which speech is remembered, until the acoustic model has looked ahead.
const REMEMBERED: usize = 64;
/// Samples for which a sound fades after its phone was heard, and words may still follow closely: the VAD hears it end
/// later than the acoustic model does. With none of it 4 of 160 clean orders of `dev` were cut short.
const FADING: u64 = 200 * 16;
/// Output frames with a phone that speech has at the least, and by how many nats none may be likelier there. Of what was told
/// over 199 orders of `dev` in the kitchen at 12 dB besides the orders, half is left.
const FEWEST_VOICED: u32 = 2;
const FAINT_NATS: f32 = 1.0;
/// Samples from one mel frame to the next.
const HOP: u64 = 160;

/// When a command is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UtteranceConfig {
    /// Silence behind a sentence of the grammar that ends it if no way that would have to go on comes near, ms,
    /// 50 … 5,000. Silence is what the VAD says it is, whose hangover counts, or that no phone was heard: in noise that
    /// the VAD takes for speech, words end all the same.
    pub end_ms: u32,
    /// By how much the sentence must be ahead for that, nats, −100 … 100.
    pub lead_nats: f32,
    /// Silence that ends a sentence which is less clearly over, ms, `end_ms` … 10,000.
    pub unsure_ms: u32,
    /// Silence that ends anything else, ms, `unsure_ms` … 10,000.
    pub patience_ms: u32,
    /// Longest command, ms, 1,000 … 60,000.
    pub longest_ms: u32,
    /// Shortest stretch of speech that is listened to, ms, 0 … 5,000: what is shorter is not told.
    pub shortest_ms: u32,
}

impl Default for UtteranceConfig {
    fn default() -> Self {
        UtteranceConfig {
            end_ms: 400,
            lead_nats: 0.0,
            unsure_ms: 600,
            patience_ms: 2000,
            longest_ms: 20_000,
            shortest_ms: 100,
        }
    }
}

impl UtteranceConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let check = |field, value: u32, min: u32, max: u32| {
            ConfigError::check(field, f64::from(value), f64::from(min), f64::from(max))
        };
        check("end_ms", self.end_ms, 50, 5000)?;
        check("unsure_ms", self.unsure_ms, self.end_ms, 10_000)?;
        check("patience_ms", self.patience_ms, self.unsure_ms, 10_000)?;
        ConfigError::check("lead_nats", f64::from(self.lead_nats), -100.0, 100.0)?;
        check("longest_ms", self.longest_ms, 1000, 60_000)?;
        check("shortest_ms", self.shortest_ms, 0, 5000)
    }
}

/// What was said, when it was over.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heard {
    /// The best way through the grammar, if there is any.
    pub best: Option<Hypothesis>,
    /// From the first to the last speech.
    pub speech: SampleSpan,
    /// From the first to the last word of the best way; empty if there is none.
    pub words: SampleSpan,
    /// When it was known that the command was over.
    pub decided: SampleIndex,
    /// Level of the speech above the background, dB: the mean over frames of speech.
    pub snr_db: f32,
}

/// Decodes commands from frames that others may use too; [`Listener`](super::Listener) makes the frames itself.
#[derive(Debug)]
pub struct UtteranceDecoder<'a> {
    config: UtteranceConfig,
    net: Net<'a>,
    decoder: Decoder<'a>,
    /// Whether there was speech, for the latest mel frames.
    spoken: [bool; REMEMBERED],
    mel_frames: u64,
    /// Output frames of the acoustic model so far.
    frames: u64,
    /// Where the first mel frame is.
    first: SampleIndex,
    /// The output frame that is the decoder's first.
    origin: u64,
    /// What lies before this was heard for the acoustic model's sake only.
    from: SampleIndex,
    /// Nobody has looked yet whether there was speech at `from` already.
    fresh: bool,
    onset: Option<SampleIndex>,
    ended: Option<SampleIndex>,
    /// The output frame behind the latest in which a phone was likelier than none.
    phones_end: Option<u64>,
    /// Output frames of the present command in which a phone was nearly as likely as none: in an echoing room no frame may
    /// have a phone that is likelier.
    voiced: u32,
    snr: (f32, u32),
}

impl<'a> UtteranceDecoder<'a> {
    /// # Errors
    /// [`ConfigError`] of a field out of range, or of a network that does not fit the front end or the phones.
    pub fn new(config: UtteranceConfig, net: Net<'a>, decoder: Decoder<'a>) -> Result<Self, ConfigError> {
        config.check()?;
        let mismatch = |what, expected, actual| match expected == actual {
            true => Ok(()),
            false => Err(ConfigError::Mismatch { what, expected, actual }),
        };
        let bins = FrontEndConfig::base().mel_bins;
        mismatch("input channels of the network", bins, net.model().input_channels())?;
        mismatch("output channels of the network", Phone::SYMBOLS, net.model().output_channels())?;
        ConfigError::check("look-ahead", net.model().look_ahead() as f64, 0.0, REMEMBERED as f64 / 2.0)?;
        Ok(UtteranceDecoder {
            config,
            net,
            decoder,
            spoken: [false; REMEMBERED],
            mel_frames: 0,
            frames: 0,
            first: SampleIndex(0),
            origin: 0,
            from: SampleIndex(0),
            fresh: false,
            onset: None,
            ended: None,
            phones_end: None,
            voiced: 0,
            snr: (0.0, 0),
        })
    }

    /// The decoder: words of a hypothesis, lists that may be changed between commands.
    pub fn decoder(&self) -> &Decoder<'a> {
        &self.decoder
    }

    /// The decoder. To listen for something else, another may be put in its place before [`begin`](Self::begin).
    pub fn decoder_mut(&mut self) -> &mut Decoder<'a> {
        &mut self.decoder
    }

    /// Mel frames that the acoustic model looks ahead.
    pub fn look_ahead(&self) -> usize {
        self.net.model().look_ahead()
    }

    /// As new, for commands that begin at `from` or later. Frames before that may be given, and should be where they
    /// are at hand: the acoustic model hears words better that it has heard begin. If somebody is speaking at `from`,
    /// that is taken as the beginning of a command.
    pub fn begin(&mut self, from: SampleIndex) {
        self.reset();
        self.from = from;
        self.fresh = true;
    }

    /// Takes the next frame of [`FrontEndConfig::base`] and what the VAD said about it; none may be left out. `tell`
    /// is called at the end of each command, while the decoder still has its words.
    ///
    /// # Real time
    /// No allocation, provided that `tell` does none.
    pub fn process(&mut self, frame: &MelFrame, vad: &VadFrame, tell: impl FnMut(&Decoder<'a>, Heard)) {
        let now = frame.span.end;
        if self.mel_frames == 0 {
            self.first = frame.span.start;
        }
        if now > self.from {
            self.edge(vad, now);
        }
        let at = (self.mel_frames % REMEMBERED as u64) as usize;
        if let Some(spoken) = self.spoken.get_mut(at) {
            *spoken = vad.speech;
        }
        self.mel_frames += 1;
        let (outputs, inputs) = self.rate();
        if let Some(rows) = self.net.process(frame.mel()) {
            for row in rows.chunks_exact(Phone::SYMBOLS) {
                // The mel frames of this output frame, and one to either side.
                let first = (self.frames * inputs / outputs).saturating_sub(1);
                let speech = (first..first + 4).any(|n| {
                    let at = (n % REMEMBERED as u64) as usize;
                    self.spoken.get(at).copied().unwrap_or_default()
                });
                let begins = self.first.after(self.frames * inputs * HOP / outputs);
                self.frames += 1;
                if begins >= self.from {
                    self.decoder.process(row, speech);
                    if let [none, phones @ ..] = row {
                        let best = phones.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                        if best > *none {
                            self.phones_end = Some(self.frames);
                        }
                        self.voiced += u32::from(best > none - FAINT_NATS);
                    }
                } else {
                    self.origin = self.frames;
                }
            }
        }
        let Some(onset) = self.onset else { return };
        let heard = self.at(self.frames);
        let silent = self.ended.map_or(0, |ended| now.since(ended));
        let without_phones = self.phones_end(onset).map_or(0, |end| heard.since(end));
        let silent = silent.max(without_phones.saturating_sub(FADING));
        let samples = |ms: u32| u64::from(ms) * 16;
        let longest = now.since(onset) >= samples(self.config.longest_ms);
        let over = |lead: f32| {
            let enough =
                if lead >= self.config.lead_nats { self.config.end_ms } else { self.config.unsure_ms };
            silent >= samples(enough)
        };
        if longest
            || silent >= samples(self.config.patience_ms)
            || silent >= samples(self.config.end_ms) && self.decoder.lead().is_some_and(over)
        {
            self.end(now, tell);
        }
    }

    /// Onset and end of speech.
    fn edge(&mut self, vad: &VadFrame, now: SampleIndex) {
        match vad.edge {
            Some(SpeechEdge::Onset(at)) => {
                // What was too short to be listened to was not the beginning: the last of the wake phrase, a click.
                let shortest = u64::from(self.config.shortest_ms) * 16;
                let begun =
                    self.onset.filter(|onset| self.ended.is_none_or(|end| end.since(*onset) >= shortest));
                self.onset = begun.or(Some(at.max(self.from)));
                self.ended = None;
                // The frames that made the onset sure were speech too.
                let back = now.since(at) / HOP;
                for n in 0..back.min(REMEMBERED as u64) {
                    let at = (self.mel_frames + REMEMBERED as u64 - n) % REMEMBERED as u64;
                    if let Some(spoken) = self.spoken.get_mut(at as usize) {
                        *spoken = true;
                    }
                }
            }
            // The end of what was said before: it only went on counting as speech until it was sure.
            Some(SpeechEdge::End(at)) if self.onset.is_some_and(|onset| at <= onset) => self.onset = None,
            Some(SpeechEdge::End(at)) => self.ended = Some(at),
            None if self.fresh && vad.speech => self.onset = Some(self.from),
            None => {}
        }
        self.fresh = false;
        if vad.speech && vad.probability > 0.5 {
            self.snr = (self.snr.0 + vad.snr_db(), self.snr.1 + 1);
        }
    }

    /// Ends the command under way, if there is one: it is `now`, and no more of it will come.
    pub fn end(&mut self, now: SampleIndex, mut tell: impl FnMut(&Decoder<'a>, Heard)) {
        let Some(onset) = self.onset else { return };
        let phones_end = self.phones_end(onset);
        let speech = SampleSpan { start: onset, end: self.ended.or(phones_end).unwrap_or(now) };
        // Noise that has no phones is no speech, whatever the VAD says.
        if self.voiced >= FEWEST_VOICED && speech.len() >= u64::from(self.config.shortest_ms) * 16 {
            let snr_db = self.snr.0 / self.snr.1.max(1) as f32;
            let best = self.decoder.best();
            let words = best.map_or(SampleSpan { start: onset, end: onset }, |best| self.words(&best));
            tell(&self.decoder, Heard { best, speech, words, decided: now, snr_db });
        }
        self.decoder.reset();
        self.origin = self.frames;
        // Where the VAD hears no end, the next command may begin at once.
        self.onset = self.ended.is_none().then_some(now);
        self.ended = None;
        self.phones_end = None;
        self.voiced = 0;
        self.snr = (0.0, 0);
    }

    /// End of the latest phone, if there was one since `onset`.
    fn phones_end(&self, onset: SampleIndex) -> Option<SampleIndex> {
        self.phones_end.map(|end| self.at(end)).filter(|end| *end > onset)
    }

    fn words(&self, best: &Hypothesis) -> SampleSpan {
        let mut items = [Item::default(); MAX_ITEMS];
        let count = self.decoder.items(best, &mut items);
        let items = items.get(..count).unwrap_or(&items);
        let first = items.iter().map(|item| item.first_frame).min().unwrap_or(0);
        let last = items.iter().map(|item| item.last_frame + 1).max().unwrap_or(0);
        SampleSpan { start: self.sample_of(first), end: self.sample_of(last) }
    }

    /// The sample at which frame `frame` of the present command begins.
    pub fn sample_of(&self, frame: u32) -> SampleIndex {
        self.at(self.origin + u64::from(frame))
    }

    /// The sample at which that output frame of the acoustic model begins.
    fn at(&self, frame: u64) -> SampleIndex {
        let (outputs, inputs) = self.rate();
        self.first.after(frame * inputs * HOP / outputs)
    }

    /// Output frames for so many mel frames.
    fn rate(&self) -> (u64, u64) {
        (self.net.model().output_frames().max(1) as u64, self.net.model().stride() as u64)
    }

    /// As new.
    pub fn reset(&mut self) {
        self.net.reset();
        self.decoder.reset();
        self.spoken = [false; REMEMBERED];
        self.mel_frames = 0;
        self.frames = 0;
        self.first = SampleIndex(0);
        self.origin = 0;
        self.from = SampleIndex(0);
        self.fresh = false;
        self.onset = None;
        self.ended = None;
        self.phones_end = None;
        self.voiced = 0;
        self.snr = (0.0, 0);
    }
}
