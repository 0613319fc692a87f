//! Content keys and envelopes, passwords, tokens and codes.
