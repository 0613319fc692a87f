//! A generation as the contract shows it.

use domain::{Language, generation::Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::accounts::generations;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::links::Links;

/// One run from brief to final file.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the contract's members")]
pub struct Generation {
    /// Its id.
    id: Uuid,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Where it is.
    #[schema(value_type = StatusName)]
    status: Status,
    /// The name of the problem that ended it, such as `model-timeout`, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// BCP 47 tag of the brief's language, if known.
    brief_language: Option<String>,
    /// Whether the brief was translated for the model.
    translated: bool,
    /// How much the brief asks for, 0 to 100, if computed.
    complexity: Option<i32>,
    /// Whether the model's file was corrected by algorithm.
    corrected: bool,
    /// What a person must be shown where the file was corrected.
    notice: Option<&'static str>,
    /// The system prompt that was used.
    prompt_version: Option<String>,
    /// The model that wrote the file.
    model: Option<ModelName>,
    /// What it cost; a failed one's are not charged.
    tokens: Tokens,
    /// The visual was made by a machine.
    ai_generated: bool,
    /// When the content goes; without it, with the account.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// The content is gone; what is left is this.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    content_expired: bool,
    /// The final file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    file: Option<Box<RawValue>>,
    /// Where its parts are.
    links: Links,
}

/// `running`, `delivered` or `failed`.
#[derive(ToSchema)]
#[schema(as = GenerationStatus, rename_all = "lowercase")]
#[expect(dead_code, reason = "documents the names; the values are those of the domain")]
enum StatusName {
    Running,
    Delivered,
    Failed,
}

/// A model, by name and version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GenerationModel)]
struct ModelName {
    /// As its server lists it.
    name: String,
    /// The digest of its weights.
    version: Option<String>,
}

/// Tokens, as the model's server counted them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GenerationTokens)]
struct Tokens {
    /// Of the prompts.
    prompt: i64,
    /// Of the answers.
    completion: i64,
}

impl Generation {
    /// Of the stored metadata, with the final file where it is shown.
    #[must_use]
    pub fn of(stored: generations::Generation, file: Option<Box<RawValue>>, language: Language) -> Self {
        Self {
            id: stored.id.uuid(),
            created_at: stored.created_at,
            status: stored.status,
            problem: stored.problem,
            brief_language: stored.brief_language,
            translated: stored.translated,
            complexity: stored.complexity,
            corrected: stored.corrected,
            notice: stored.corrected.then(|| notice(language)),
            prompt_version: stored.prompt_version,
            model: stored.model_name.map(|name| ModelName { name, version: stored.model_version }),
            tokens: Tokens { prompt: stored.prompt_tokens, completion: stored.completion_tokens },
            ai_generated: true,
            expires_at: stored.expires_at,
            content_expired: stored.content_expired,
            file,
            links: Links::of(stored.id, stored.status, stored.corrected, stored.content_expired),
        }
    }
}

impl Generation {
    /// Whether the final file is shown.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }
}

/// The sentence a person must be shown where the delivered file is not what the model wrote (promise a13).
#[must_use]
pub fn notice(language: Language) -> &'static str {
    match language {
        Language::En => "This visual was corrected automatically after the model wrote it; the corrections are listed with it.",
        Language::Fr => {
            "Ce visuel a été corrigé automatiquement après son écriture par le modèle ; les corrections sont jointes."
        }
    }
}

/// One algorithmic change between the raw and the final file. Holds no personal data (promise a14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Correction {
    /// From a closed list.
    pub code: String,
    /// A JSON pointer made of schema words and positions.
    pub path: String,
    /// Figures of geometry, size or contrast.
    pub numbers: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> generations::Generation {
        generations::Generation {
            id: Uuid::from_u128(7).into(),
            created_at: "2026-11-21T08:00:00.123456Z".parse().expect("a time"),
            status: Status::Delivered,
            problem: None,
            brief_language: None,
            translated: false,
            complexity: None,
            corrected: false,
            corrections: Vec::new(),
            prompt_version: Some("2026-11-21-00000000".to_owned()),
            model_name: Some("mistral:latest".to_owned()),
            model_version: Some("sha".to_owned()),
            prompt_tokens: 10,
            completion_tokens: 20,
            expires_at: Some("2026-11-28T08:00:00Z".parse().expect("a time")),
            content_expired: false,
        }
    }

    fn json(stored: generations::Generation, file: Option<&str>, language: Language) -> serde_json::Value {
        let file = file.map(|text| RawValue::from_string(text.to_owned()).expect("JSON"));
        serde_json::to_value(Generation::of(stored, file, language)).expect("serializes")
    }

    #[test]
    fn a_delivered_generation_has_the_members_of_the_contract() {
        let value = json(stored(), Some(r#"{"version":1}"#), Language::En);
        let mut names: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        assert_eq!(
            names,
            [
                "ai_generated",
                "brief_language",
                "complexity",
                "corrected",
                "created_at",
                "expires_at",
                "file",
                "id",
                "links",
                "model",
                "notice",
                "prompt_version",
                "status",
                "tokens",
                "translated"
            ]
        );
        assert_eq!(value["status"], "delivered");
        assert_eq!(value["created_at"], "2026-11-21T08:00:00.123456Z");
        assert_eq!(value["file"]["version"], 1);
        assert_eq!(value["model"], serde_json::json!({ "name": "mistral:latest", "version": "sha" }));
        assert_eq!(value["ai_generated"], true);
        assert!(value["notice"].is_null());
    }

    #[test]
    fn promise_a13_a_correction_is_told_in_the_callers_language() {
        let corrected = || generations::Generation { corrected: true, ..stored() };
        let (english, french) = (json(corrected(), None, Language::En), json(corrected(), None, Language::Fr));
        assert!(english["notice"].as_str().is_some_and(|text| text.contains("corrected")));
        assert!(french["notice"].as_str().is_some_and(|text| text.contains("corrigé")));
        assert!(english["links"]["raw"].is_string());
    }

    #[test]
    fn a_failed_one_names_its_problem_and_one_without_content_says_so() {
        let failed = generations::Generation { status: Status::Failed, problem: Some("model-timeout".to_owned()), ..stored() };
        assert_eq!(json(failed, None, Language::En)["problem"], "model-timeout");
        let expired = json(generations::Generation { content_expired: true, ..stored() }, None, Language::En);
        assert_eq!(expired["content_expired"], true);
        assert!(expired.get("file").is_none());
    }
}
