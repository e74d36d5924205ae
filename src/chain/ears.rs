//! The ear behind the wake phrase: open while the guard waits for words.

use super::Meanings;
use super::recent::voiced;
use crate::audio::SampleIndex;
use crate::confidence::{Judge, Verdict};
use crate::frontend::MelFrame;
use crate::guard::VoiceMeter;
use crate::intent::{Decoder, Heard, UtteranceDecoder};
use crate::vad::VadFrame;

/// What is being listened for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ear {
    Closed,
    Command,
    Answer,
}

/// What an utterance came to.
pub(super) struct Utterance {
    pub(super) heard: Heard,
    pub(super) verdict: Option<Verdict>,
    /// Of the best way through the grammar, if it is that of answers.
    pub(super) phones: u16,
}

/// Listens with one of two grammars.
#[derive(Debug)]
pub(super) struct Ears<'a> {
    pub(super) ear: Ear,
    from: SampleIndex,
    utterance: UtteranceDecoder<'a>,
    /// The decoder that isn't in `utterance`.
    other: Decoder<'a>,
    /// Whether that is the one of commands.
    exchanged: bool,
    judge: Judge<'a>,
    pub(super) meanings: Meanings<'a>,
    /// Of the words that are being said.
    pub(super) voice: VoiceMeter,
}

impl<'a> Ears<'a> {
    /// `utterance` has the decoder of commands.
    pub(super) fn new(
        utterance: UtteranceDecoder<'a>,
        answers: Decoder<'a>,
        judge: Judge<'a>,
        meanings: Meanings<'a>,
    ) -> Self {
        Ears {
            ear: Ear::Closed,
            from: SampleIndex(0),
            utterance,
            other: answers,
            exchanged: false,
            judge,
            meanings,
            voice: VoiceMeter::new(),
        }
    }

    /// Begins to listen for what is said from `from` on. `before`: frames that were heard already.
    pub(super) fn open(
        &mut self,
        ear: Ear,
        from: SampleIndex,
        before: impl Iterator<Item = (MelFrame, VadFrame)>,
    ) {
        (self.ear, self.from) = (ear, from);
        if self.exchanged != (ear == Ear::Answer) {
            core::mem::swap(self.utterance.decoder_mut(), &mut self.other);
            self.exchanged = !self.exchanged;
        }
        self.utterance.begin(from);
        self.voice.reset();
        for (frame, vad) in before {
            // No command is over before it was listened to: it would have to have ended, and been quiet for a while,
            // before the wake phrase was known.
            let _ = self.hear(&frame, &vad);
        }
    }

    pub(super) fn close(&mut self) {
        self.ear = Ear::Closed;
        self.utterance.reset();
        self.voice.reset();
    }

    /// Takes the next frame, and says what an utterance came to that it ends.
    pub(super) fn hear(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Utterance> {
        if self.ear == Ear::Closed {
            return None;
        }
        if voiced(vad) && frame.span.start >= self.from {
            self.voice.process(frame);
        }
        let Ears { judge, meanings, utterance, .. } = self;
        let mut said = None;
        utterance.process(frame, vad, |decoder, heard| {
            let verdict = judge.judge(decoder, &heard);
            let phones = heard.best.map_or(0, |best| meanings.phones(decoder, &best));
            said = Some(Utterance { heard, verdict, phones });
        });
        said
    }

    /// The decoder that listens now, or listened last.
    pub(super) fn decoder(&self) -> &Decoder<'a> {
        self.utterance.decoder()
    }

    /// The decoder of commands.
    pub(super) fn commands_mut(&mut self) -> &mut Decoder<'a> {
        if self.exchanged { &mut self.other } else { self.utterance.decoder_mut() }
    }

    /// Nothing is left of what was heard.
    pub(super) fn wipe(&mut self) {
        self.close();
        self.utterance.decoder_mut().wipe();
        self.other.wipe();
        self.judge.wipe();
    }
}
