//! What every component is besides its state and its handlers.

/// A component: its routes at a glance, and around them what is the same in all: its part of the OpenAPI document, its readiness, and
/// the entry point of the wasm.
///
/// ```ignore
/// web::component! {
///     "support",
///     // Handlers with their documentation; a component with private routes only has none.
///     documented: [create::create, list::list],
///     routes: {
///         "/v1/support" => post(create::create).get(list::list),
///     },
///     // It is ready if `state()` is there and these databases, fields of it, answer. A handler of the component's own does as well.
///     ready: state => [accounts],
/// }
/// ```
#[macro_export]
macro_rules! component {
    // Apart, since what asks a database would import PostgreSQL into a component that has none.
    (@ready $name:literal, $state:path => [] $(,)?) => {
        async || $crate::ready::answer([($name.to_owned(), $state().await.is_ok())].into())
    };
    (@ready $name:literal, $state:path => [$($database:ident $(in $owner:ident)?),*] $(,)?) => {
        async || $crate::ready::of($name, $state().await, &[$((stringify!($database), |state| &state$(.$owner)?.$database)),*]).await
    };
    (@ready $name:literal, $handler:path $(,)?) => { $handler };
    (
        $name:literal,
        $(documented: [$($documented:tt)*],)?
        routes: { $($path:expr => $methods:expr),+ $(,)? },
        ready: $($ready:tt)+
    ) => {
        $(
            /// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($documented)*))]
            struct Document;

            /// The component's part of the OpenAPI document.
            #[must_use]
            pub fn openapi() -> utoipa::openapi::OpenApi {
                <Document as utoipa::OpenApi>::openapi()
            }
        )?

        /// The component's router, made once for each instance.
        pub fn router() -> axum::Router {
            static ROUTER: std::sync::LazyLock<axum::Router> = std::sync::LazyLock::new(|| {
                axum::Router::new()
                    $(.route($path, $methods))+
                    .route($crate::ready::PATH, axum::routing::get($crate::component!(@ready $name, $($ready)+)))
            });
            ROUTER.clone()
        }

        #[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
        #[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
        async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
            $crate::serve($name, router(), request).await
        }
    };
}
