//! Writes `openapi.json` at the project's root.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../openapi.json");
    std::fs::write(path, asknpic_openapi::document()?)?;
    Ok(())
}
