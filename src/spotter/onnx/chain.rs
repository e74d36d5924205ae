//! openWakeWord's chain: melspectrogram, embedding, classifier, every 80 ms.

use super::OnnxError;
use super::embedding::{self, BANDS, Embedding, VALUES, WINDOW};
use super::plan::{Declared, Part, Plan};
use alloc::vec;
use alloc::vec::Vec;

/// Samples from one score to the next.
const HOP: usize = 1280;
/// Samples that a melspectrogram is made of: those of the hop, and three frames before.
const SAMPLES: usize = HOP + 480;

/// The chain, with what it remembers.
#[derive(Clone, Debug)]
pub(super) struct OpenWakeWord {
    melspectrogram: Plan,
    embedding: Embedding,
    classifier: Plan,
    /// Which output of the classifier.
    output: usize,
    /// The latest samples at 16-bit scale.
    samples: Vec<f32>,
    /// How many of the hop are there.
    filled: usize,
    /// The embeddings that the classifier sees.
    embeddings: Vec<f32>,
}

impl OpenWakeWord {
    /// As after a long silence.
    pub(super) fn new(
        classifier: &[u8],
        melspectrogram: &[u8],
        embedding: &[u8],
        output: usize,
    ) -> Result<OpenWakeWord, OnnxError> {
        let input = Declared::read("model", classifier)?.input;
        let count = match input[..] {
            [1 | 0, count, VALUES | 0] if count > 0 => count,
            _ => {
                let expected = vec![1, 0, VALUES];
                return Err(OnnxError::Shape { name: "model", what: "input", expected, actual: input });
            }
        };
        let classifier = Plan::new("model", classifier, &Part::default(), &[1, count, VALUES])?;
        if classifier.output.iter().product::<usize>() <= output {
            let (expected, actual) = (vec![1, output + 1], classifier.output);
            return Err(OnnxError::Shape { name: "model", what: "output", expected, actual });
        }
        let name = "melspectrogram";
        let declared = Declared::read(name, melspectrogram)?.input;
        if declared.len() != 2 {
            let expected = vec![1, SAMPLES];
            return Err(OnnxError::Shape { name, what: "input", expected, actual: declared });
        }
        let melspectrogram = Plan::new(name, melspectrogram, &Part::default(), &[1, SAMPLES])?;
        let frames = embedding::STEP;
        if melspectrogram.output.iter().product::<usize>() != frames * BANDS {
            let (expected, actual) = (vec![1, 1, frames, BANDS], melspectrogram.output);
            return Err(OnnxError::Shape { name, what: "output", expected, actual });
        }
        let mut chain = OpenWakeWord {
            melspectrogram,
            embedding: Embedding::new(embedding)?,
            classifier,
            output,
            samples: vec![0.0; SAMPLES],
            filled: 0,
            embeddings: vec![0.0; count * VALUES],
        };
        // Silence until nothing is left of the zeros that it was made with, and of what the embedding was tried with.
        for _ in 0..count + WINDOW / embedding::STEP + 2 {
            chain.embed()?;
        }
        Ok(chain)
    }

    /// Takes samples up to the end of the hop, and gives the score if it is complete.
    pub(super) fn take(&mut self, pcm: &mut &[i16]) -> Option<Result<f32, OnnxError>> {
        let (new, rest) = pcm.split_at(pcm.len().min(HOP - self.filled));
        *pcm = rest;
        let at = SAMPLES - HOP + self.filled;
        self.samples[at..].iter_mut().zip(new).for_each(|(slot, sample)| *slot = f32::from(*sample));
        self.filled += new.len();
        (self.filled == HOP).then(|| {
            self.embed()?;
            self.samples.copy_within(HOP.., 0);
            self.filled = 0;
            let scores = self.classifier.run(&self.embeddings)?;
            Ok(scores.get(self.output).copied().unwrap_or(0.0))
        })
    }

    fn embed(&mut self) -> Result<(), OnnxError> {
        let mut mel = self.melspectrogram.run(&self.samples)?;
        // To the scale that the embedding was trained on, as openWakeWord does it.
        mel.iter_mut().for_each(|value| *value = *value / 10.0 + 2.0);
        let embedding = self.embedding.push(&mel)?;
        self.embeddings.copy_within(VALUES.., 0);
        let from = self.embeddings.len() - VALUES;
        self.embeddings[from..].copy_from_slice(&embedding);
        Ok(())
    }

    pub(super) fn is_in_parts(&self) -> bool {
        self.embedding.is_in_parts()
    }
}
