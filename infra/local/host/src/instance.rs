//! Instances of components: what each of them holds, how long it lives, and how many requests it serves.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::task_tracker::TaskTrackerToken;
use wasmtime::component::{GuestTaskId, ResourceTable};
use wasmtime::{Store, StoreContextMut};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::app::{App, Lifetime};
use crate::clock::Clock;
use crate::http::outbound::OutboundHttp;
use crate::limits::{Limits, MemoryLimiter, Watch};
use crate::logs::Output;
use crate::outbound::AllowedHosts;
use crate::postgres::Postgres;
use crate::postgres::pool::Pools;
use crate::variables::ComponentVariables;

/// What an instance can reach; the data of its store.
pub(crate) struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: OutboundHttp,
    memory: MemoryLimiter,
    watch: Arc<Watch>,
    pub(crate) postgres: Postgres,
    pub(crate) variables: ComponentVariables,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

/// A component of a running application: everything its instances are made from.
pub(crate) struct Blueprint {
    pub(crate) id: String,
    pub(crate) pre: ServicePre<State>,
    pub(crate) allowed: Arc<AllowedHosts>,
    pub(crate) variables: ComponentVariables,
    pub(crate) pools: Arc<Pools>,
    pub(crate) outputs: [Output; 2],
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) lifetime: Lifetime,
    pub(crate) app: Weak<App>,
}

/// Serves requests with instances of one component.
pub(crate) type Handler = ProxyHandler<Blueprint>;

impl Blueprint {
    fn state(&self, watch: &Arc<Watch>) -> State {
        let [stdout, stderr] = self.outputs.clone();
        State {
            table: ResourceTable::new(),
            // No arguments, environment, folders or sockets: a component has its variables and what it may reach.
            wasi: WasiCtxBuilder::new()
                .stdout(stdout)
                .stderr(stderr)
                .wall_clock(self.clock.clone())
                .allow_tcp(false)
                .allow_udp(false)
                .build(),
            http: WasiHttpCtx::new(),
            outbound: OutboundHttp::new(&self.id, Arc::clone(&self.allowed), Weak::clone(&self.app), Arc::clone(watch)),
            memory: MemoryLimiter::new(&self.id, self.limits.memory),
            watch: Arc::clone(watch),
            postgres: Postgres::new(Arc::clone(&self.allowed), Arc::clone(&self.pools)),
            variables: self.variables.clone(),
        }
    }
}

impl HandlerState for Blueprint {
    type StoreData = State;
    type WorkerExpiration = Expiry;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiry, Worker>> {
        let watch = Arc::new(Watch::default());
        let mut store = Store::new(self.pre.engine(), self.state(&watch));
        store.limiter(|state| &mut state.memory);
        let limit = self.limits.cpu;
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |store| store.data().watch.tick(limit));
        let proxy = Proxy::P3(self.pre.instantiate_async(&mut store).await?);
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Expiry {
                limits: self.limits.clone(),
                watch: Arc::clone(&watch),
                lifetime: self.lifetime.clone(),
                draining: Box::pin(self.lifetime.draining.clone().cancelled_owned()),
                aborted: Box::pin(self.lifetime.aborted.clone().cancelled_owned()),
                sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
            },
            state: Worker {
                component: self.id.clone(),
                limits: self.limits.clone(),
                watch,
                _alive: self.lifetime.instances.token(),
            },
        })
    }
}

/// Decides when an instance has lived long enough.
pub(crate) struct Expiry {
    limits: Limits,
    watch: Arc<Watch>,
    lifetime: Lifetime,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
    aborted: Pin<Box<WaitForCancellationFutureOwned>>,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Expiry {
    /// Called whenever the instance has given up its thread.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let me = &mut *self;
        me.watch.stopped();
        if me.watch.is_condemned() || is_cancelled(&me.lifetime.aborted, &mut me.aborted, cx) {
            return Poll::Ready(());
        }
        let draining = is_cancelled(&me.lifetime.draining, &mut me.draining, cx);
        let allowance = match status {
            WorkerStatus::Idle if draining => return Poll::Ready(()),
            WorkerStatus::Idle => me.limits.idle,
            WorkerStatus::Requests => me.limits.request,
            // What an overdue request still does gets the time of a request, not that of background work.
            WorkerStatus::PostReturn if me.watch.is_overdue() => me.limits.request.min(me.limits.background),
            WorkerStatus::PostReturn => me.limits.background,
        };
        let Some(deadline) = start.checked_add(allowance) else { return Poll::Pending };
        if me.sleep.deadline() != deadline.into() {
            me.sleep.as_mut().reset(deadline.into());
        }
        me.sleep.as_mut().poll(cx)
    }
}

/// Polls a cancellation, which must not be polled again after it has happened.
fn is_cancelled(token: &CancellationToken, wait: &mut Pin<Box<WaitForCancellationFutureOwned>>, cx: &mut Context<'_>) -> bool {
    token.is_cancelled() || wait.as_mut().poll(cx).is_ready()
}

/// Decides how many requests an instance takes.
pub(crate) struct Worker {
    component: String,
    limits: Limits,
    watch: Arc<Watch>,
    /// Lets the host wait for the instance when it stops.
    _alive: TaskTrackerToken,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.limits.requests_per_instance {
            ShouldAccept::Never
        } else if concurrent >= self.limits.concurrent_requests {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let (allowance, watch) = (self.limits.request, Arc::clone(&self.watch));
        Box::pin(async move {
            tokio::time::sleep(allowance).await;
            watch.overdue();
        })
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            // The message and the wasm backtrace; neither holds data of the guest.
            tracing::error!(component = self.component, error = format!("{error:?}"), "an instance ended with an error");
        }
        drop(store);
    }
}
