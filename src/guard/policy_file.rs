//! A policy in TOML: what the command line and hosts with a file system read.

use super::config::{ClassSet, EvidenceConfig, GuardConfig, Timing};
use super::policy::{Action, MAX_SLOTS, Policy, PolicyWarning};
use super::settings::Key;
use super::tier::{Tier, TierLimits};
use crate::journal::Names;
use crate::{ConfigError, Storage};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong in a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, with its tables: `timing.answer_ms`; empty where the text is no TOML.
    pub key: String,
    /// What may stand there.
    pub expected: String,
    /// What does.
    pub found: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl core::error::Error for PolicyError {}

/// What a policy file says.
///
/// ```
/// use earnest::guard::{PolicyFile, Tier};
///
/// let file = PolicyFile::parse("policy.toml", r#"
///     provisioned = ["messages"]
///
///     [classes]
///     messages = 1
///     shopping = 2
///
///     [timing]
///     answer_ms = 5000
///
///     [tiers.disclosing]
///     required_log_odds = 6.0
///
///     [[action]]
///     id = 3
///     name = "send a message"
///     class = "messages"
///     tier = "disclosing"
///     slots = 1
///     phrase_phones = 12
///     values = { 40 = "Denise" }
/// "#)?;
/// assert_eq!(file.actions[0].tier, Tier::Disclosing);
/// let (config, policy) = (file.config, file.policy(|warning| eprintln!("{warning}"))?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Keys
///
/// At the top: `id` (0 to 65535, tells the guards of one program apart), `provisioned` (names of the classes that are
/// switched on; none by default). `[classes]`: a number from 0 to 63 for each name. `[timing]`, `[evidence]` and
/// `[tiers.routine]`, `.reversible`, `.disclosing`, `.physical`: the fields of [`Timing`], [`EvidenceConfig`] and
/// [`TierLimits`], each with its unit, range, default and meaning there. Each
/// `[[action]]`: `id`, `name`, `class` and `tier` must be there; `slots` (0), `loud` (false), `phrase_phones` (0) and
/// `values` (names of slot values by their numbers, for explanations only) may be.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// The numbers.
    pub config: GuardConfig,
    /// The actions, as they stand in the file.
    pub actions: Vec<Action>,
    classes: BTreeMap<String, u8>,
    names: BTreeMap<u16, String>,
    values: BTreeMap<(u16, u32), String>,
}

impl PolicyFile {
    /// The policy in `text`. `file` is what errors call it.
    ///
    /// # Errors
    /// The first thing that is wrong: no TOML, an unknown key, a value of the wrong kind or outside its range, a law
    /// of a grave tier lifted, an action twice.
    pub fn parse(file: &str, text: &str) -> Result<PolicyFile, PolicyError> {
        let reader = Reader { file, text };
        let root = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            reader.error(span.start, "", "TOML", error.message().trim_end().replace('\n', "; "))
        })?;
        let mut policy = PolicyFile {
            config: GuardConfig::default(),
            actions: Vec::new(),
            classes: BTreeMap::new(),
            names: BTreeMap::new(),
            values: BTreeMap::new(),
        };
        let root = root.get_ref();
        let mut classes = BTreeMap::new();
        if let Some(table) = lookup(root, "classes") {
            for (name, value) in reader.table("classes", table)? {
                let key = format!("classes.{}", name.get_ref());
                classes.insert(name.get_ref().to_string(), reader.whole(&key, value, 0.0, 63.0)? as u8);
            }
        }
        for (name, value) in root.iter() {
            let at = name.span().start;
            match name.get_ref().as_ref() {
                "classes" => {}
                "id" => policy.config.id = reader.whole("id", value, 0.0, 65_535.0)? as u16,
                "provisioned" => policy.config.provisioned = reader.provisioned(value, &classes)?,
                "timing" => {
                    let timing = &mut policy.config.timing;
                    reader.settings("timing", value, Timing::KEYS, |key, x| timing.set(key, x))?;
                }
                "evidence" => {
                    let evidence = &mut policy.config.evidence;
                    reader
                        .settings("evidence", value, EvidenceConfig::KEYS, |key, x| evidence.set(key, x))?;
                    evidence.check_dependence().map_err(|error| reader.config(at, "evidence", error))?;
                }
                "tiers" => {
                    for (tier, value) in reader.table("tiers", value)? {
                        let known = Tier::ALL.into_iter().find(|t| t.name() == tier.get_ref().as_ref());
                        let Some(known) = known else {
                            let expected = "routine, reversible, disclosing or physical";
                            return Err(reader.unknown(tier, "tiers", expected));
                        };
                        let section = format!("tiers.{known}");
                        let limits = policy.config.limits_mut(known);
                        reader.settings(&section, value, TierLimits::KEYS, |key, x| limits.set(key, x))?;
                        limits
                            .check_for(known)
                            .map_err(|error| reader.config(tier.span().start, &section, error))?;
                    }
                }
                "action" => policy.read_actions(&reader, value, &classes)?,
                _ => {
                    let expected = "id, provisioned, classes, timing, evidence, tiers or action";
                    return Err(reader.unknown(name, "", expected));
                }
            }
        }
        // What the parts don't show by themselves.
        policy.config.check().map_err(|error| reader.config(0, "", error))?;
        policy.classes = classes;
        Ok(policy)
    }

    fn read_actions(
        &mut self,
        reader: &Reader<'_>,
        value: &Spanned<DeValue<'_>>,
        classes: &BTreeMap<String, u8>,
    ) -> Result<(), PolicyError> {
        for item in reader.array("action", value)? {
            let table = reader.table("action", item)?;
            let at = item.span().start;
            let (mut action, mut name, mut tier, mut class, mut id) =
                (Action::default(), None, None, None, None);
            let mut names = Vec::new();
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "id" => id = Some(reader.whole("action.id", value, 0.0, 65_534.0)? as u16),
                    "name" => name = Some(reader.string("action.name", value)?),
                    "class" => {
                        let text = reader.string("action.class", value)?;
                        let Some(number) = classes.get(text) else {
                            let found = format!("\"{text}\"");
                            let expected = "a name from [classes]";
                            return Err(reader.error(value.span().start, "action.class", expected, found));
                        };
                        class = Some(*number);
                    }
                    "tier" => {
                        let text = reader.string("action.tier", value)?;
                        tier = Tier::ALL.into_iter().find(|tier| tier.name() == text);
                        if tier.is_none() {
                            let expected = "routine, reversible, disclosing or physical";
                            let found = format!("\"{text}\"");
                            return Err(reader.error(value.span().start, "action.tier", expected, found));
                        }
                    }
                    "slots" => {
                        action.slots = reader.whole("action.slots", value, 0.0, MAX_SLOTS as f64)? as u8;
                    }
                    "loud" => action.loud = reader.switch("action.loud", value)?,
                    "phrase_phones" => {
                        action.phrase_phones =
                            reader.whole("action.phrase_phones", value, 0.0, 65_535.0)? as u16;
                    }
                    "values" => {
                        for (number, value) in reader.table("action.values", value)? {
                            let Ok(known) = number.get_ref().parse::<u32>() else {
                                let expected = "numbers of slot values as keys";
                                return Err(reader.unknown(number, "action.values", expected));
                            };
                            names.push((known, reader.string("action.values", value)?.to_owned()));
                        }
                    }
                    _ => {
                        let expected = "id, name, class, tier, slots, loud, phrase_phones or values";
                        return Err(reader.unknown(key, "action", expected));
                    }
                }
            }
            let missing = |key| reader.error(at, key, "a value", "none".to_string());
            action.id = id.ok_or_else(|| missing("action.id"))?;
            action.class = class.ok_or_else(|| missing("action.class"))?;
            action.tier = tier.ok_or_else(|| missing("action.tier"))?;
            let name = name.ok_or_else(|| missing("action.name"))?;
            if self.names.insert(action.id, name.to_owned()).is_some() {
                let expected = "every id once";
                return Err(reader.error(at, "action.id", expected, format!("{} again", action.id)));
            }
            self.values.extend(names.into_iter().map(|(value, name)| ((action.id, value), name)));
            self.actions.push(action);
        }
        Ok(())
    }

    /// The number of a class.
    pub fn class(&self, name: &str) -> Option<u8> {
        self.classes.get(name).copied()
    }

    /// Its actions, for a guard.
    ///
    /// # Errors
    /// None for a file that was parsed; they are those of [`Policy::new`].
    pub fn policy(&self, on_warning: impl FnMut(PolicyWarning)) -> Result<Policy<'static>, ConfigError> {
        Policy::new(Storage::Owned(self.actions.clone().into_boxed_slice()), on_warning)
    }
}

impl Names for PolicyFile {
    fn action(&self, action: u16) -> Option<&str> {
        self.names.get(&action).map(String::as_str)
    }

    fn value(&self, action: u16, _slot: usize, value: u32) -> Option<&str> {
        self.values.get(&(action, value)).map(String::as_str)
    }
}

fn lookup<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}

/// Reads values, and says where they are wrong.
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
}

impl Reader<'_> {
    fn error(&self, at: usize, key: &str, expected: &str, found: String) -> PolicyError {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let (file, key, expected) = (self.file.to_owned(), key.to_owned(), expected.to_owned());
        PolicyError { file, line, key, expected, found }
    }

    fn unknown(&self, key: &Spanned<impl AsRef<str>>, section: &str, expected: &str) -> PolicyError {
        let name = key.get_ref().as_ref();
        let full = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        self.error(key.span().start, &full, expected, "an unknown key".to_string())
    }

    /// An error of the checks that a configuration in code goes through too.
    fn config(&self, at: usize, section: &str, error: ConfigError) -> PolicyError {
        match error {
            ConfigError::OutOfRange { field, min, max, actual } => {
                let name = field.rsplit('.').next().unwrap_or(field);
                let key = if section.is_empty() { field.to_owned() } else { format!("{section}.{name}") };
                self.error(at, &key, &range(min, max, ""), short(actual))
            }
            other => self.error(at, section, "a valid policy", other.to_string()),
        }
    }

    fn settings(
        &self,
        section: &str,
        value: &Spanned<DeValue<'_>>,
        keys: &[Key],
        mut set: impl FnMut(&str, f64),
    ) -> Result<(), PolicyError> {
        for (name, value) in self.table(section, value)? {
            let Some(key) = keys.iter().find(|key| key.name == name.get_ref().as_ref()) else {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                return Err(self.unknown(name, section, &names.join(", ")));
            };
            let full = format!("{section}.{}", key.name);
            let number = if key.switch {
                f64::from(u8::from(self.switch(&full, value)?))
            } else if key.whole {
                self.ranged(&full, value, key.min, key.max, key.unit, true)?
            } else {
                self.ranged(&full, value, key.min, key.max, key.unit, false)?
            };
            set(key.name, number);
        }
        Ok(())
    }

    fn whole(&self, key: &str, value: &Spanned<DeValue<'_>>, min: f64, max: f64) -> Result<f64, PolicyError> {
        self.ranged(key, value, min, max, "", true)
    }

    fn ranged(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        min: f64,
        max: f64,
        unit: &str,
        whole: bool,
    ) -> Result<f64, PolicyError> {
        let kind = if whole { "a whole number, " } else { "" };
        let expected = format!("{kind}{}", range(min, max, unit));
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|integer| integer as f64)
            }
            DeValue::Float(float) if !whole => float.as_str().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(self.error(value.span().start, key, &expected, self.found(value))),
        }
    }

    fn switch(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<bool, PolicyError> {
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.error(value.span().start, key, "true or false", self.found(value)))
    }

    fn string<'v>(&self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, PolicyError> {
        value.get_ref().as_str().ok_or_else(|| self.error(value.span().start, key, "text", self.found(value)))
    }

    fn table<'v, 'i>(
        &self,
        key: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Result<&'v DeTable<'i>, PolicyError> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(value.span().start, key, "a table", self.found(value)))
    }

    fn array<'v, 'i>(
        &self,
        key: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Result<impl Iterator<Item = &'v Spanned<DeValue<'i>>> + use<'v, 'i>, PolicyError> {
        match value.get_ref().as_array() {
            Some(array) => Ok(array.iter()),
            None => Err(self.error(value.span().start, key, "an array", self.found(value))),
        }
    }

    fn provisioned(
        &self,
        value: &Spanned<DeValue<'_>>,
        classes: &BTreeMap<String, u8>,
    ) -> Result<ClassSet, PolicyError> {
        let mut set = ClassSet::NONE;
        for item in self.array("provisioned", value)? {
            let name = self.string("provisioned", item)?;
            let Some(class) = classes.get(name) else {
                let found = format!("\"{name}\"");
                return Err(self.error(item.span().start, "provisioned", "names from [classes]", found));
            };
            set = set.with(*class);
        }
        Ok(set)
    }

    /// The value as it stands in the text, or what it is where that is long.
    fn found(&self, value: &Spanned<DeValue<'_>>) -> String {
        const SHORT: usize = 40;
        let Range { start, end } = value.span();
        match self.text.get(start..end) {
            Some(text) if text.len() <= SHORT && !text.contains('\n') => text.to_owned(),
            _ => value.get_ref().type_str().to_owned(),
        }
    }
}

fn range(min: f64, max: f64, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    let (min, max) = (short(min), short(max));
    if min == max { format!("{min}{space}{unit}") } else { format!("{min} to {max}{space}{unit}") }
}

/// As few digits as tell the number: 0.9 also where it went through `f32`.
fn short(number: f64) -> String {
    let single = number as f32;
    if f64::from(single) == number { single.to_string() } else { number.to_string() }
}
