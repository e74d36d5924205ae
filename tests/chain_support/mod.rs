//! A chain over `examples/portland/wanted.flac`. The wake phrase is where this says it is: spotters have tests of their own.
#![allow(dead_code)] // each test file uses its own part

use earnest::Storage;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::chain::{AnswerMeaning, Chain, ChainConfig, ChainParts, CommandMeaning, Meanings};
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::frontend::MelFrame;
use earnest::guard::{Guard, OwnerId, PolicyFile, Recording};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, ListImage, Rescorer, compile,
};
use earnest::lexicon::{Dictionary, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::spotter::net::NetEvidence;
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::VadFrame;

/// What is asked of confidence is little: these tests are about the chain, not about how sure it is.
const POLICY: &str = r#"
provisioned = ["messages"]
[classes]
messages = 1
doors = 2
[[action]]
id = 3
name = "send a message"
class = "messages"
tier = "disclosing"
slots = 1
[tiers.disclosing]
min_intent_probability = 0.5
max_nobody_probability = 0.5
min_slot_probability = 0.5
min_slot_margin = 0.1
min_confirmation_probability = 0.5
required_log_odds = -6
"#;
const COMMANDS: &str = "intents: {SendMessage: {data: [{sentences: ['send a message to {contact}']}]}}\n\
                        lists: {contact: {values: [Denise, Andrew, Olivia, Martha]}}";
const ANSWERS: &str = "intents:
  Confirm: {data: [{sentences: ['yes send it'], slots: {names: messages}}]}
  Deny: {data: [{sentences: ['no thanks']}]}
";
/// Where the wake phrase is in `portland/wanted.flac`, and when it is known.
pub(crate) const PHRASE: SampleSpan = SampleSpan { start: SampleIndex(42_880), end: SampleIndex(52_800) };
const KNOWN: u64 = 56_960;

/// Hears the phrase where it is, and knows it at this sample.
pub(crate) struct Scripted {
    known: u64,
}

impl KeywordSpotter for Scripted {
    fn process(&mut self, frame: &MelFrame, _: &VadFrame) -> Option<Detection> {
        let why = Evidence::Net(NetEvidence { log_odds: 3.0, highest: 0.95, held_ms: 100 });
        let decided = frame.span.end;
        let known = decided.0 >= self.known && decided.0 < self.known + 160;
        known.then_some(Detection { phrase: 0, span: PHRASE, decided, score: 0.95, threshold: 0.5, why })
    }

    fn score(&self) -> f32 {
        0.0
    }

    fn reset(&mut self) {}
}

fn decoder(text: &str, lexicon: &Lexicon<'_>) -> Decoder<'static> {
    let compiled = compile(&Grammar::from_yaml("test", text).unwrap(), lexicon).unwrap();
    let lists: Vec<ListImage> =
        compiled.lists.into_iter().map(|list| ListImage::new(list).unwrap()).collect();
    let image = GrammarImage::new(compiled.grammar).unwrap();
    let memory = DecoderMemory::owned(2000, 1600);
    Decoder::new(DecoderConfig::default(), image, Storage::Owned(lists.into()), memory).unwrap()
}

pub(crate) fn chain() -> Chain<'static, Scripted> {
    chain_with(KNOWN, "messages")
}

/// A chain that knows the phrase at sample `known`, and whose answers say yes to what the policy calls `names`.
pub(crate) fn chain_with(known: u64, names: &str) -> Chain<'static, Scripted> {
    let dictionary = Dictionary::new(&include_bytes!("../../models/lexicon-en.bin")[..]).unwrap();
    let lexicon = Lexicon::new(LexiconConfig::default()).unwrap().with_dictionary(dictionary);
    let (commands, answers) = (decoder(COMMANDS, &lexicon), decoder(ANSWERS, &lexicon));
    let file = PolicyFile::parse("test", POLICY).unwrap();
    let phones = (0..answers.grammar().words() as u32).map(|word| {
        let said = lexicon.pronounce(answers.grammar().word(word)).unwrap();
        said[0].pronunciations[0].phones.len() as u8
    });
    let meaning = |meaning| match answers.grammar().intent(meaning) {
        "Confirm" => Some(AnswerMeaning { yes: true, names: file.class(names) }),
        _ => Some(AnswerMeaning { yes: false, names: None }),
    };
    let meanings = Meanings {
        commands: Storage::Owned(vec![CommandMeaning::new(3, &[0]); commands.grammar().meanings()].into()),
        answers: Storage::Owned((0..answers.grammar().meanings() as u32).map(meaning).collect()),
        answer_phones: Storage::Owned(phones.collect()),
    };
    let recording = Recording::new(Storage::owned(16_000 * 30));
    let parts = ChainParts {
        spotter: Scripted { known },
        net: Net::owned(Model::new(include_bytes!("../../models/phones-m.int8.ear").to_vec()).unwrap()),
        commands,
        answers,
        meanings,
        judge: Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED)).unwrap(),
        guard: Guard::new(file.config, file.policy(|_| {}).unwrap(), recording).unwrap(),
        pre_roll: Storage::owned(32_000),
        recent: Storage::owned(250),
    };
    Chain::new(ChainConfig { owner: OwnerId(7), ..ChainConfig::default() }, parts).unwrap()
}
