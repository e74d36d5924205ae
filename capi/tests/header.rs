//! `earnest.h` is what cbindgen makes of the interface. `EARNEST_WRITE_HEADER=1` writes it instead of comparing.

use cbindgen::{Builder, Config, DocumentationStyle, EnumConfig, ExportConfig, Language, RenameRule, Style};
use std::collections::HashMap;
use std::path::Path;

const HEAD: &str = include_str!("header/head.txt");

/// Names in C. The enumerators take the name of the library alone.
const NAMES: [(&str, &str); 46] = [
    ("Status", "earnest_status"),
    ("EventKind", "earnest_event_kind"),
    ("Reason", "earnest_reason"),
    ("Feature", "earnest_feature"),
    ("Config", "earnest_config"),
    ("Event", "earnest_event"),
    ("Vad", "earnest_vad_facts"),
    ("ModelFacts", "earnest_model_facts"),
    ("Error", "earnest_error"),
    ("Head", "earnest_listener"),
    ("GuardHead", "earnest_guard"),
    ("TierNumber", "earnest_tier_number"),
    ("InputKind", "earnest_input_kind"),
    ("ToldKind", "earnest_told_kind"),
    ("Timing", "earnest_timing"),
    ("EvidencePolicy", "earnest_evidence_policy"),
    ("Limits", "earnest_limits"),
    ("Action", "earnest_action"),
    ("Policy", "earnest_policy"),
    ("Surroundings", "earnest_surroundings"),
    ("Slot", "earnest_slot"),
    ("Input", "earnest_input"),
    ("Permit", "earnest_authorization"),
    ("Act", "earnest_act"),
    ("Told", "earnest_told"),
    ("Anchor", "earnest_anchor"),
    ("JournalFacts", "earnest_journal_facts"),
    ("Tell", "earnest_tell"),
    ("CommandKind", "earnest_command_kind"),
    ("NameKind", "earnest_name_kind"),
    ("Image", "earnest_image"),
    ("Text", "earnest_text"),
    ("CommandsConfig", "earnest_commands_config"),
    ("SaidValue", "earnest_said_value"),
    ("SaidSlot", "earnest_said_slot"),
    ("Command", "earnest_command"),
    ("GrammarFacts", "earnest_grammar_facts"),
    ("CommandsHead", "earnest_commands"),
    ("AnswerKind", "earnest_answer_kind"),
    ("ChainToldKind", "earnest_chain_told_kind"),
    ("CommandMeaning", "earnest_command_meaning"),
    ("AnswerMeaning", "earnest_answer_meaning"),
    ("ChainConfig", "earnest_chain_config"),
    ("ChainTold", "earnest_chain_told"),
    ("ChainHead", "earnest_chain"),
    ("TellChain", "earnest_tell_chain"),
];

fn header() -> String {
    let version = |part: &str| format!("#define EARNEST_VERSION_{part}");
    // An empty line between the includes and them.
    let defines = format!(
        "\n{} {}\n{} {}\n{} {}\n/** Version of this header; earnest_version() is that of the library. */\n\
         #define EARNEST_VERSION \\\n    \
         (EARNEST_VERSION_MAJOR * 65536u + EARNEST_VERSION_MINOR * 256u + EARNEST_VERSION_PATCH)",
        version("MAJOR"),
        env!("CARGO_PKG_VERSION_MAJOR"),
        version("MINOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        version("PATCH"),
        env!("CARGO_PKG_VERSION_PATCH"),
    );
    let rename = NAMES.iter().map(|(rust, c)| ((*rust).into(), (*c).into())).collect::<HashMap<_, _>>();
    let config = Config {
        language: Language::C,
        cpp_compat: true,
        include_guard: Some("EARNEST_H".into()),
        no_includes: true,
        sys_includes: vec!["stddef.h".into(), "stdint.h".into()],
        header: Some(HEAD.trim_end().into()),
        after_includes: Some(defines),
        style: Style::Both,
        documentation_style: DocumentationStyle::Doxy,
        line_length: 110,
        tab_width: 4,
        usize_is_size_t: true,
        enumeration: EnumConfig {
            rename_variants: RenameRule::QualifiedScreamingSnakeCase,
            ..EnumConfig::default()
        },
        export: ExportConfig {
            rename,
            include: NAMES.map(|(rust, _)| rust.to_string()).into(),
            ..ExportConfig::default()
        },
        ..Config::default()
    };
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let files = [
        "types.rs",
        "settings.rs",
        "guard_types.rs",
        "told_types.rs",
        "command_types.rs",
        "chain_types.rs",
        "pointer/handle.rs",
        "ffi.rs",
        "guard_ffi.rs",
        "command_ffi.rs",
        "chain_ffi.rs",
    ];
    let builder = files
        .iter()
        .fold(Builder::new().with_config(config), |builder, file| builder.with_src(sources.join(file)));
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    polished(&String::from_utf8(text).unwrap())
}

/// Shorter names of enumerators than cbindgen makes, and functions that give a status say so.
fn polished(text: &str) -> String {
    const STATUS: (&str, &str) = ("int32_t earnest_", "earnest_status earnest_");
    let mut out = String::new();
    let mut shift = "";
    for line in text.lines() {
        let line = line
            .replace("EARNEST_STATUS_", "EARNEST_")
            .replace("EARNEST_EVENT_KIND_", "EARNEST_EVENT_")
            .replace("EARNEST_TIER_NUMBER_", "EARNEST_TIER_")
            .replace("EARNEST_INPUT_KIND_", "EARNEST_INPUT_")
            .replace("EARNEST_TOLD_KIND_", "EARNEST_TOLD_")
            .replace("EARNEST_COMMAND_KIND_", "EARNEST_COMMAND_")
            .replace("EARNEST_NAME_KIND_", "EARNEST_NAME_")
            .replace("EARNEST_ANSWER_KIND_", "EARNEST_ANSWER_")
            .replace("EARNEST_CHAIN_TOLD_KIND_", "EARNEST_CHAIN_");
        let function = line.starts_with(STATUS.0);
        // The arguments stay below each other.
        let line = if function { line.replacen(STATUS.0, STATUS.1, 1) } else { format!("{shift}{line}") };
        if line.ends_with(';') {
            shift = "";
        } else if function {
            shift = "       ";
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn the_header_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("earnest.h");
    let made = header();
    if std::env::var_os("EARNEST_WRITE_HEADER").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    for (n, (there, made)) in there.lines().zip(made.lines()).enumerate() {
        assert_eq!(there, made, "line {} of earnest.h; EARNEST_WRITE_HEADER=1 writes it anew", n + 1);
    }
    assert_eq!(there.len(), made.len(), "EARNEST_WRITE_HEADER=1 writes earnest.h anew");
}
