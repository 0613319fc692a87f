//! The component `export`: everything held about a person, as an archive that is streamed while it is read.

mod archive;
mod chain;
mod export;
mod readme;
mod renderer;
mod state;

use web::method::get_only;

web::component! {
    "export",
    documented: [export::export],
    routes: {
        // A `HEAD` would use one of the day's exports up.
        "/v1/me/export" => get_only(export::export),
    },
    ready: state::state => [accounts, briefs, files],
}
