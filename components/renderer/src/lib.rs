//! The component `renderer`: from a final file and parameter values to a picture. It imports nothing beyond what std needs
//! (promise c02).

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, clippy::same_length_and_capacity, reason = "what wit-bindgen writes for an export")]
mod wit {
    wit_bindgen::generate!({ path: "../../wit", world: "render" });

    use exports::asknpic::parametric::renderer::{Adjustment, FieldError, Format, Guest, Picture, RenderError, Request};

    struct Renderer;

    impl Guest for Renderer {
        fn render(request: Request) -> Result<Picture, RenderError> {
            let request = parametric::Request {
                file: &request.file,
                parameters: &request.parameters,
                allow_text: request.allow_text,
                format: match request.format {
                    Format::Svg => parametric::Format::Svg,
                    Format::SvgOutlines => parametric::Format::SvgOutlines,
                    Format::Png => parametric::Format::Png,
                    Format::Pdf => parametric::Format::Pdf,
                },
                width: request.width,
                generation_id: &request.mark.generation_id,
            };
            let drawn = parametric::render(&request).map(|picture| {
                let adjustment =
                    |c: parametric::Correction| Adjustment { code: c.code.to_owned(), path: c.path, numbers: c.numbers };
                Picture { bytes: picture.bytes, adjustments: picture.corrections.into_iter().map(adjustment).collect() }
            });
            drawn.map_err(|error| match error {
                parametric::RenderError::InvalidFile => RenderError::InvalidFile,
                parametric::RenderError::InvalidValues(errors) => RenderError::InvalidValues(
                    errors.into_iter().map(|e| FieldError { field: e.field, message: e.message.to_owned() }).collect(),
                ),
            })
        }
    }

    export!(Renderer);
}
