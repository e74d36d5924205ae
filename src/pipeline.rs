//! The chain up to the wake phrase: samples in, events out.

use crate::audio::{PreRoll, SampleIndex};
use crate::error::ConfigError;
use crate::event::Event;
use crate::frontend::{FrontEnd, FrontEndConfig, MelFrame, MelSource};
use crate::playback::Reference;
use crate::spotter::KeywordSpotter;
use crate::storage::Storage;
use crate::vad::{MelVad, MelVadConfig, SpeechEdge, VadFrame, VoiceActivityDetector};

/// The numbers of every stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PipelineConfig {
    /// What a frame is.
    pub front_end: FrontEndConfig,
    /// What speech is.
    pub vad: MelVadConfig,
}

/// Audio → front end → VAD → spotter → events. `V` is the VAD, [`MelVad`] unless it is given another, `F` the front
/// end, `P` what is known of the device's own sound: nothing, or a [`Playback`](crate::playback::Playback).
#[derive(Debug)]
pub struct Pipeline<'a, K, V = MelVad, F = FrontEnd, P = ()> {
    pre_roll: PreRoll<'a>,
    front_end: F,
    vad: V,
    spotter: K,
    playback: P,
    latest: Option<VadFrame>,
    /// The second event of the latest frame, told next.
    pending: Option<Event>,
    muted: bool,
}

impl<'a, K: KeywordSpotter> Pipeline<'a, K> {
    /// A chain that wakes on what `spotter` hears and remembers as many samples as `pre_roll` has elements.
    ///
    /// # Errors
    /// [`ConfigError`] of the stage whose configuration is wrong.
    pub fn new(config: PipelineConfig, spotter: K, pre_roll: Storage<'a, i16>) -> Result<Self, ConfigError> {
        Pipeline::with_vad(config.front_end, MelVad::new(config.vad, &config.front_end)?, spotter, pre_roll)
    }
}

impl<'a, K: KeywordSpotter, V: VoiceActivityDetector> Pipeline<'a, K, V> {
    /// As [`Pipeline::new`] with another VAD, made for the frames of `front_end`.
    ///
    /// # Errors
    /// [`ConfigError`] of the stage whose configuration is wrong.
    pub fn with_vad(
        front_end: FrontEndConfig,
        vad: V,
        spotter: K,
        pre_roll: Storage<'a, i16>,
    ) -> Result<Self, ConfigError> {
        Ok(Pipeline::of(FrontEnd::new(front_end)?, vad, spotter, PreRoll::new(pre_roll)?))
    }
}

impl<'a, K: KeywordSpotter, V: VoiceActivityDetector, F: MelSource> Pipeline<'a, K, V, F> {
    /// A chain of stages that are there already, all as new; `vad` and `spotter` take the frames of `front_end`.
    // Inlined, as all that can fail is behind it: so a caller can have the chain made where it shall lie, and not on the
    // stack first.
    #[inline]
    pub fn of(front_end: F, vad: V, spotter: K, pre_roll: PreRoll<'a>) -> Self {
        Pipeline {
            pre_roll,
            front_end,
            vad,
            spotter,
            playback: (),
            latest: None,
            pending: None,
            muted: false,
        }
    }

    /// The same chain, which takes a reference signal too: `playback` hears what the device plays. Both must be as new.
    #[inline]
    pub fn with_playback<P: Reference>(self, playback: P) -> Pipeline<'a, K, V, F, P> {
        let Pipeline { pre_roll, front_end, vad, spotter, latest, pending, muted, .. } = self;
        Pipeline { pre_roll, front_end, vad, spotter, playback, latest, pending, muted }
    }
}

impl<'a, K: KeywordSpotter, V: VoiceActivityDetector, F: MelSource, P: Reference> Pipeline<'a, K, V, F, P> {
    /// As [`Pipeline::push`], with the samples that the device plays while it hears `pcm`: one for each of them, on the same
    /// clock. An accepted phrase that is in the reference too, up to the longest echo delay before, becomes an
    /// [`Event::NearMiss`] with the reason [`Evidence::Playback`](crate::spotter::Evidence::Playback).
    ///
    /// A reference that is shorter is taken to go on silent; what it has beyond `pcm` is not looked at. Without a
    /// [`Playback`](crate::playback::Playback), none of it is.
    ///
    /// # Real time
    /// No allocation. While something is played, twice the work of [`Pipeline::push`]: see [`playback`](crate::playback).
    pub fn push_with_reference(&mut self, pcm: &[i16], reference: &[i16], mut on_event: impl FnMut(Event)) {
        let (mut rest, mut reference) = (pcm, reference);
        while let Some(event) = self.next_event_with_reference(&mut rest, &mut reference) {
            on_event(event);
        }
    }

    /// As [`Pipeline::next_event`] and [`Pipeline::push_with_reference`]: takes as many samples from `reference` as from
    /// `pcm`.
    pub fn next_event_with_reference(&mut self, pcm: &mut &[i16], reference: &mut &[i16]) -> Option<Event> {
        self.next_event_with_frames(pcm, reference, |_, _| {})
    }

    /// As [`Pipeline::next_event_with_reference`]; `look` sees every frame, and what the VAD says about it, before what
    /// happened in it is told: a [`TalkMeter`](crate::guard::TalkMeter) is fed so.
    pub fn next_event_with_frames(
        &mut self,
        pcm: &mut &[i16],
        reference: &mut &[i16],
        mut look: impl FnMut(&MelFrame, &VadFrame),
    ) -> Option<Event> {
        if self.muted {
            self.pre_roll.skip(core::mem::take(pcm).len() as u64);
            *reference = &[];
            return None;
        }
        let mut event = self.pending.take();
        while event.is_none() && !pcm.is_empty() {
            let [edge, detection] = self.advance(pcm, reference, &mut look);
            event = edge.or(detection);
            self.pending = edge.and(detection);
        }
        event
    }

    /// Takes in `pcm`: 16 kHz, mono, any number of samples. The events don't depend on how the audio is cut into
    /// calls, and at each event the pre-roll ends at the sample that decided it.
    ///
    /// # Real time
    /// No allocation. The work grows with the number of frames in `pcm`, one every 10 ms.
    pub fn push(&mut self, pcm: &[i16], mut on_event: impl FnMut(Event)) {
        let mut rest = pcm;
        while let Some(event) = self.next_event(&mut rest) {
            on_event(event);
        }
    }

    /// As [`Pipeline::push`], for whoever would rather ask than be called: takes samples from `pcm` until something
    /// happens or `pcm` is empty, and leaves the rest in `pcm`. After `None`, all of it is taken in.
    ///
    /// Between an event and the next call nothing moves: the pre-roll still ends at the sample that decided it.
    pub fn next_event(&mut self, pcm: &mut &[i16]) -> Option<Event> {
        self.next_event_with_reference(pcm, &mut &[][..])
    }

    /// Takes samples up to the end of the next frame, and as many of `reference`; `look` sees the frame, if there is one, and
    /// what the VAD says about it. What happened in it, in order.
    pub(crate) fn advance(
        &mut self,
        pcm: &mut &[i16],
        reference: &mut &[i16],
        look: impl FnOnce(&MelFrame, &VadFrame),
    ) -> [Option<Event>; 2] {
        let before = *pcm;
        let frame = self.front_end.process(pcm);
        let taken = before.get(..before.len().saturating_sub(pcm.len())).unwrap_or(before);
        self.pre_roll.push(taken);
        self.vad.hear(taken);
        self.spotter.hear(taken);
        let (played, after) = reference.split_at_checked(taken.len()).unwrap_or((*reference, &[]));
        *reference = after;
        self.playback.hear(played, taken.len());
        let Some(frame) = frame else { return [None; 2] };
        self.playback.step(frame);
        let vad = self.vad.process(frame);
        let decided = frame.span.end;
        let edge = vad.edge.map(|edge| match edge {
            SpeechEdge::Onset(at) => Event::SpeechStart { at, decided },
            SpeechEdge::End(at) => Event::SpeechEnd { at, decided },
        });
        let detection = self.spotter.process(frame, &vad).map(|detection| {
            let detection = self.playback.judge(detection, decided);
            if detection.accepted() { Event::Wake(detection) } else { Event::NearMiss(detection) }
        });
        look(frame, &vad);
        self.latest = Some(vad);
        [edge, detection]
    }

    /// Hears nothing from the next sample on, until [`Pipeline::unmute`], and forgets everything at once: the
    /// pre-roll, half a frame, the VAD's past, what the spotter had gathered, an event not told yet. None of it stays
    /// in memory. The sample clock goes on. Speech under way gets no [`Event::SpeechEnd`].
    ///
    /// # Real time
    /// No allocation; about the work of one frame, and of overwriting the pre-roll and the spotter's state.
    pub fn mute(&mut self) {
        if !self.muted {
            self.forget(self.now());
            self.muted = true;
        }
    }

    /// Listens again from the next sample on, as one that was just switched on, but for the clock.
    pub fn unmute(&mut self) {
        if self.muted {
            self.muted = false;
            self.front_end.reset_at(self.now());
            self.playback.forget(self.now());
        }
    }

    /// Whether it is muted.
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// What the VAD said about the latest frame: level, noise floor, speech or not.
    pub fn vad(&self) -> Option<&VadFrame> {
        self.latest.as_ref()
    }

    /// The spotter, for its running score.
    pub fn spotter(&self) -> &K {
        &self.spotter
    }

    /// What is known of the device's own sound.
    pub fn playback(&self) -> &P {
        &self.playback
    }

    /// The latest samples.
    pub fn pre_roll(&self) -> &PreRoll<'a> {
        &self.pre_roll
    }

    /// Samples taken in since the start or the last reset, those not heard while muted among them.
    pub fn now(&self) -> SampleIndex {
        self.pre_roll.span().end
    }

    /// As new: the next sample is sample 0, and nothing that was heard before counts or is remembered. What is muted
    /// stays so.
    pub fn reset(&mut self) {
        self.pre_roll.reset();
        self.forget(SampleIndex(0));
    }

    /// Nothing stays in memory of what was heard; the next sample is sample `now`.
    fn forget(&mut self, now: SampleIndex) {
        self.pre_roll.wipe();
        self.front_end.reset_at(now);
        self.vad.reset();
        self.spotter.reset();
        self.playback.forget(now);
        self.latest = None;
        self.pending = None;
    }
}
