//! The rule-based composer behind the local model.
