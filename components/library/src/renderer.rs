//! The component `renderer`, by its WIT interface.

use serde::Deserialize;
use utoipa::ToSchema;
use web::problem::FieldError;

/// What a visual is rendered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = VisualFormat)]
pub(crate) enum Format {
    /// SVG with text as text.
    Svg,
    /// SVG with text as outlines.
    SvgOutlines,
    /// PNG.
    Png,
    /// PDF.
    Pdf,
}

impl Format {
    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Svg | Self::SvgOutlines => "image/svg+xml",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// How its file names end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Svg | Self::SvgOutlines => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }
}

/// A picture.
pub(crate) struct Picture {
    pub(crate) bytes: Vec<u8>,
    /// Code and path of what had to be done to texts at the values of the moment.
    pub(crate) adjustments: Vec<(String, String)>,
}

/// Why there is no picture.
#[cfg_attr(not(any(target_family = "wasm", test)), expect(dead_code, reason = "natively there is no renderer"))]
pub(crate) enum Refusal {
    /// The stored file is not one that the checker would accept.
    InvalidFile,
    /// The caller's values do not fit. Fields are `width` or a parameter's bare name.
    InvalidValues(Vec<FieldError>),
}

/// What is handed over.
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "natively there is no renderer"))]
pub(crate) struct Job<'a> {
    /// The final file.
    pub(crate) file: &'a str,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) allow_text: bool,
    pub(crate) format: Format,
    pub(crate) width: Option<u32>,
    /// What the picture is marked with (promise a72).
    pub(crate) generation_id: String,
}

#[cfg(target_family = "wasm")]
mod wit {
    #![expect(clippy::same_length_and_capacity, reason = "generated from the WIT file")]
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit",
        world: "rendering",
        runtime_path: "spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

/// Renders a file.
#[cfg(target_family = "wasm")]
pub(crate) fn render(job: Job<'_>) -> Result<Picture, Refusal> {
    use wit::asknpic::parametric::renderer;
    use zeroize::Zeroize as _;

    let mut request = renderer::Request {
        file: job.file.to_owned(),
        parameters: job.parameters,
        allow_text: job.allow_text,
        format: match job.format {
            Format::Svg => renderer::Format::Svg,
            Format::SvgOutlines => renderer::Format::SvgOutlines,
            Format::Png => renderer::Format::Png,
            Format::Pdf => renderer::Format::Pdf,
        },
        width: job.width,
        mark: renderer::Mark { generation_id: job.generation_id },
    };
    let rendered = renderer::render(&request);
    request.file.zeroize();
    let drawn = rendered.map(|picture| {
        let adjustments = picture.adjustments.into_iter().map(|adjustment| (adjustment.code, adjustment.path));
        Picture { bytes: picture.bytes, adjustments: adjustments.collect() }
    });
    drawn.map_err(|error| match error {
        renderer::RenderError::InvalidFile => Refusal::InvalidFile,
        renderer::RenderError::InvalidValues(errors) => Refusal::InvalidValues(
            errors.into_iter().map(|error| FieldError { field: error.field, message: error.message }).collect(),
        ),
    })
}

/// The native build (tests, the OpenAPI document) has no renderer.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn render(job: Job<'_>) -> Result<Picture, Refusal> {
    drop(job);
    Err(Refusal::InvalidFile)
}
