//! The parametric file format: schema, check, correct, render.
