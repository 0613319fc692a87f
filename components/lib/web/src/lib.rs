//! What every component's HTTP side shares: problems, authentication, limits, headers, logs.
