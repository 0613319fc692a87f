//! What a laptop stands in for: private PostgreSQL, local model, caught messages.
