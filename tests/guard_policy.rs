//! Policies in TOML: what is right is taken, what is wrong is named.
#![cfg(feature = "std")]

use earnest::guard::{EvidenceConfig, GuardConfig, Key, PolicyFile, PolicyWarning, Tier, TierLimits, Timing};
use earnest::journal::Names;
use proptest::prelude::*;

const HEAD: &str = "provisioned = [\"messages\"]\n[classes]\nmessages = 1\nlaughs = 2\n";

fn action(extra: &str) -> String {
    format!(
        "[[action]]\nid = 3\nname = \"send a message\"\nclass = \"messages\"\ntier = \"disclosing\"\n{extra}"
    )
}

fn error(text: &str) -> String {
    PolicyFile::parse("p.toml", text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn nothing_said_is_the_default_that_refuses() {
    let file = PolicyFile::parse("p.toml", "").unwrap();
    assert_eq!(file.config, GuardConfig::default());
    assert!(file.actions.is_empty());
}

#[test]
fn what_is_said_is_taken() {
    let text = format!(
        "id = 5\n{HEAD}[timing]\nanswer_ms = 5000\n[evidence]\nprior_log_odds = -7\n[tiers.physical]\n\
         second_factor = false\nrequired_log_odds = 6.5\n{}",
        action("slots = 1\nphrase_phones = 12\nvalues = { 40 = \"Denise\" }\n")
    );
    let file = PolicyFile::parse("p.toml", &text).unwrap();
    assert_eq!((file.config.id, file.config.timing.answer_ms), (5, 5000));
    assert_eq!(file.config.evidence.prior_log_odds, -7.0);
    let physical = file.config.limits(Tier::Physical);
    assert_eq!((physical.second_factor, physical.required_log_odds), (false, 6.5));
    assert!(file.config.provisioned.has(1) && !file.config.provisioned.has(2));
    assert_eq!((file.actions[0].slots, file.actions[0].tier), (1, Tier::Disclosing));
    assert_eq!((file.action(3), file.value(3, 0, 40)), (Some("send a message"), Some("Denise")));
    assert!(file.policy(|warning| panic!("{warning}")).is_ok());
}

#[test]
fn errors_name_file_line_key_expected_and_found() {
    for (text, expected) in [
        (
            "[timing]\nanswer_ms = 499\n",
            "p.toml, line 2: timing.answer_ms: expected a whole number, 500 to 10000 ms, found 499",
        ),
        (
            "[timing]\nanswer_ms = 4000.5\n",
            "p.toml, line 2: timing.answer_ms: expected a whole number, 500 to 10000 ms, found 4000.5",
        ),
        ("[timing]\nanswr_ms = 1\n", "p.toml, line 2: timing.answr_ms: expected command_ms, "),
        (
            "[evidence]\nprior_log_odds = 0.1\n",
            "p.toml, line 2: evidence.prior_log_odds: expected -20 to 0 nats, found 0.1",
        ),
        (
            "[evidence]\nprior_log_odds = nan\n",
            "p.toml, line 2: evidence.prior_log_odds: expected -20 to 0 nats, found nan",
        ),
        (
            "[evidence]\nsame_talk_min = 0.9\n",
            "p.toml, line 1: evidence.same_talk_max: expected 0.9 to 1, found 0.6",
        ),
        (
            "[tiers.gentle]\n",
            "p.toml, line 1: tiers.gentle: expected routine, reversible, disclosing or physical, found an unknown key",
        ),
        (
            "[tiers.disclosing]\nannounce = false\n",
            "p.toml, line 1: tiers.disclosing.announce: expected 1, found 0",
        ),
        (
            "[tiers.disclosing]\nannounce = 0\n",
            "p.toml, line 2: tiers.disclosing.announce: expected true or false, found 0",
        ),
        (
            "[tiers.physical]\nmin_confirmation_phones = 4\n",
            "p.toml, line 1: tiers.physical.min_confirmation_phones: expected 5 to 40, found 4",
        ),
        (
            "x = 1\n",
            "p.toml, line 1: x: expected id, provisioned, classes, timing, evidence, tiers or action, found an unknown key",
        ),
        (
            "provisioned = [\"all\"]\n",
            "p.toml, line 1: provisioned: expected names from [classes], found \"all\"",
        ),
        ("[classes]\na = 64\n", "p.toml, line 2: classes.a: expected a whole number, 0 to 63, found 64"),
        ("timing = 3\n", "p.toml, line 1: timing: expected a table, found 3"),
        ("[timing\n", "p.toml, line 1: expected TOML, found "),
        ("[[action]]\nid = 1\n", "p.toml, line 1: action.class: expected a value, found none"),
    ] {
        let told = error(text);
        assert!(told.starts_with(expected), "{text}\n  {told}\n  {expected}");
    }
    let told = error(&format!("{HEAD}{}", action("loud = \"very\"\n")));
    assert_eq!(told, "p.toml, line 10: action.loud: expected true or false, found \"very\"");
    let told = error(&format!("{HEAD}{}{}", action(""), action("")));
    assert_eq!(told, "p.toml, line 10: action.id: expected every id once, found 3 again");
    let told = error(&action(""));
    assert_eq!(told, "p.toml, line 4: action.class: expected a name from [classes], found \"messages\"");
}

/// Every key is in the table it is documented in, at its default, and both ends of its range are taken.
#[test]
fn every_key_reads_at_both_ends_of_its_range() {
    let write = |key: &Key, value: f64| match key.switch {
        true => format!("{}", value != 0.0),
        false if key.whole => format!("{value:.0}"),
        false => format!("{value:?}"),
    };
    let mut keys = 0;
    for (section, table) in
        [("timing", Timing::KEYS), ("evidence", EvidenceConfig::KEYS), ("tiers.routine", TierLimits::KEYS)]
    {
        for key in table {
            assert!(!key.what.is_empty() && !key.unit.is_empty(), "{}", key.name);
            assert!((key.min..=key.max).contains(&key.default), "{}", key.name);
            for value in [key.min, key.max, key.default] {
                let text = format!("[{section}]\n{} = {}\n", key.name, write(key, value));
                // Alone, some would contradict others.
                let free = !matches!(key.name, "same_talk_min" | "same_talk_max" | "announce" | "confirm");
                let read = PolicyFile::parse("p.toml", &text);
                assert!(read.is_ok() || !free, "{text}: {}", read.unwrap_err());
                let beyond = format!("[{section}]\n{} = {}\n", key.name, key.max + 1.0);
                assert!(PolicyFile::parse("p.toml", &beyond).is_err(), "{beyond}");
            }
            keys += 1;
        }
    }
    assert_eq!(keys, 11 + 19 + 14);
    for (name, default) in Timing::KEYS.iter().map(|key| (key.name, key.default)) {
        assert_eq!(Timing::default().get(name), Some(default));
    }
    for key in EvidenceConfig::KEYS {
        assert_eq!(EvidenceConfig::default().get(key.name).map(|x| x as f32), Some(key.default as f32));
    }
}

#[test]
fn a_short_phrase_for_something_loud_is_warned_of() {
    let laugh = |phones: u16| {
        format!(
            "{HEAD}[[action]]\nid = 1\nname = \"laugh\"\nclass = \"laughs\"\ntier = \"reversible\"\nloud = true\nphrase_phones = {phones}\n"
        )
    };
    let warnings = |text: &str| {
        let mut warnings = Vec::new();
        PolicyFile::parse("p.toml", text).unwrap().policy(|warning| warnings.push(warning)).unwrap();
        warnings
    };
    assert_eq!(warnings(&laugh(3)), [PolicyWarning::ShortPhrase { action: 1, expected: 8, actual: 3 }]);
    assert_eq!(warnings(&laugh(9)), []);
}

proptest! {
    /// Whatever the text is, reading it ends, and what it gives holds every law.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}|(\\[(timing|evidence|tiers\\.[a-z]{1,10})\\]\n([a-z_]{1,20} = [0-9.e-]{1,5}\n){0,3}){1,4}") {
        if let Ok(file) = PolicyFile::parse("p.toml", &text) {
            prop_assert!(file.config.check().is_ok());
        }
    }
}
