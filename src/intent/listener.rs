//! The chain for one command: samples in, what was asked for out.
//!
//! audio → front end → VAD and acoustic model → decoder → end of the command

use super::decoder::{Decoder, Hypothesis};
use crate::audio::{Sample, SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEnd, FrontEndConfig};
use crate::lexicon::Phone;
use crate::nn::Net;
use crate::vad::{MelVad, MelVadConfig, SpeechEdge, VoiceActivityDetector};

/// Mel frames for which speech is remembered, until the acoustic model has looked ahead.
const REMEMBERED: usize = 64;

/// When a command is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListenerConfig {
    /// What speech is.
    pub vad: MelVadConfig,
    /// Silence behind a sentence of the grammar that ends it if no way that would have to go on comes near, ms,
    /// 50 … 5,000. The VAD's hangover counts.
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

impl Default for ListenerConfig {
    fn default() -> Self {
        ListenerConfig {
            vad: MelVadConfig::default(),
            end_ms: 400,
            lead_nats: 0.0,
            unsure_ms: 600,
            patience_ms: 2000,
            longest_ms: 20_000,
            shortest_ms: 100,
        }
    }
}

/// What a listener tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heard {
    /// The best way through the grammar, if there is any.
    pub best: Option<Hypothesis>,
    /// From the first to the last speech.
    pub speech: SampleSpan,
    /// When it was known that the command was over.
    pub decided: SampleIndex,
    /// Level of the speech above the background, dB: the mean over frames of speech.
    pub snr_db: f32,
}

/// Listens for one command after the other.
#[derive(Debug)]
pub struct Listener<'a> {
    config: ListenerConfig,
    front_end: FrontEnd,
    vad: MelVad,
    net: Net<'a>,
    decoder: Decoder<'a>,
    /// Whether there was speech, for the latest mel frames.
    spoken: [bool; REMEMBERED],
    mel_frames: u64,
    /// Output frames of the acoustic model so far.
    frames: u64,
    /// Where the decoder's frame 0 is, in samples.
    origin: u64,
    onset: Option<SampleIndex>,
    ended: Option<SampleIndex>,
    snr: (f32, u32),
}

impl<'a> Listener<'a> {
    /// # Errors
    /// [`ConfigError`] of a field out of range, or of a network that does not fit the front end or the phones.
    pub fn new(config: ListenerConfig, net: Net<'a>, decoder: Decoder<'a>) -> Result<Self, ConfigError> {
        let check = |field, value: u32, min: u32, max: u32| {
            ConfigError::check(field, f64::from(value), f64::from(min), f64::from(max))
        };
        check("end_ms", config.end_ms, 50, 5000)?;
        check("unsure_ms", config.unsure_ms, config.end_ms, 10_000)?;
        check("patience_ms", config.patience_ms, config.unsure_ms, 10_000)?;
        ConfigError::check("lead_nats", f64::from(config.lead_nats), -100.0, 100.0)?;
        check("longest_ms", config.longest_ms, 1000, 60_000)?;
        check("shortest_ms", config.shortest_ms, 0, 5000)?;
        let base = FrontEndConfig::base();
        let mismatch = |what, expected, actual| match expected == actual {
            true => Ok(()),
            false => Err(ConfigError::Mismatch { what, expected, actual }),
        };
        mismatch("input channels of the network", base.mel_bins, net.model().input_channels())?;
        mismatch("output channels of the network", Phone::SYMBOLS, net.model().output_channels())?;
        ConfigError::check("look-ahead", net.model().look_ahead() as f64, 0.0, REMEMBERED as f64 / 2.0)?;
        Ok(Listener {
            config,
            front_end: FrontEnd::new(base)?,
            vad: MelVad::new(config.vad, &base)?,
            net,
            decoder,
            spoken: [false; REMEMBERED],
            mel_frames: 0,
            frames: 0,
            origin: 0,
            onset: None,
            ended: None,
            snr: (0.0, 0),
        })
    }

    /// The decoder: words of a hypothesis, lists that may be changed between commands.
    pub fn decoder(&self) -> &Decoder<'a> {
        &self.decoder
    }

    /// The decoder.
    pub fn decoder_mut(&mut self) -> &mut Decoder<'a> {
        &mut self.decoder
    }

    /// Takes in `pcm`: 16 kHz, mono, any number of samples. What is told does not depend on how the audio is cut.
    /// `tell` is called at the end of each command, while the decoder still has its words.
    ///
    /// # Real time
    /// No allocation, provided that `tell` does none.
    pub fn push<S: Sample>(&mut self, pcm: &[S], mut tell: impl FnMut(&Decoder<'a>, Heard)) {
        let mut rest = pcm;
        while self.step(&mut rest, &mut tell) {}
    }

    /// One mel frame; false if there was none.
    fn step<S: Sample>(&mut self, rest: &mut &[S], tell: &mut impl FnMut(&Decoder<'a>, Heard)) -> bool {
        let Some(frame) = self.front_end.process(rest) else { return false };
        let now = frame.span.end;
        let vad = self.vad.process(frame);
        match vad.edge {
            Some(SpeechEdge::Onset(at)) => {
                self.onset.get_or_insert(at);
                self.ended = None;
                // The frames that made the onset sure were speech too.
                let back = now.since(at) / 160;
                for n in 0..back.min(REMEMBERED as u64) {
                    let at = (self.mel_frames + REMEMBERED as u64 - n) % REMEMBERED as u64;
                    if let Some(spoken) = self.spoken.get_mut(at as usize) {
                        *spoken = true;
                    }
                }
            }
            Some(SpeechEdge::End(at)) => self.ended = Some(at),
            None => {}
        }
        if vad.speech && vad.probability > 0.5 {
            self.snr = (self.snr.0 + vad.snr_db(), self.snr.1 + 1);
        }
        let at = (self.mel_frames % REMEMBERED as u64) as usize;
        if let Some(spoken) = self.spoken.get_mut(at) {
            *spoken = vad.speech;
        }
        self.mel_frames += 1;
        let (outputs, inputs) = (self.net.model().output_frames() as u64, self.net.model().stride() as u64);
        if let Some(rows) = self.net.process(frame.mel()) {
            for row in rows.chunks_exact(Phone::SYMBOLS) {
                // The mel frames of this output frame, and one to either side.
                let first = (self.frames * inputs / outputs.max(1)).saturating_sub(1);
                let speech = (first..first + 4).any(|n| {
                    let at = (n % REMEMBERED as u64) as usize;
                    self.spoken.get(at).copied().unwrap_or_default()
                });
                self.frames += 1;
                self.decoder.process(row, speech);
            }
        }
        if let Some(onset) = self.onset {
            let silent = self.ended.map_or(0, |ended| now.since(ended));
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
                self.end(onset, now, tell);
            }
        }
        true
    }

    fn end(&mut self, onset: SampleIndex, now: SampleIndex, tell: &mut impl FnMut(&Decoder<'a>, Heard)) {
        let speech = SampleSpan { start: onset, end: self.ended.unwrap_or(now) };
        if speech.len() >= u64::from(self.config.shortest_ms) * 16 {
            let snr_db = self.snr.0 / self.snr.1.max(1) as f32;
            let best = self.decoder.best();
            tell(&self.decoder, Heard { best, speech, decided: now, snr_db });
        }
        self.decoder.reset();
        self.origin = self.frames;
        self.onset = None;
        self.ended = None;
        self.snr = (0.0, 0);
    }

    /// The audio is over: tells what was said last. Call [`Listener::reset`] before new audio.
    pub fn finish(&mut self, mut tell: impl FnMut(&Decoder<'a>, Heard)) {
        // Silence that lets the acoustic model look at the last of it.
        let silence = [0i16; 160];
        for _ in 0..=self.net.model().look_ahead() {
            self.push(&silence, &mut tell);
        }
        if let Some(onset) = self.onset {
            let now = self.front_end.now();
            self.end(onset, now, &mut tell);
        }
    }

    /// The sample at which frame `frame` of the present command begins.
    pub fn sample_of(&self, frame: u32) -> SampleIndex {
        let (outputs, inputs) = (self.net.model().output_frames() as u64, self.net.model().stride() as u64);
        SampleIndex((self.origin + u64::from(frame)) * inputs * 160 / outputs.max(1))
    }

    /// As new.
    pub fn reset(&mut self) {
        self.front_end.reset();
        self.vad.reset();
        self.net.reset();
        self.decoder.reset();
        self.spoken = [false; REMEMBERED];
        self.mel_frames = 0;
        self.frames = 0;
        self.origin = 0;
        self.onset = None;
        self.ended = None;
        self.snr = (0.0, 0);
    }
}
