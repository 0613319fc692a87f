//! The two Spin packages that our components import beside WASI, generated from `wit/`.

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "asknpic:host/spin",
        imports: { default: async | trappable },
        with: {
            "spin:postgres/postgres.connection": crate::postgres::Connection,
            "spin:postgres/postgres.connection-builder": crate::postgres::ConnectionBuilder,
        },
        require_store_data_send: true,
    });
}

pub(crate) use generated::spin::postgres::postgres;
pub(crate) use generated::spin::variables::variables;
