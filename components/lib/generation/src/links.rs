//! The addresses of a generation's parts.

use domain::{GenerationId, generation::Status};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the parts of a generation are. A part that does not exist, or no longer, has no link.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Links {
    /// The generation itself.
    #[serde(rename = "self")]
    this: String,
    /// The brief as submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    brief: Option<String>,
    /// The file as delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The file as the model wrote it, where it was corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    /// What was corrected; outlives the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrections: Option<String>,
    /// The visual as SVG.
    #[serde(skip_serializing_if = "Option::is_none")]
    svg: Option<String>,
    /// The visual as PNG.
    #[serde(skip_serializing_if = "Option::is_none")]
    png: Option<String>,
    /// The visual as PDF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pdf: Option<String>,
}

/// The address of a generation.
#[must_use]
pub fn generation(id: GenerationId) -> String {
    format!("/v1/generations/{id}")
}

impl Links {
    pub(crate) fn of(id: GenerationId, status: Status, corrected: bool, content_expired: bool) -> Self {
        let this = generation(id);
        let part = |exists: bool, name: &str| exists.then(|| format!("{this}/{name}"));
        let delivered = status == Status::Delivered;
        let content = delivered && !content_expired;
        Self {
            brief: part(content || status == Status::Running, "brief"),
            file: part(content, "file"),
            raw: part(content && corrected, "raw"),
            corrections: part(delivered, "corrections"),
            svg: part(content, "visual.svg"),
            png: part(content, "visual.png"),
            pdf: part(content, "visual.pdf"),
            this,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn names(status: Status, corrected: bool, expired: bool) -> Vec<String> {
        let links = Links::of(Uuid::nil().into(), status, corrected, expired);
        let value = serde_json::to_value(links).expect("serializes");
        value.as_object().expect("an object").keys().cloned().collect()
    }

    #[test]
    fn a_link_is_there_where_its_part_is() {
        let all = ["brief", "corrections", "file", "pdf", "png", "raw", "self", "svg"];
        assert_eq!(sorted(names(Status::Delivered, true, false)), all);
        assert!(!names(Status::Delivered, false, false).contains(&"raw".to_owned()));
        assert_eq!(sorted(names(Status::Delivered, true, true)), ["corrections", "self"]);
        assert_eq!(sorted(names(Status::Running, false, false)), ["brief", "self"]);
        assert_eq!(names(Status::Failed, false, false), ["self"]);
    }

    fn sorted(mut names: Vec<String>) -> Vec<String> {
        names.sort();
        names
    }
}
