//! Merges the components' OpenAPI documents into openapi.json.
