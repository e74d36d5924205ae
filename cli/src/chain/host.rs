//! The host's part for a recording: it plays prompts that nobody hears.

use crate::wake::Spotter;
use earnest::audio::SampleIndex;
use earnest::chain::{Chain, Told};
use earnest::guard::{Authorization, Input, Output};

/// Plays prompts and keeps what was authorised.
pub(super) struct Host {
    prompt_samples: u64,
    /// Asked for, and not begun.
    asked: Option<u32>,
    /// Being played, until then.
    playing: Option<(u32, SampleIndex)>,
    pub(super) authorizations: Vec<Authorization>,
}

impl Host {
    /// Its prompts are so long.
    pub(super) fn new(prompt_samples: u64) -> Host {
        Host { prompt_samples, asked: None, playing: None, authorizations: Vec::new() }
    }

    /// `pcm` into the chain, and what is due of the prompts. `look` sees everything that is told.
    pub(super) fn push(
        &mut self,
        chain: &mut Chain<'static, Spotter>,
        pcm: &[i16],
        mut look: impl FnMut(&Told<'_, 'static>),
    ) {
        chain.push(pcm, |told| {
            look(&told);
            self.takes(told);
        });
        let now = chain.now();
        if let Some((prompt, _)) = self.playing.filter(|(_, end)| now >= *end) {
            self.playing = None;
            self.report(chain, Input::PromptEnded { prompt, complete: true }, &mut look);
        }
        if let Some(prompt) = self.asked.take() {
            self.playing = Some((prompt, now.after(self.prompt_samples)));
            self.report(chain, Input::PromptStarted { prompt }, &mut look);
        }
    }

    pub(super) fn report(
        &mut self,
        chain: &mut Chain<'static, Spotter>,
        input: Input,
        mut look: impl FnMut(&Told<'_, 'static>),
    ) {
        chain.report(&input, |told| {
            look(&told);
            self.takes(told);
        });
    }

    fn takes(&mut self, told: Told<'_, 'static>) {
        match told {
            Told::Guard(Output::Say(prompt)) => self.asked = Some(prompt.id),
            Told::Guard(Output::Authorized { authorization, .. }) => self.authorizations.push(authorization),
            Told::Guard(Output::Refused(_) | Output::Muted { .. }) => {
                (self.asked, self.playing) = (None, None)
            }
            _ => {}
        }
    }
}
