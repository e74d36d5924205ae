//! The command that made a result, as it follows from the result.

use earnest::eval::result::{Augmentation, Exclusion, Given, ManifestId, Rules, Run};
use std::path::Path;

/// `earnest eval …` for a POSIX shell. A model is named without its folder: so it runs where the model is.
pub(super) fn of(run: &Run, out: &Path) -> String {
    let mut words = vec!["earnest".to_string(), "eval".into()];
    let mut option = |name: &str, value: &str| words.extend([format!("--{name}"), quoted(value)]);
    for ManifestId { path, given, .. } in &run.manifests {
        match given {
            None => option("manifest", path),
            Some(Given::Negative) => option("negative", path),
            Some(Given::Positive(phrase)) => option("positive", &format!("{phrase}={path}")),
        }
    }
    if let Some(split) = &run.split {
        option("split", split);
    }
    let subject = &run.subject;
    let elsewhere = subject.settings.get("heard").is_some_and(|heard| heard == "elsewhere");
    match &subject.model {
        Some(events) if elsewhere => {
            option("events", events);
            option("phrase", &run.phrase);
        }
        Some(model) => option("model", model),
        None => option("phrase", &run.phrase),
    }
    if run.excluded.iter().any(|excluded| excluded.reason == Exclusion::Enrolled) {
        option("exclude", "LIST");
    }
    if run.repeat > 1 {
        option("repeat", &run.repeat.to_string());
    }
    let augmentation = &run.augmentation;
    if let (Some(noise), Some(snr)) = (&augmentation.noise, augmentation.snr_db) {
        option("noise", &format!("{}@{snr}", noise.path));
    }
    if let Some(room) = &augmentation.room {
        option("room", &room.path);
    }
    for (name, range) in [("gain", augmentation.gain_db), ("band", augmentation.band_hz)] {
        if let Some((from, to)) = range {
            option(name, &format!("{from}..{to}"));
        }
    }
    if let Some(codec) = &augmentation.codec {
        option("codec", codec);
    }
    let nothing = Augmentation { seed: augmentation.seed, ..Augmentation::default() };
    if augmentation.seed != 1 && *augmentation != nothing {
        option("seed", &augmentation.seed.to_string());
    }
    let usual = Rules::default();
    for (name, samples, usual) in [
        ("refractory", run.rules.refractory, usual.refractory),
        ("hit-after", run.rules.hit_after, usual.hit_after),
    ] {
        if samples != usual {
            option(name, &(samples as f64 / 16_000.0).to_string());
        }
    }
    option("out", &out.display().to_string());
    words.join(" ")
}

/// In single quotes where a shell would take it for something else.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=@,:+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_what_is_meant() {
        assert_eq!(quoted("../data/wake@10"), "../data/wake@10");
        assert_eq!(quoted("hey earnest"), "'hey earnest'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
