//! The chain for one command: samples in, what was asked for out.
//!
//! audio → front end → VAD → [`UtteranceDecoder`]

use super::decoder::Decoder;
use super::utterance::{Heard, UtteranceConfig, UtteranceDecoder};
use crate::audio::{Sample, SampleIndex};
use crate::error::ConfigError;
use crate::frontend::{FrontEnd, FrontEndConfig, MelSource};
use crate::nn::Net;
use crate::vad::{MelVad, MelVadConfig, VoiceActivityDetector};

/// The numbers of its stages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ListenerConfig {
    /// What speech is.
    pub vad: MelVadConfig,
    /// When a command is over.
    pub utterance: UtteranceConfig,
}

/// Listens for one command after the other. `F`: its front end.
#[derive(Debug)]
pub struct Listener<'a, F = FrontEnd> {
    front_end: F,
    vad: MelVad,
    /// End of the latest frame.
    now: SampleIndex,
    utterance: UtteranceDecoder<'a>,
}

impl<'a> Listener<'a> {
    /// # Errors
    /// [`ConfigError`] of a field out of range, or of a network that does not fit the front end or the phones.
    pub fn new(config: ListenerConfig, net: Net<'a>, decoder: Decoder<'a>) -> Result<Self, ConfigError> {
        Listener::with_front_end(config, FrontEnd::new(FrontEndConfig::base())?, net, decoder)
    }
}

impl<'a, F: MelSource> Listener<'a, F> {
    /// With another front end, which gives the frames of [`FrontEndConfig::base`].
    ///
    /// # Errors
    /// As [`Listener::new`].
    pub fn with_front_end(
        config: ListenerConfig,
        front_end: F,
        net: Net<'a>,
        decoder: Decoder<'a>,
    ) -> Result<Self, ConfigError> {
        Ok(Listener {
            front_end,
            vad: MelVad::new(config.vad, &FrontEndConfig::base())?,
            now: SampleIndex(0),
            utterance: UtteranceDecoder::new(config.utterance, net, decoder)?,
        })
    }

    /// The decoder: words of a hypothesis, lists that may be changed between commands.
    pub fn decoder(&self) -> &Decoder<'a> {
        self.utterance.decoder()
    }

    /// The decoder.
    pub fn decoder_mut(&mut self) -> &mut Decoder<'a> {
        self.utterance.decoder_mut()
    }

    /// Takes in `pcm`: 16 kHz, mono, any number of samples. What is told does not depend on how the audio is cut.
    /// `tell` is called at the end of each command, while the decoder still has its words.
    ///
    /// # Real time
    /// No allocation, provided that `tell` does none.
    pub fn push<S: Sample>(&mut self, pcm: &[S], mut tell: impl FnMut(&Decoder<'a>, Heard)) {
        let mut rest = pcm;
        while let Some(frame) = self.front_end.process(&mut rest) {
            self.now = frame.span.end;
            let vad = self.vad.process(frame);
            self.utterance.process(frame, &vad, &mut tell);
        }
    }

    /// The audio is over: tells what was said last. Call [`Listener::reset`] before new audio.
    pub fn finish(&mut self, mut tell: impl FnMut(&Decoder<'a>, Heard)) {
        // Silence that lets the acoustic model look at the last of it.
        let silence = [0i16; 160];
        for _ in 0..=self.utterance.look_ahead() {
            self.push(&silence, &mut tell);
        }
        self.utterance.end(self.now, tell);
    }

    /// The sample at which frame `frame` of the present command begins.
    pub fn sample_of(&self, frame: u32) -> SampleIndex {
        self.utterance.sample_of(frame)
    }

    /// As new.
    pub fn reset(&mut self) {
        self.front_end.reset_at(SampleIndex(0));
        self.vad.reset();
        self.now = SampleIndex(0);
        self.utterance.reset();
    }
}
