//! The compiled components `checker` and `renderer`, each alone in an instance, as wasmtime runs them for the host.

use std::path::{Path, PathBuf};

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

mod checking {
    wasmtime::component::bindgen!({ path: "../../../wit", world: "check" });
}

mod rendering {
    wasmtime::component::bindgen!({ path: "../../../wit", world: "render" });
}

pub(crate) use checking::exports::asknpic::parametric::checker::Verdict;
pub(crate) use rendering::exports::asknpic::parametric::renderer::{Format, Mark, RenderError, Request};

/// What an instance has: clocks and randomness, no files, no network, no variables.
pub(crate) struct Inside {
    wasi: WasiCtx,
    table: ResourceTable,
    /// The most bytes of memory it has had.
    pub(crate) memory: usize,
}

impl WasiView for Inside {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl ResourceLimiter for Inside {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.memory = self.memory.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// One compiled component.
pub(crate) struct Sandbox {
    engine: Engine,
    component: Component,
    linker: Linker<Inside>,
}

impl Sandbox {
    /// Compiles the built component of that name. `counted`: steps are counted, which costs time.
    pub(crate) fn new(name: &str, counted: bool) -> Self {
        let engine = Engine::new(Config::new().consume_fuel(counted)).expect("an engine");
        let component = Component::from_file(&engine, file(name)).expect("a component: run `asknpic build`");
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI");
        Self { engine, component, linker }
    }

    fn store(&self, fuel: Option<u64>) -> Store<Inside> {
        let inside = Inside { wasi: WasiCtx::builder().build(), table: ResourceTable::new(), memory: 0 };
        let mut store = Store::new(&self.engine, inside);
        store.limiter(|inside| inside);
        if let Some(fuel) = fuel {
            store.set_fuel(fuel).expect("counted");
        }
        store
    }

    /// An instance of the checker, which may make so many steps.
    pub(crate) fn checker(&self, fuel: Option<u64>) -> Checker {
        let mut store = self.store(fuel);
        let bindings = checking::Check::instantiate(&mut store, &self.component, &self.linker).expect("an instance");
        Checker { store, bindings }
    }

    /// An instance of the renderer.
    pub(crate) fn renderer(&self, fuel: Option<u64>) -> Renderer {
        let mut store = self.store(fuel);
        let bindings = rendering::Render::instantiate(&mut store, &self.component, &self.linker).expect("an instance");
        Renderer { store, bindings }
    }
}

pub(crate) struct Checker {
    pub(crate) store: Store<Inside>,
    bindings: checking::Check,
}

impl Checker {
    pub(crate) fn check(&mut self, text: &str) -> wasmtime::Result<Verdict> {
        self.bindings.asknpic_parametric_checker().call_check(&mut self.store, text)
    }
}

pub(crate) struct Renderer {
    pub(crate) store: Store<Inside>,
    bindings: rendering::Render,
}

impl Renderer {
    pub(crate) fn render(
        &mut self,
        file: &str,
        format: Format,
        width: Option<u32>,
    ) -> wasmtime::Result<Result<Vec<u8>, RenderError>> {
        let mark = Mark { generation_id: "01a1fd55-aa68-7f10-ac98-8195c306981b".to_owned() };
        let request = Request { file: file.to_owned(), parameters: Vec::new(), allow_text: true, format, width, mark };
        let rendered = self.bindings.asknpic_parametric_renderer().call_render(&mut self.store, &request)?;
        Ok(rendered.map(|picture| picture.bytes))
    }
}

/// Where a component is built.
fn file(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    root.join(format!("target/wasm32-wasip2/release/{name}.wasm"))
}
