//! The components `checker` and `renderer` by themselves, called without any HTTP: the very code that `generate` and `library` call.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::compile::runtime;
use crate::error::Error;
use crate::limits::{Limits, MemoryLimiter, TICK};

mod check {
    wasmtime::component::bindgen!({ path: "../../../wit", world: "asknpic:parametric/check", exports: { default: async } });
}

mod render {
    wasmtime::component::bindgen!({ path: "../../../wit", world: "asknpic:parametric/render", exports: { default: async } });
}

use check::exports::asknpic::parametric::checker as check_wit;
use render::exports::asknpic::parametric::renderer as render_wit;

/// One algorithmic change between the raw and the final file; `FORMAT.md` has the codes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correction {
    /// From a closed list.
    pub code: String,
    /// A JSON pointer of schema words and positions.
    pub path: String,
    /// Figures, as the code's documentation has them.
    pub numbers: Vec<f64>,
}

/// Why a file cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// From a closed list.
    pub code: String,
    /// A JSON pointer of schema words and positions.
    pub path: String,
    /// A sentence that can be fed back to a model.
    pub message: String,
}

/// What the checker says of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It is good, perhaps after corrections.
    Accepted {
        /// The final file.
        file: String,
        /// What was changed.
        corrections: Vec<Correction>,
        /// How much there is to see, 0 to 100.
        complexity: u32,
    },
    /// It is not.
    Rejected {
        /// Why.
        findings: Vec<Finding>,
    },
}

/// What a picture is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// SVG with text as text.
    Svg,
    /// SVG with text as outlines.
    SvgOutlines,
    /// PNG.
    Png,
    /// PDF.
    Pdf,
}

/// What to draw.
#[derive(Clone, Debug)]
pub struct Request {
    /// The final file, as [`Checker::check`] returned it.
    pub file: String,
    /// Values by the names of the file's parameters.
    pub parameters: Vec<(String, String)>,
    /// What to make.
    pub format: Format,
    /// Of a PNG, in pixels; the canvas's own if not given.
    pub width: Option<u32>,
    /// The id that the picture is marked with (promise a72).
    pub generation_id: String,
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// In the format that was asked for.
    pub bytes: Vec<u8>,
    /// What had to be done to texts at the values of the moment.
    pub adjustments: Vec<Correction>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The component could not be run.
    #[error(transparent)]
    Host(#[from] Error),
    /// The file is none that the checker returned.
    #[error("the file is not one that the checker returned")]
    InvalidFile,
    /// Values that do not fit: the parameter's name or `width`, and a sentence.
    #[error("{}", .0.iter().map(|(field, message)| format!("{field} {message}")).collect::<Vec<_>>().join("; "))]
    InvalidValues(Vec<(String, String)>),
}

/// The component `checker`.
pub struct Checker(Sandbox);

/// The component `renderer`.
pub struct Renderer(Sandbox);

impl Checker {
    /// Loads it from `path`; compiled code is kept in `cache`.
    ///
    /// # Errors
    /// The file is not there or no component.
    pub async fn load(path: &Path, cache: &Path) -> Result<Self, Error> {
        Ok(Self(Sandbox::load("checker", path, cache).await?))
    }

    /// What it says of a text.
    ///
    /// # Errors
    /// The component does not export what it should, or trapped.
    pub async fn check(&self, text: &str) -> Result<Verdict, Error> {
        let mut store = self.0.store();
        let called = async {
            let checker = check::Check::instantiate_async(&mut store, &self.0.component, &self.0.linker).await?;
            checker.asknpic_parametric_checker().call_check(&mut store, text).await
        };
        let verdict = called.await.map_err(|error| self.0.error(&error))?;
        Ok(match verdict {
            check_wit::Verdict::Accepted(check_wit::Accepted { file, corrections, complexity }) => {
                let corrections = corrections.into_iter().map(|correction| {
                    let check_wit::Correction { code, path, numbers } = correction;
                    Correction { code, path, numbers }
                });
                Verdict::Accepted { file, corrections: corrections.collect(), complexity }
            }
            check_wit::Verdict::Rejected(findings) => {
                let findings = findings.into_iter().map(|finding| {
                    let check_wit::Finding { code, path, message } = finding;
                    Finding { code, path, message }
                });
                Verdict::Rejected { findings: findings.collect() }
            }
        })
    }
}

impl Renderer {
    /// Loads it from `path`; compiled code is kept in `cache`.
    ///
    /// # Errors
    /// The file is not there or no component.
    pub async fn load(path: &Path, cache: &Path) -> Result<Self, Error> {
        Ok(Self(Sandbox::load("renderer", path, cache).await?))
    }

    /// Draws a file.
    ///
    /// # Errors
    /// [`RenderError`].
    pub async fn render(&self, request: Request) -> Result<Picture, RenderError> {
        let request = render_wit::Request {
            file: request.file,
            parameters: request.parameters,
            allow_text: true,
            format: match request.format {
                Format::Svg => render_wit::Format::Svg,
                Format::SvgOutlines => render_wit::Format::SvgOutlines,
                Format::Png => render_wit::Format::Png,
                Format::Pdf => render_wit::Format::Pdf,
            },
            width: request.width,
            mark: render_wit::Mark { generation_id: request.generation_id },
        };
        let mut store = self.0.store();
        let called = async {
            let renderer = render::Render::instantiate_async(&mut store, &self.0.component, &self.0.linker).await?;
            renderer.asknpic_parametric_renderer().call_render(&mut store, &request).await
        };
        let drawn = called.await.map_err(|error| self.0.error(&error))?.map(|picture| {
            let adjustments = picture.adjustments.into_iter().map(|adjustment| {
                let render_wit::Adjustment { code, path, numbers } = adjustment;
                Correction { code, path, numbers }
            });
            Picture { bytes: picture.bytes, adjustments: adjustments.collect() }
        });
        drawn.map_err(|error| match error {
            render_wit::RenderError::InvalidFile => RenderError::InvalidFile,
            render_wit::RenderError::InvalidValues(errors) => {
                RenderError::InvalidValues(errors.into_iter().map(|error| (error.field, error.message)).collect())
            }
        })
    }
}

/// A component that needs nothing of the world, with what it may have.
struct Sandbox {
    id: &'static str,
    component: Component,
    linker: Linker<Inside>,
    limits: Limits,
}

/// What an instance holds.
struct Inside {
    table: ResourceTable,
    wasi: WasiCtx,
    memory: MemoryLimiter,
}

impl WasiView for Inside {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Sandbox {
    async fn load(id: &'static str, path: &Path, cache: &Path) -> Result<Self, Error> {
        let runtime = runtime()?;
        let component = runtime.load_dependency(id, path, cache).await?;
        let mut linker = Linker::new(runtime.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(|error| Error::component(id, format!("{error:#}")))?;
        Ok(Self { id, component, linker, limits: Limits::default() })
    }

    /// A new instance's: no environment, files, sockets or output, and the limits of every instance. Of the engine's ticks the
    /// first comes at once.
    fn store(&self) -> Store<Inside> {
        let wasi = WasiCtxBuilder::new().allow_tcp(false).allow_udp(false).build();
        let memory = MemoryLimiter::new(self.id, self.limits.memory);
        let mut store = Store::new(self.component.engine(), Inside { table: ResourceTable::new(), wasi, memory });
        store.limiter(|inside| &mut inside.memory);
        store.set_epoch_deadline(ticks(self.limits.cpu) + 1);
        store
    }

    fn error(&self, error: &wasmtime::Error) -> Error {
        Error::component(self.id, format!("{error:#}"))
    }
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX - 1)
}
