//! What breaks around us: a clear problem, the next request works, nothing half-visible, no quota lost.

mod database;
mod erased;
mod killed;
mod messages;
mod model;
mod steps;
