//! A running application: its components, routes and connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::outbound::Client;
use crate::instance::Handler;
use crate::manifest::Application;
use crate::routes::Router;

/// How an application ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lifetime {
    /// No new connections; what is running may finish.
    pub(crate) draining: CancellationToken,
    /// Everything ends now.
    pub(crate) aborted: CancellationToken,
    /// The instances that are alive.
    pub(crate) instances: TaskTracker,
}

/// A running application.
pub(crate) struct App {
    application: Application,
    addr: SocketAddr,
    router: Router,
    handlers: BTreeMap<String, Handler>,
    client: Client,
    lifetime: Lifetime,
}

impl App {
    pub(crate) fn new(
        application: Application,
        addr: SocketAddr,
        router: Router,
        handlers: BTreeMap<String, Handler>,
        lifetime: Lifetime,
    ) -> Self {
        Self { application, addr, router, handlers, client: Client::new(), lifetime }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn router(&self) -> &Router {
        &self.router
    }

    pub(crate) fn handler(&self, component: &str) -> Option<&Handler> {
        self.handlers.get(component)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn lifetime(&self) -> &Lifetime {
        &self.lifetime
    }

    /// What `/.well-known/spin/info` says.
    pub(crate) fn info(&self) -> String {
        let mut info = serde_json::Map::new();
        info.insert("name".to_owned(), self.application.name.clone().into());
        if !self.application.version.is_empty() {
            info.insert("version".to_owned(), self.application.version.clone().into());
        }
        format!("{:#}", serde_json::Value::Object(info))
    }
}
