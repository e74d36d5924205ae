//! The configuration with the threshold, as `earnest listen --config` loads it.

use super::{Args, Choice, Evidence};
use earnest::eval::curve::{Curve, Rule};
use std::path::{Path, absolute};

/// TOML text; `path` is where it will be, from which the model's path counts.
pub(super) fn toml(args: &Args, evidence: &Evidence, choice: &Choice, path: &Path) -> String {
    let subject = &evidence.run.subject;
    let model = match &args.model {
        Some(model) => beside(path, model),
        None => subject.model.clone().unwrap_or_default(),
    };
    let by = match choice.rule {
        Rule::Bound => "upper limit",
        Rule::Point => "count",
    };
    // Comments are a line each, whatever is in a label.
    let comment = |text: &str| format!("# {}\n", text.replace(|c: char| c.is_control(), " "));
    let mut text = comment(&format!(
        "Chosen for at most {} false accepts an hour by the {by} on `{}`: {}.",
        args.fa_per_hour, args.on, evidence.run.label
    ));
    for (name, curve) in [(&args.on, &evidence.on), (&args.report, &evidence.report)] {
        if curve.samples > 0 || curve.trials > 0 {
            text += &comment(&format!("{name}: {}", counts(args, curve, choice.index)));
        }
    }
    if let Some(digest) = &subject.digest {
        text += &comment(&format!("Model: SHA-256 {digest}"));
    }
    // The shortest digits that are read as this very number.
    let threshold = evidence.on.thresholds[choice.index];
    let engine = if subject.engine == "cascade" { "engine = \"cascade\"\n" } else { "" };
    text + &format!("\n[wake]\nmodel = {}\n{engine}threshold = {threshold}\n", ::toml::Value::from(model))
}

fn counts(args: &Args, curve: &Curve, index: usize) -> String {
    let (rate, misses) = (curve.session_rate(index), curve.misses(index));
    format!(
        "{} false accepts in {:.2} h, at most {:.3} an hour ({} %); missed {} of {}",
        rate.rate.events,
        rate.rate.hours,
        rate.upper(args.confidence),
        args.confidence.as_percent(),
        misses.count,
        misses.of
    )
}

/// `model` as seen from the folder of `config`: relative if it lies in there.
fn beside(config: &Path, model: &Path) -> String {
    let (Ok(config), Ok(model)) = (absolute(config), absolute(model)) else {
        return model.display().to_string();
    };
    let inside = config.parent().and_then(|folder| model.strip_prefix(folder).ok());
    inside.unwrap_or(&model).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_in_the_same_folder_moves_with_it() {
        assert_eq!(beside(Path::new("a/c.toml"), Path::new("a/m/x.earnest")), "m/x.earnest");
        let outside = beside(Path::new("a/c.toml"), Path::new("b/x.earnest"));
        assert!(Path::new(&outside).is_absolute() && outside.ends_with("b/x.earnest"), "{outside}");
    }
}
