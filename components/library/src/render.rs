//! Rendering, for both ways of asking.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use domain::{GenerationId, generation::ContentKind, limits::RENDER_SESSION};
use generation::read;
use http::{HeaderName, HeaderValue, header};
use store::accounts::{
    self,
    generations::{self, Read},
};
use web::{Kind, Problem, log, problem::FieldError};

use crate::{
    access::Access,
    options::{Source, VisualOptions},
    renderer::{self, Format, Job, Picture, Refusal},
};

/// An SVG opened by itself may hold no script and load nothing, whatever is in it.
const SVG_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

impl Access {
    /// Renders, in the contract's order: session, rate, values, rights. Both statements go out at once.
    ///
    /// # Errors
    /// 401, 403, 404, 410, 422, 429.
    pub(crate) async fn render(&self, options: Result<VisualOptions, Problem>) -> Result<Response, Problem> {
        let key = self.zone.limits.lookup("render", &[self.bearer.session.as_bytes()]);
        let limit = [(RENDER_SESSION, key.as_str())];
        let (read, wait) = futures::join!(
            generations::read(&self.zone.accounts, self.now, self.bearer.session, self.bearer.user, self.id),
            accounts::limits_take(&self.zone.accounts, self.now, &limit),
        );
        let read = read?;
        if matches!(read, Read::Unauthenticated) {
            return Err(Kind::Unauthenticated.into());
        }
        match wait? {
            0 => {}
            seconds => return Err(Problem::retry(Kind::RateLimited, seconds)),
        }
        let options = options?;
        let (stored, salt) = read::found(read)?;
        let file = self.content_of(&stored, &salt, ContentKind::FinalFile).await?;
        let VisualOptions { format, width, parameters, source } = options;
        let has_width = parameters.iter().any(|(name, _)| name == "width");
        let job = Job {
            file: &file,
            parameters,
            allow_text: source == Source::Body,
            format,
            width,
            generation_id: self.id.to_string(),
        };
        match renderer::render(job) {
            Ok(picture) => Ok(answer(picture, format, self.id)),
            Err(refusal) => Err(refused(refusal, source, has_width, self.id)),
        }
    }
}

/// What had to be done to texts at the values that were asked for: a list of codes with their places (RFC 9651), where there is any.
const CORRECTIONS: HeaderName = HeaderName::from_static("visual-corrections");
/// The most that are listed in the header.
const MAX_LISTED: usize = 32;

fn answer(picture: Picture, format: Format, id: GenerationId) -> Response {
    let listed: Vec<_> =
        picture.adjustments.iter().take(MAX_LISTED).map(|(code, path)| format!("{code};at=\"{path}\"")).collect();
    let mut response = Body::from(picture.bytes).into_response();
    let headers = response.headers_mut();
    if !listed.is_empty()
        && let Ok(listed) = HeaderValue::try_from(listed.join(", "))
    {
        headers.insert(CORRECTIONS, listed);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(name) = HeaderValue::try_from(format!("inline; filename=\"asknpic-{id}.{}\"", format.extension())) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    if matches!(format, Format::Svg | Format::SvgOutlines) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SVG_POLICY));
    }
    response
}

/// `has_width`: the caller set a parameter of that name, so that a fault of `width` is the parameter's.
fn refused(refusal: Refusal, source: Source, has_width: bool, id: GenerationId) -> Problem {
    match refusal {
        Refusal::InvalidFile => {
            log::event("stored-file-invalid", serde_json::json!({ "generation": id }));
            Kind::Internal.into()
        }
        Refusal::InvalidValues(errors) => {
            let named = errors.into_iter().map(|error| {
                let own = error.field == "width" && !has_width;
                FieldError { field: if own { error.field } else { source.field(&error.field) }, message: error.message }
            });
            Problem::fields(&named.collect::<Vec<_>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_picture_is_private_and_an_svg_is_sandboxed() {
        let response = answer(picture(&[]), Format::Svg, Uuid::nil().into());
        let headers = response.headers();
        assert_eq!(headers["content-type"], "image/svg+xml");
        assert_eq!(headers["cache-control"], "private, no-store");
        assert_eq!(headers["content-disposition"], "inline; filename=\"asknpic-00000000-0000-0000-0000-000000000000.svg\"");
        assert!(headers["content-security-policy"].to_str().is_ok_and(|policy| policy.ends_with("; sandbox")));
        assert!(!answer(picture(&[]), Format::Png, Uuid::nil().into()).headers().contains_key("content-security-policy"));
    }

    fn picture(adjustments: &[(&str, &str)]) -> Picture {
        let adjustments = adjustments.iter().map(|(code, path)| ((*code).to_owned(), (*path).to_owned())).collect();
        Picture { bytes: vec![1], adjustments }
    }

    #[test]
    fn what_was_done_to_texts_is_told_by_codes_and_places() {
        let listed = |adjustments: &[(&str, &str)]| {
            let response = answer(picture(adjustments), Format::Png, Uuid::nil().into());
            response.headers().get("visual-corrections").map(|value| value.to_str().unwrap_or_default().to_owned())
        };
        assert_eq!(listed(&[]), None);
        let two = [("shortened", "/layers/3/text"), ("does-not-fit", "/layers/3/size")];
        assert_eq!(listed(&two).as_deref(), Some("shortened;at=\"/layers/3/text\", does-not-fit;at=\"/layers/3/size\""));
        assert_eq!(listed(&[two[0]; 500]).map(|listed| listed.matches("shortened").count()), Some(MAX_LISTED));
    }

    #[test]
    fn faults_are_told_by_the_names_that_the_caller_gave() {
        let error = |field: &str| FieldError { field: field.to_owned(), message: "is too large".to_owned() };
        let fields = |source, has_width| {
            let refusal = Refusal::InvalidValues(vec![error("width"), error("accent")]);
            let document = refused(refusal, source, has_width, Uuid::nil().into()).document(domain::Language::En, Uuid::nil());
            [0, 1].map(|at: usize| document["errors"][at]["field"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(fields(Source::Query, false), ["width", "p.accent"]);
        assert_eq!(fields(Source::Query, true), ["p.width", "p.accent"]);
        assert_eq!(fields(Source::Body, false), ["width", "parameters.accent"]);
        assert_eq!(refused(Refusal::InvalidFile, Source::Body, false, Uuid::nil().into()).kind(), Kind::Internal);
    }
}
