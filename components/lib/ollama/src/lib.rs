//! A client of Ollama's HTTP API.
