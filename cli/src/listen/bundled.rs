//! The sample that comes with the program: a conversation in a kitchen, and the phrase enrolled for it.

use crate::UsageError;
use crate::config::{self, Assistant};
use crate::wake::Wake;

pub(super) const SAMPLE_NAME: &str = "the bundled kitchen sample";
pub(super) const SAMPLE: &[u8] = include_bytes!("../../../examples/kitchen/kitchen.flac");
const CONFIG: &str = include_str!("../../../examples/kitchen/assistant.toml");
const MODEL: &[u8] = include_bytes!("../../../examples/kitchen/hey_earnest.earnest");

/// The bundled configuration and its phrase; `threshold` overrides the configuration's.
pub(super) fn assistant(threshold: Option<f32>) -> Result<(Assistant, Wake), UsageError> {
    let assistant = config::parse("bundled assistant.toml", CONFIG)?;
    let wake = Wake::parse("bundled hey_earnest", MODEL.to_vec(), threshold.or(assistant.threshold))?;
    Ok((assistant, wake))
}
