//! `spin:postgres@4.2.0` over tokio-postgres, as strict and as forgiving as Spin.

pub(crate) mod pool;
mod rows;
mod types;

use std::sync::Arc;

use wasmtime::component::{Accessor, FutureReader, HasData, Resource, ResourceTable, StreamReader};

use self::pool::{Pools, Session};
use self::rows::Rows;
use crate::bindings::postgres::{
    Column, Error, Host, HostConnection, HostConnectionBuilder, HostConnectionBuilderWithStore, HostConnectionWithStore,
    ParameterValue, Row, RowSet,
};
use crate::instance::State;
use crate::outbound::{AllowedHosts, Target};
use crate::tls::Authority;

/// How large a row (streamed) or a whole result (not streamed) may be; Spin's limit.
const MAX_RESULT_BYTES: usize = 128 << 20;

/// The `connection` resource: a session of a pool, which gets it back when the guest drops this.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection(Session);

/// The `connection-builder` resource.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct ConnectionBuilder {
    address: String,
    authority: Option<Authority>,
}

/// The databases of one instance.
pub(crate) struct Postgres {
    resources: ResourceTable,
    door: Door,
}

/// The way to a session; apart from [`Postgres`] so that it can be used while the store is free for others.
#[derive(Clone)]
struct Door {
    allowed: Arc<AllowedHosts>,
    pools: Arc<Pools>,
}

/// Names the databases within [`State`].
pub(crate) struct HasPostgres;

impl HasData for HasPostgres {
    type Data<'a> = &'a mut Postgres;
}

impl Postgres {
    pub(crate) fn new(allowed: Arc<AllowedHosts>, pools: Arc<Pools>) -> Self {
        Self { resources: ResourceTable::new(), door: Door { allowed, pools } }
    }

    fn keep(&mut self, session: Session) -> wasmtime::Result<Resource<Connection>> {
        Ok(self.resources.push(Connection(session))?)
    }

    fn session(&self, connection: &Resource<Connection>) -> wasmtime::Result<Session> {
        Ok(self.resources.get(connection)?.0.clone())
    }

    fn builder(&self, builder: &Resource<ConnectionBuilder>) -> wasmtime::Result<(String, Option<Authority>)> {
        let builder = self.resources.get(builder)?;
        Ok((builder.address.clone(), builder.authority.clone()))
    }
}

impl Door {
    /// A session for `address`, if the component may go there.
    async fn open(&self, address: &str, authority: Option<&Authority>) -> Result<Session, Error> {
        let config: tokio_postgres::Config =
            address.parse().map_err(|error: tokio_postgres::Error| Error::ConnectionFailed(error.to_string()))?;
        self.check(&config)?;
        self.pools.session(address, config, authority).await.map_err(Error::ConnectionFailed)
    }

    #[expect(clippy::result_large_err, reason = "the error of the interface")]
    fn check(&self, config: &tokio_postgres::Config) -> Result<(), Error> {
        let ports = config.get_ports();
        for (index, host) in config.get_hosts().iter().enumerate() {
            let tokio_postgres::config::Host::Tcp(host) = host else {
                return Err(Error::ConnectionFailed("Unix sockets are not supported on WebAssembly".to_owned()));
            };
            // One port stands for all hosts.
            let port = ports.get(index).or(ports.first().filter(|_| ports.len() == 1)).copied();
            let target = Target::new("postgres", host, port);
            if !target.is_some_and(|target| self.allowed.allow(&target)) {
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                return Err(Error::ConnectionFailed(format!("address postgres://{host}{port} is not permitted")));
            }
        }
        Ok(())
    }
}

impl Host for Postgres {}

impl HostConnectionBuilder for Postgres {
    async fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.resources.push(ConnectionBuilder { address, authority: None })?)
    }

    async fn set_ca_root(
        &mut self,
        builder: Resource<ConnectionBuilder>,
        certificate: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        let authority = match Authority::from_pem(&certificate) {
            Ok(authority) => authority,
            Err(error) => return Ok(Err(Error::Other(format!("invalid root certificate: {error}")))),
        };
        self.resources.get_mut(&builder)?.authority = Some(authority);
        Ok(Ok(()))
    }

    /// In Spin this one call does not look at `allowed_outbound_hosts`. Here it does, so nothing can come to rely on that.
    async fn build(&mut self, builder: Resource<ConnectionBuilder>) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let (address, authority) = self.builder(&builder)?;
        match self.door.open(&address, authority.as_ref()).await {
            Ok(session) => self.keep(session).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, builder: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.resources.delete(builder)?;
        Ok(())
    }
}

impl HostConnectionBuilderWithStore<State> for HasPostgres {
    async fn build_async(
        accessor: &Accessor<State, Self>,
        builder: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let (door, builder) = accessor.with(|mut access| {
            let postgres = access.get();
            postgres.builder(&builder).map(|builder| (postgres.door.clone(), builder))
        })?;
        match door.open(&builder.0, builder.1.as_ref()).await {
            Ok(session) => accessor.with(|mut access| access.get().keep(session)).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }
}

// The functions that WIT calls synchronous hold the whole instance while they run, as in Spin. SDK 7 does not use them.
impl HostConnection for Postgres {
    async fn open(&mut self, address: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        match self.door.open(&address, None).await {
            Ok(session) => self.keep(session).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<RowSet, Error>> {
        let session = self.session(&connection)?;
        Ok(rows::collect(&session, &statement, &params, MAX_RESULT_BYTES).await)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let session = self.session(&connection)?;
        Ok(rows::execute(&session, &statement, &params).await)
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.resources.delete(connection)?;
        Ok(())
    }
}

type Streamed = (Vec<Column>, StreamReader<Row>, FutureReader<Result<(), Error>>);

impl HostConnectionWithStore<State> for HasPostgres {
    async fn open_async(
        accessor: &Accessor<State, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let door = accessor.with(|mut access| access.get().door.clone());
        match door.open(&address, None).await {
            Ok(session) => accessor.with(|mut access| access.get().keep(session)).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn query_async(
        accessor: &Accessor<State, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<Streamed, Error>> {
        let session = accessor.with(|mut access| access.get().session(&connection))?;
        let (columns, rows, outcome) = match Rows::query(&session, &statement, &params, MAX_RESULT_BYTES).await {
            Ok(begun) => begun,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            let outcome = FutureReader::new(&mut access, outcome)?;
            Ok(Ok((columns, rows, outcome)))
        })
    }

    async fn execute_async(
        accessor: &Accessor<State, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let session = accessor.with(|mut access| access.get().session(&connection))?;
        Ok(rows::execute(&session, &statement, &params).await)
    }
}
