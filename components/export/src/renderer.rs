//! The component `renderer`, by its WIT interface: SVG of a stored file, as it was delivered.

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

/// Renders a final file as SVG; `None` where the renderer does not take it (any more).
#[cfg(target_family = "wasm")]
pub(crate) fn svg(file: &str, generation_id: String) -> Option<Vec<u8>> {
    use wit::asknpic::parametric::renderer;
    use zeroize::Zeroize as _;

    let mut request = renderer::Request {
        file: file.to_owned(),
        parameters: Vec::new(),
        allow_text: false,
        format: renderer::Format::Svg,
        width: None,
        mark: renderer::Mark { generation_id },
    };
    let rendered = renderer::render(&request);
    request.file.zeroize();
    rendered.ok().map(|picture| picture.bytes)
}

/// The native build (tests, the OpenAPI document) has no renderer.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn svg(_: &str, _: String) -> Option<Vec<u8>> {
    None
}
