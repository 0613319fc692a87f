//! SQL: one module per database, one function per statement, one struct per row.
