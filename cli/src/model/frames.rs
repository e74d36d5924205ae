//! The frames that a model sees of a recording.

use crate::UsageError;
use crate::audio::{self, Source};
use earnest::frontend::{FrontEnd, FrontEndConfig};

/// The front end that the metadata `preset` names; without it, that of our own models.
pub(super) fn front_end(preset: Option<&str>, channels: usize) -> Result<FrontEnd, UsageError> {
    let config = match preset.unwrap_or("base") {
        "base" => FrontEndConfig::base(),
        other => return Err(UsageError(format!("the model asks for front end {other}, known is base"))),
    };
    if config.mel_bins != channels {
        let bins = config.mel_bins;
        return Err(UsageError(format!(
            "the model takes {channels} values a frame, the front end gives {bins}"
        )));
    }
    FrontEnd::new(config).map_err(|error| UsageError(error.to_string()))
}

/// Calls `take` with every mel frame of `file`.
pub(super) fn of_file(
    file: &str,
    front_end: &mut FrontEnd,
    mut take: impl FnMut(&[f32]),
) -> Result<(), UsageError> {
    front_end.reset();
    let failed = |error: audio::AudioError| UsageError(error.to_string());
    let mut source: Box<dyn Source> = audio::open(file).map_err(failed)?;
    while let Some(mut block) = source.next_block().map_err(failed)? {
        while let Some(frame) = front_end.process(&mut block) {
            take(frame.mel());
        }
    }
    Ok(())
}
