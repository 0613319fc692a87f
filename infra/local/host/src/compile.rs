//! From wasm files to code that can be instantiated: one engine for the process, a cache in memory and one on disk.

use std::collections::HashMap;
use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, Semaphore};
use wasmtime::component::{Component as WasmComponent, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::compose::{self, compose};
use crate::error::Error;
use crate::instance::State;
use crate::limits::start_ticking;
use crate::manifest::Component;
use crate::{bindings, postgres, variables};

/// Live instances in the whole process: room for 32 hosts with 12 components that have several instances each.
const INSTANCES: u32 = 1_500;
/// How many versions of one component stay in a cache folder.
const KEPT: usize = 4;
/// Starts a cache file: changes with its layout.
const MAGIC: &[u8; 8] = b"asknpic1";

type Sha = [u8; 32];

/// What all hosts of the process share.
pub(crate) struct Runtime {
    engine: Engine,
    linker: Linker<State>,
    /// Which code the engine can load: its version and settings.
    engine_key: Sha,
    /// Compiled components by key. They stay, so that the next host of the process starts at once.
    compiled: Mutex<HashMap<Sha, Arc<OnceCell<ServicePre<State>>>>>,
    /// The digests of files that have not changed since.
    digests: Mutex<HashMap<PathBuf, (Stamp, Sha)>>,
    /// Compiling uses every core by itself; more at the same time would only use memory.
    turns: Semaphore,
}

/// Tells whether a file is still the one that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A component that can be instantiated.
pub(crate) struct Compiled {
    pub(crate) pre: ServicePre<State>,
    /// The size of its file.
    pub(crate) wasm_bytes: u64,
    /// It was in neither cache.
    pub(crate) fresh: bool,
}

/// The process' runtime.
pub(crate) fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| Runtime::new().map_err(|error| format!("{error:?}")));
    made.as_ref().map_err(|error| Error::Runtime(error.clone()))
}

impl Runtime {
    fn new() -> wasmtime::Result<Self> {
        let engine = engine()?;
        start_ticking(&engine)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
        bindings::postgres::add_to_linker::<_, postgres::HasPostgres>(&mut linker, |state: &mut State| &mut state.postgres)?;
        bindings::variables::add_to_linker::<_, variables::HasVariables>(&mut linker, |state: &mut State| &mut state.variables)?;
        let mut key = ShaHasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut key);
        Ok(Self {
            engine_key: key.0.finalize().into(),
            engine,
            linker,
            compiled: Mutex::default(),
            digests: Mutex::default(),
            turns: Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)),
        })
    }

    /// Loads a component: from memory, else from the cache folder, else by composing and compiling it.
    pub(crate) async fn load(
        &'static self,
        id: &str,
        component: &Component,
        root: &Path,
        cache: &Path,
    ) -> Result<Compiled, Error> {
        let job = Job::new(id, component, root, cache);
        let (job, key, wasm_bytes) = blocking(move || {
            let (key, wasm_bytes) = job.key(self)?;
            Ok((job, key, wasm_bytes))
        })
        .await?;
        let cell = {
            let mut all = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key).or_default())
        };
        let mut fresh = false;
        let pre = cell
            .get_or_try_init(async || {
                let _turn = self.turns.acquire().await;
                let (pre, made) = blocking(move || job.make(self, &key)).await?;
                fresh = made;
                Ok::<_, Error>(pre)
            })
            .await?;
        Ok(Compiled { pre: pre.clone(), wasm_bytes, fresh })
    }

    /// Loads a file that is no service: a component that others have as a dependency. Only the cache folder is asked, not the
    /// memory, since a command calls it once.
    pub(crate) async fn load_dependency(&'static self, id: &str, path: &Path, cache: &Path) -> Result<WasmComponent, Error> {
        let job = Job { id: id.to_owned(), source: path.to_owned(), dependencies: Vec::new(), cache: cache.to_owned() };
        blocking(move || {
            let (key, _) = job.key(self)?;
            Ok(job.code(self, &key)?.0)
        })
        .await
    }

    /// What code is compiled for.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The digest and length of a file, read only if it has changed.
    fn digest(&self, path: &Path) -> std::io::Result<(Sha, u64)> {
        let meta = std::fs::metadata(path)?;
        let stamp = Stamp {
            length: meta.len(),
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        };
        let digests = || self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sha)) = digests().get(path).filter(|(known, _)| *known == stamp) {
            return Ok((*sha, stamp.length));
        }
        let sha: Sha = Sha256::digest(std::fs::read(path)?).into();
        digests().insert(path.to_owned(), (stamp, sha));
        Ok((sha, stamp.length))
    }
}

/// The engine, with pooled instances where the address space allows it (each memory reserves 4 GiB of it).
fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.epoch_interruption(true).wasm_component_model_async(true);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(4 * INSTANCES)
        .total_memories(2 * INSTANCES)
        .total_tables(4 * INSTANCES)
        .total_stacks(2 * INSTANCES)
        .table_elements(100_000)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_core_instances_per_component(200)
        .max_tables_per_component(64)
        .max_memories_per_component(32)
        .max_memory_size(4 << 30)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(1 << 16);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).or_else(|error| {
        tracing::warn!(%error, "instances are not pooled, the address space is too small; everything works, but slower");
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config)
    })
}

/// One component to load, by value, so that it can move to a thread.
struct Job {
    id: String,
    source: PathBuf,
    dependencies: Vec<JobDependency>,
    cache: PathBuf,
}

struct JobDependency {
    name: String,
    path: PathBuf,
    export: Option<String>,
    inherits: bool,
}

impl Job {
    fn new(id: &str, component: &Component, root: &Path, cache: &Path) -> Self {
        let dependencies = component.dependencies.iter().map(|(name, dependency)| JobDependency {
            name: name.clone(),
            path: root.join(&dependency.path),
            export: dependency.export.clone(),
            inherits: component.inherits(dependency),
        });
        Self {
            id: id.to_owned(),
            source: root.join(&component.source),
            dependencies: dependencies.collect(),
            cache: cache.to_owned(),
        }
    }

    fn unreadable(&self, what: &str, path: &Path, source: std::io::Error) -> Error {
        let what = format!("component {}: {what}", self.id);
        Error::Read { what, path: path.to_owned(), source }
    }

    fn read(&self, what: &str, path: &Path) -> Result<Vec<u8>, Error> {
        std::fs::read(path).map_err(|error| self.unreadable(what, path, error))
    }

    /// What the code depends on: the engine, and all files with what composition does with them.
    fn key(&self, runtime: &Runtime) -> Result<(Sha, u64), Error> {
        let (source, wasm_bytes) =
            runtime.digest(&self.source).map_err(|error| self.unreadable("source (is it built?)", &self.source, error))?;
        let mut key = Sha256::new_with_prefix(MAGIC);
        key.update(runtime.engine_key);
        key.update(source);
        for dependency in &self.dependencies {
            let (digest, _) = runtime
                .digest(&dependency.path)
                .map_err(|error| self.unreadable("dependency (is it built?)", &dependency.path, error))?;
            key.update(digest);
            // Debug separates the fields unambiguously.
            key.update(format!("{:?}", (&dependency.name, &dependency.export, dependency.inherits)));
        }
        Ok((key.finalize().into(), wasm_bytes))
    }

    /// What serves requests, and whether it had to be compiled.
    fn make(&self, runtime: &Runtime, key: &Sha) -> Result<(ServicePre<State>, bool), Error> {
        let (component, fresh) = self.code(runtime, key)?;
        let pre = runtime.linker.instantiate_pre(&component).map_err(|error| Error::component(&self.id, format!("{error:#}")))?;
        let pre = ServicePre::new(pre)
            .map_err(|error| Error::component(&self.id, format!("it does not export wasi:http/handler@0.3.0: {error:#}")))?;
        Ok((pre, fresh))
    }

    /// The code, and whether it had to be compiled.
    fn code(&self, runtime: &Runtime, key: &Sha) -> Result<(WasmComponent, bool), Error> {
        let file = CacheFile::new(&self.cache, &self.id, key);
        let cached = file.read(&runtime.engine);
        let fresh = cached.is_none();
        let component = if let Some(component) = cached {
            component
        } else {
            let component = self.compile(runtime)?;
            if let Err(error) = component.serialize().map_err(|error| error.to_string()).and_then(|code| file.write(&code)) {
                tracing::warn!(component = self.id, error, "the compiled component could not be cached");
            }
            component
        };
        Ok((component, fresh))
    }

    fn compile(&self, runtime: &Runtime) -> Result<WasmComponent, Error> {
        let source = self.read("source", &self.source)?;
        let dependencies = self.dependencies.iter().map(|dependency| {
            Ok(compose::Dependency {
                name: &dependency.name,
                export: dependency.export.as_deref(),
                inherits: dependency.inherits,
                bytes: self.read("dependency", &dependency.path)?,
            })
        });
        let composed =
            compose(source, dependencies.collect::<Result<_, Error>>()?).map_err(|error| Error::component(&self.id, error))?;
        WasmComponent::new(&runtime.engine, composed)
            .map_err(|error| Error::component(&self.id, format!("{} cannot be compiled: {error:#}", self.source.display())))
    }
}

/// A file of compiled code: [`MAGIC`], the SHA-256 of the code, the code. Its name carries the component and the key.
struct CacheFile {
    dir: PathBuf,
    component: String,
    name: String,
}

impl CacheFile {
    fn new(dir: &Path, component: &str, key: &Sha) -> Self {
        let name = format!("{component}-{}.cwasm", hex::encode(&key[..16]));
        Self { dir: dir.to_owned(), component: component.to_owned(), name }
    }

    /// The code, or `None` if there is none or it is damaged.
    fn read(&self, engine: &Engine) -> Option<WasmComponent> {
        let path = self.dir.join(&self.name);
        let owner_only = |meta: std::fs::Metadata| meta.permissions().mode() & 0o022 == 0;
        if !std::fs::metadata(&path).is_ok_and(owner_only) {
            return None;
        }
        let file = std::fs::read(&path).ok()?;
        let code = file.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<32>()).and_then(|(digest, code)| {
            let digest_of_code: Sha = Sha256::digest(code).into();
            (digest_of_code == *digest).then_some(code)
        });
        let Some(code) = code else {
            tracing::warn!(component = self.component, "the cached code is damaged and will be compiled again");
            return None;
        };
        #[expect(
            unsafe_code,
            reason = "code that wasmtime wrote for this very engine (the key) and that has not changed since (the digest), in a file that only its owner can write"
        )]
        let component = unsafe { WasmComponent::deserialize(engine, code) };
        component.inspect_err(|error| tracing::warn!(component = self.component, %error, "the cached code is not usable")).ok()
    }

    /// Writes the code in one step, readable by the owner only, and drops the oldest files of the component.
    fn write(&self, code: &[u8]) -> Result<(), String> {
        let write = || -> std::io::Result<()> {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
            std::fs::set_permissions(&self.dir, Permissions::from_mode(0o700))?;
            let unfinished = self.dir.join(format!("{}.{}.tmp", self.name, std::process::id()));
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(MAGIC)?;
            file.write_all(&Sha256::digest(code))?;
            file.write_all(code)?;
            std::fs::rename(&unfinished, self.dir.join(&self.name))
        };
        write().map_err(|error| format!("{}: {error}", self.dir.display()))?;
        self.drop_oldest();
        Ok(())
    }

    /// Best effort: what cannot be listed or removed stays.
    fn drop_oldest(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        let is_of_it = |name: &str| {
            let key = name
                .strip_prefix(&self.component)
                .and_then(|rest| rest.strip_prefix('-'))
                .and_then(|rest| rest.strip_suffix(".cwasm"));
            key.is_some_and(|key| key.len() == 32 && !key.contains('-'))
        };
        let mut files: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(is_of_it))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort();
        for (_, path) in files.iter().rev().skip(KEPT) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Feeds what implements `Hash` to SHA-256.
struct ShaHasher(Sha256);

impl Hasher for ShaHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: Sha = self.0.clone().finalize().into();
        digest.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Runtime(error.to_string()))?
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;

    /// The smallest component there is.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn only_an_undamaged_file_of_the_owner_is_used() {
        let engine = engine().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = CacheFile::new(&folder.path().join("cache"), "c", &[7; 32]);
        assert!(file.read(&engine).is_none());
        file.write(&WasmComponent::new(&engine, EMPTY).unwrap().serialize().unwrap()).unwrap();
        assert!(file.read(&engine).is_some());

        let path = file.dir.join(&file.name);
        let good = std::fs::read(&path).unwrap();
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for bad in [&flipped[..], &good[..good.len() - 1], &good[..20], b""] {
            std::fs::write(&path, bad).unwrap();
            assert!(file.read(&engine).is_none());
        }
        std::fs::write(&path, &good).unwrap();
        assert!(file.read(&engine).is_some());
        std::fs::set_permissions(&path, Permissions::from_mode(0o622)).unwrap();
        assert!(file.read(&engine).is_none(), "others could have written it");
        // What is intact but not of this engine is refused by wasmtime itself.
        file.write(b"no code at all").unwrap();
        assert!(file.read(&engine).is_none());
    }
}
