//! The whole chain: samples in, events out.

use crate::audio::{PreRoll, SampleIndex};
use crate::error::ConfigError;
use crate::event::Event;
use crate::frontend::{FrontEnd, FrontEndConfig};
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

/// Audio → front end → VAD → spotter → events. `V` is the VAD, [`MelVad`] unless it is given another.
#[derive(Debug)]
pub struct Pipeline<'a, K, V = MelVad> {
    pre_roll: PreRoll<'a>,
    front_end: FrontEnd,
    vad: V,
    spotter: K,
    latest: Option<VadFrame>,
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
        Ok(Pipeline {
            pre_roll: PreRoll::new(pre_roll)?,
            front_end: FrontEnd::new(front_end)?,
            vad,
            spotter,
            latest: None,
        })
    }

    /// Takes in `pcm`: 16 kHz, mono, any number of samples. The events don't depend on how the audio is cut into
    /// calls, and at each event the pre-roll ends at the sample that decided it.
    ///
    /// # Real time
    /// No allocation. The work grows with the number of frames in `pcm`, one every 10 ms.
    pub fn push(&mut self, pcm: &[i16], mut on_event: impl FnMut(Event)) {
        let mut rest = pcm;
        while !rest.is_empty() {
            let before = rest;
            let frame = self.front_end.process(&mut rest);
            let taken = before.get(..before.len().saturating_sub(rest.len())).unwrap_or(before);
            self.pre_roll.push(taken);
            self.vad.hear(taken);
            let Some(frame) = frame else { continue };
            let vad = self.vad.process(frame);
            let decided = frame.span.end;
            match vad.edge {
                Some(SpeechEdge::Onset(at)) => on_event(Event::SpeechStart { at, decided }),
                Some(SpeechEdge::End(at)) => on_event(Event::SpeechEnd { at, decided }),
                None => {}
            }
            if let Some(detection) = self.spotter.process(frame, &vad) {
                on_event(if detection.accepted() {
                    Event::Wake(detection)
                } else {
                    Event::NearMiss(detection)
                });
            }
            self.latest = Some(vad);
        }
    }

    /// What the VAD said about the latest frame: level, noise floor, speech or not.
    pub fn vad(&self) -> Option<&VadFrame> {
        self.latest.as_ref()
    }

    /// The spotter, for its running score.
    pub fn spotter(&self) -> &K {
        &self.spotter
    }

    /// The latest samples.
    pub fn pre_roll(&self) -> &PreRoll<'a> {
        &self.pre_roll
    }

    /// Samples taken in since the start or the last reset.
    pub fn now(&self) -> SampleIndex {
        self.front_end.now()
    }

    /// As new: the next sample is sample 0, and nothing that was heard before counts or is remembered.
    pub fn reset(&mut self) {
        self.pre_roll.reset();
        self.front_end.reset();
        self.vad.reset();
        self.spotter.reset();
        self.latest = None;
    }
}
