//! Grammars from files: Home Assistant's YAML and Rhino's contexts.

use super::error::{GrammarError, Place, Problem};
use super::grammar::{Block, Grammar, Intent, List, Range, Sentence, Value};
use super::template::Template;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

/// Deepest nesting of a file.
const MAX_DEPTH: usize = 64;
/// Most nodes, those that aliases repeat included.
const MAX_NODES: usize = 4_000_000;

/// A node of a file and where it begins.
#[derive(Clone, Debug)]
struct Node {
    place: Place,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Text { text: String, plain: bool },
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

type Result<T> = core::result::Result<T, Wrong>;

/// An error whose file is not known yet. In a box, since errors are rare and long.
struct Wrong(alloc::boxed::Box<(Place, Problem)>);

fn wrong(place: Place, problem: Problem) -> Wrong {
    Wrong(alloc::boxed::Box::new((place, problem)))
}

fn expected<T>(expected: &'static str, node: &Node) -> Result<T> {
    Err(wrong(node.place, Problem::Expected { expected, found: node.told() }))
}

impl Grammar {
    /// Reads Home Assistant's YAML: `intents`, `lists`, `expansion_rules`. `file` is told in errors.
    ///
    /// What steers Home Assistant's answers and what depends on its state (`response`, `requires_context`, …) is passed
    /// over. An error in the middle of a text that is folded over lines, or that has escapes, is told at its beginning.
    ///
    /// # Errors
    /// The first thing that is wrong, with line and column.
    pub fn from_yaml(file: &str, text: &str) -> core::result::Result<Grammar, GrammarError> {
        let mut grammar = Grammar::default();
        grammar.add_yaml(file, text)?;
        Ok(grammar)
    }

    /// Adds what another file has: further sentences for intents, lists and rules that hide those of the same name.
    ///
    /// # Errors
    /// As [`Grammar::from_yaml`].
    pub fn add_yaml(&mut self, file: &str, text: &str) -> core::result::Result<(), GrammarError> {
        self.file = file.into();
        tree(text).and_then(|root| self.add(&root)).map_err(|wrong| located(file, wrong))
    }

    /// Reads a context of Rhino: `context` with `expressions`, `slots` and `macros`. `file` is told in errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with line and column.
    pub fn from_rhino(file: &str, text: &str) -> core::result::Result<Grammar, GrammarError> {
        tree(text).and_then(|root| rhino(file, &root)).map_err(|wrong| located(file, wrong))
    }

    fn add(&mut self, root: &Node) -> Result<()> {
        for (key, node) in root.mapping("a mapping with `intents`")? {
            match key.text()? {
                "intents" => {
                    for (name, node) in node.mapping("a mapping of intents")? {
                        self.add_intent(name.text()?, node)?;
                    }
                }
                "lists" => self.lists.extend(lists(node)?),
                "expansion_rules" => self.rules.extend(rules(node)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn add_intent(&mut self, name: &str, node: &Node) -> Result<()> {
        let data = node.field("data")?;
        let known = self.intents.iter().position(|intent| intent.name == name);
        let at = known.unwrap_or(self.intents.len());
        if known.is_none() {
            self.intents.push(Intent { name: name.into(), blocks: Vec::new() });
        }
        for node in data.sequence("a sequence of sentences")? {
            let mut block = Block::default();
            for sentence in node.field("sentences")?.sequence("a sequence of templates")? {
                block.sentences.push(sentence.sentence()?);
            }
            for (key, node) in node.mapping("a mapping")? {
                match key.text()? {
                    "slots" => {
                        for (slot, value) in node.mapping("a mapping of slots")? {
                            // A slot of several values stands for any of them.
                            let value = match &value.kind {
                                Kind::Sequence(values) => {
                                    let values: Result<Vec<&str>> = values.iter().map(Node::text).collect();
                                    values?.join(",")
                                }
                                _ => value.text()?.into(),
                            };
                            block.slots.push((slot.text()?.into(), value));
                        }
                    }
                    "lists" => block.lists = lists(node)?,
                    "expansion_rules" => block.rules = rules(node)?,
                    _ => {}
                }
            }
            self.intents[at].blocks.push(block);
        }
        Ok(())
    }
}

fn located(file: &str, Wrong(wrong): Wrong) -> GrammarError {
    GrammarError { file: file.into(), place: wrong.0, problem: wrong.1 }
}

fn rules(node: &Node) -> Result<BTreeMap<String, Sentence>> {
    let rules = node.mapping("a mapping of rules")?.iter();
    rules.map(|(name, rule)| Ok((name.text()?.to_owned(), rule.sentence()?))).collect()
}

fn lists(node: &Node) -> Result<BTreeMap<String, List>> {
    let lists = node.mapping("a mapping of lists")?.iter();
    lists.map(|(name, list)| Ok((name.text()?.to_owned(), self::list(list)?))).collect()
}

fn list(node: &Node) -> Result<List> {
    const FORMS: &str = "a list: `values`, `range` or `wildcard: true`";
    for (key, value) in node.mapping(FORMS)? {
        match key.text()? {
            "values" => {
                let values = value.sequence("a sequence of values")?.iter();
                return values.map(self::value).collect::<Result<_>>().map(List::Values);
            }
            "range" => {
                let number = |name: &'static str| value.field(name).and_then(Node::integer);
                let optional = |name: &str| value.find(name).map(Node::number).transpose();
                let step = optional("step")?.unwrap_or(1.0) as i64;
                let range = Range {
                    from: number("from")?,
                    to: number("to")?,
                    step,
                    multiplier: optional("multiplier")?.unwrap_or(1.0),
                };
                if range.from > range.to || step < 1 {
                    return expected("`from` to be no more than `to`, and `step` 1 or more", value);
                }
                return Ok(List::Range(range));
            }
            "wildcard" if value.text()? == "true" => return Ok(List::Wildcard),
            _ => {}
        }
    }
    expected(FORMS, node)
}

fn value(node: &Node) -> Result<Value> {
    if let Kind::Text { text, .. } = &node.kind {
        let sentence = node.sentence()?;
        let plain = matches!(sentence.template, Template::Text(_));
        let out = plain.then(|| text.clone());
        return Ok(Value { sentence, out });
    }
    let out = match node.find("out") {
        None => None,
        Some(out) => Some(out.text()?.to_owned()),
    };
    Ok(Value { sentence: node.field("in")?.sentence()?, out })
}

fn rhino(file: &str, root: &Node) -> Result<Grammar> {
    let mut grammar = Grammar { file: file.into(), ..Grammar::default() };
    let context = root.field("context")?;
    for (intent, expressions) in context.field("expressions")?.mapping("a mapping of intents")? {
        let mut block = Block::default();
        for expression in expressions.sequence("a sequence of expressions")? {
            block.sentences.push(expression.expression()?);
        }
        let name = intent.text()?.into();
        grammar.intents.push(Intent { name, blocks: Vec::from([block]) });
    }
    if let Some(slots) = context.find("slots") {
        for (name, values) in slots.mapping("a mapping of slots")? {
            let mut list = Vec::new();
            for value in values.sequence("a sequence of values")? {
                let sentence = value.sentence_with(|text| Ok(Template::Text(text.into())))?;
                list.push(Value { sentence, out: Some(value.text()?.into()) });
            }
            grammar.lists.insert(name.text()?.into(), List::Values(list));
        }
    }
    for (name, from, to) in [("SingleDigitInteger", 0, 9), ("TwoDigitInteger", 0, 99), ("Percent", 0, 100)] {
        let range = Range { from, to, step: 1, multiplier: 1.0 };
        grammar.lists.insert(format!("pv.{name}"), List::Range(range));
    }
    if let Some(macros) = context.find("macros") {
        for (name, phrases) in macros.mapping("a mapping of macros")? {
            let phrases = phrases.sequence("a sequence of phrases")?;
            let all: Result<Vec<Template>> =
                phrases.iter().map(|phrase| Ok(phrase.expression()?.template)).collect();
            let place = phrases.first().map_or(name.place, |first| first.place);
            let sentence = Sentence { template: Template::Alternative(all?), place };
            grammar.rules.insert(name.text()?.into(), sentence);
        }
    }
    Ok(grammar)
}

impl Node {
    /// What this is, for errors.
    fn told(&self) -> String {
        match &self.kind {
            Kind::Text { text, .. } => format!("`{text}`"),
            Kind::Sequence(_) => "a sequence".into(),
            Kind::Mapping(_) => "a mapping".into(),
        }
    }

    fn text(&self) -> Result<&str> {
        match &self.kind {
            Kind::Text { text, .. } => Ok(text),
            _ => expected("a text", self),
        }
    }

    fn number(&self) -> Result<f64> {
        match self.text()?.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => expected("a number", self),
        }
    }

    fn integer(&self) -> Result<i64> {
        self.text()?.parse().or_else(|_| expected("a whole number", self))
    }

    fn sequence(&self, what: &'static str) -> Result<&[Node]> {
        match &self.kind {
            Kind::Sequence(all) => Ok(all),
            _ => expected(what, self),
        }
    }

    fn mapping(&self, what: &'static str) -> Result<&[(Node, Node)]> {
        match &self.kind {
            Kind::Mapping(all) => Ok(all),
            _ => expected(what, self),
        }
    }

    fn find(&self, name: &str) -> Option<&Node> {
        let Kind::Mapping(all) = &self.kind else { return None };
        all.iter()
            .find(|(key, _)| matches!(&key.kind, Kind::Text { text, .. } if text == name))
            .map(|(_, node)| node)
    }

    fn field(&self, name: &'static str) -> Result<&Node> {
        self.mapping("a mapping")?;
        match self.find(name) {
            Some(node) => Ok(node),
            None => {
                let found = "a mapping without it".into();
                Err(wrong(self.place, Problem::Expected { expected: name, found }))
            }
        }
    }

    fn sentence(&self) -> Result<Sentence> {
        self.sentence_with(Template::parse)
    }

    fn expression(&self) -> Result<Sentence> {
        self.sentence_with(Template::parse_rhino)
    }

    fn sentence_with(
        &self,
        parse: impl Fn(&str) -> core::result::Result<Template, super::template::TemplateError>,
    ) -> Result<Sentence> {
        let text = self.text()?;
        let Kind::Text { plain, .. } = self.kind else { return expected("a text", self) };
        match parse(text) {
            Ok(template) => {
                // Without columns, an error in a text that is not as it stands in the file is told at its beginning.
                Ok(Sentence { template, place: self.place })
            }
            Err(error) => {
                let characters = text.get(..error.at).unwrap_or_default().chars().count() as u32;
                let column = self.place.column + if plain { characters } else { 0 };
                Err(wrong(Place { column, ..self.place }, Problem::Template(error)))
            }
        }
    }
}

fn place(marker: &Marker, text_follows: bool) -> Place {
    let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place {
        line: place(marker.line()),
        column: place(marker.col()).saturating_add(1 + u32::from(text_follows)),
    }
}

/// The only document of `text`.
fn tree(text: &str) -> Result<Node> {
    let mut anchors: BTreeMap<usize, Node> = BTreeMap::new();
    // Sequences and mappings that are open, each with its anchor; a mapping's keys and values one after the other.
    let mut open: Vec<(usize, Place, bool, Vec<Node>)> = Vec::new();
    let mut root = None;
    let mut nodes = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let problem = Problem::Expected { expected: "YAML", found: error.info().to_owned() };
            wrong(place(error.marker(), false), problem)
        })?;
        let here = place(&span.start, false);
        let (anchor, node) = match event {
            Event::Scalar(value, style, anchor, _) => {
                let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                let one_line = span.start.line() == span.end.line();
                let written = span.end.index().saturating_sub(span.start.index());
                let plain = one_line && value.chars().count() + 2 * usize::from(quoted) == written;
                let kind = Kind::Text { text: value.into_owned(), plain };
                (anchor, Node { place: place(&span.start, quoted), kind })
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(node) => {
                    nodes += count(node);
                    (0, node.clone())
                }
                None => {
                    let problem = Problem::Expected {
                        expected: "an anchor that stands before",
                        found: "an alias".into(),
                    };
                    return Err(wrong(here, problem));
                }
            },
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                let mapping = matches!(event, Event::MappingStart(..));
                open.push((anchor, here, mapping, Vec::new()));
                if open.len() > MAX_DEPTH {
                    let problem = Problem::Size { what: "levels", expected: MAX_DEPTH, actual: open.len() };
                    return Err(wrong(here, problem));
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((anchor, place, mapping, all)) = open.pop() else { continue };
                let kind = if mapping {
                    let (mut pairs, mut all) = (Vec::new(), all.into_iter());
                    while let (Some(key), Some(value)) = (all.next(), all.next()) {
                        pairs.push((key, value));
                    }
                    Kind::Mapping(pairs)
                } else {
                    Kind::Sequence(all)
                };
                (anchor, Node { place, kind })
            }
            _ => continue,
        };
        nodes += 1;
        if nodes > MAX_NODES {
            let problem = Problem::Size { what: "nodes", expected: MAX_NODES, actual: nodes };
            return Err(wrong(here, problem));
        }
        if anchor != 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut() {
            Some((_, _, _, all)) => all.push(node),
            None if root.is_none() => root = Some(node),
            None => return expected("one document", &node),
        }
    }
    root.ok_or_else(|| {
        let problem = Problem::Expected { expected: "YAML", found: "nothing".into() };
        wrong(Place { line: 1, column: 1 }, problem)
    })
}

/// A node and all in it.
fn count(node: &Node) -> usize {
    match &node.kind {
        Kind::Text { .. } => 1,
        Kind::Sequence(all) => 1 + all.iter().map(count).sum::<usize>(),
        Kind::Mapping(all) => 1 + all.iter().map(|(key, value)| count(key) + count(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::TextRecognizer;
    use std::string::ToString;

    #[test]
    fn errors_name_file_line_column_and_what_was_expected() {
        for (text, message) in [
            (
                "intents:\n  A:\n    data:\n      - sentences:\n          - turn on (the lamp\n",
                "g.yaml, line 5, column 30: expected `)`, found the end",
            ),
            (
                "intents:\n  A:\n    data:\n      - sentences: ['é {', b]\n",
                "g.yaml, line 4, column 25: expected the name of a list and `}`, found the end",
            ),
            ("intents:\n  A: [1]\n", "g.yaml, line 2, column 6: expected a mapping, found a sequence"),
            (
                "intents:\n  A:\n    data:\n      - slots: {}\n",
                "g.yaml, line 4, column 9: expected sentences, found a mapping without it",
            ),
            (
                "lists:\n  a:\n    range: {from: 9, to: 5}\n",
                "g.yaml, line 3, column 12: expected `from` to be no more than `to`, and `step` 1 or more, found a mapping",
            ),
            (
                "lists: {a: {values: {}}}\n",
                "g.yaml, line 1, column 21: expected a sequence of values, found a mapping",
            ),
            ("", "g.yaml, line 1, column 1: expected YAML, found nothing"),
        ] {
            assert_eq!(Grammar::from_yaml("g.yaml", text).unwrap_err().to_string(), message);
        }
        let unclosed = Grammar::from_yaml("g.yaml", "intents: [").unwrap_err().to_string();
        assert!(unclosed.starts_with("g.yaml, line 2, column 1: expected YAML, found "), "{unclosed}");
    }

    #[test]
    fn names_that_nothing_stands_for_are_found_at_their_place() {
        for (sentence, message) in [
            ("a {b}", "g.yaml, line 1, column 42: expected the name of a list, found `b`"),
            ("a <b>", "g.yaml, line 1, column 42: expected the name of a rule, found `b`"),
        ] {
            let text = std::format!("intents: {{A: {{data: [{{sentences: ['xxx {sentence}']}}]}}}}");
            let grammar = Grammar::from_yaml("g.yaml", &text).unwrap();
            assert_eq!(TextRecognizer::new(&grammar).unwrap_err().to_string(), message);
        }
        let endless =
            "intents: {A: {data: [{sentences: ['<a>']}]}}\nexpansion_rules: {a: '<b>', b: 'x [<a>]'}";
        let grammar = Grammar::from_yaml("g.yaml", endless).unwrap();
        let error = TextRecognizer::new(&grammar).unwrap_err().to_string();
        assert!(error.contains("expected at most 24 rules in each other"), "{error}");
    }

    #[test]
    fn aliases_that_grow_are_stopped() {
        let mut text = std::string::String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let before = std::format!("*a{}, ", n - 1).repeat(10);
            text += &std::format!("a{n}: &a{n} [{before}]\n");
        }
        let error = Grammar::from_yaml("g.yaml", &text).unwrap_err();
        assert!(matches!(error.problem, Problem::Size { what: "nodes", .. }), "{error}");
    }

    #[test]
    fn contexts_of_rhino() {
        let text = r#"
context:
  expressions:
    orderDrink:
      - "[can, could] I have (a) $size:size $drink:drink (please)"
      - "@polite $pv.SingleDigitInteger:count $drink:drink"
  slots:
    size: [small, large]
    drink: [coffee, "iced tea"]
  macros:
    polite: ["I would like", "get me"]
"#;
        let grammar = Grammar::from_rhino("r.yaml", text).unwrap();
        let recognizer = TextRecognizer::new(&grammar).unwrap();
        let read = |text: &str| {
            let readings = recognizer.read(text);
            readings.into_iter().next().map(|one| one.slots.into_iter().collect::<Vec<_>>())
        };
        let slots =
            |all: &[(&str, &str)]| Some(all.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect());
        assert_eq!(read("could I have a small iced tea"), slots(&[("drink", "iced tea"), ("size", "small")]));
        assert_eq!(read("get me three coffee"), slots(&[("count", "3"), ("drink", "coffee")]));
        assert_eq!(read("have a small coffee"), None);
        let error = Grammar::from_rhino("r.yaml", &text.replace("$size:size", "$size")).unwrap_err();
        assert_eq!((error.place.line, error.to_string().contains("`:` and the name of a slot")), (5, true));
    }
}
