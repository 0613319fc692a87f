//! Statements: sent, their rows streamed to the guest, their errors put into Spin's shape.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{Stream, StreamExt};
use tokio::sync::oneshot;
use tokio_postgres::RowStream;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use super::pool::Session;
use super::types;
use crate::bindings::postgres::{Column, DbError, Error, ParameterValue, QueryError, Row, RowSet};

/// How many rows are handed over at a time, at most, and after how many bytes no more are added.
const BATCH_ROWS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// Runs a statement; the number of rows it touched.
pub(super) async fn execute(session: &Session, statement: &str, params: &[ParameterValue]) -> Result<u64, Error> {
    let params = types::parameters(params).map_err(Error::ValueConversionFailed)?;
    let params: Vec<_> = params.iter().map(|param| &**param as &(dyn types::ToSql + Sync)).collect();
    session.execute(statement, &params).await.map_err(|error| failed(&error))
}

/// Runs a query and waits for all of its rows.
pub(super) async fn collect(
    session: &Session,
    statement: &str,
    params: &[ParameterValue],
    limit: usize,
) -> Result<RowSet, Error> {
    let mut stream = Box::pin(send(session, statement, params).await?);
    let (mut columns, mut rows, mut bytes) = (Vec::new(), Vec::new(), 0);
    while let Some(row) = stream.next().await {
        let row = row.map_err(|error| failed(&error))?;
        bytes += row.raw_size_bytes();
        if bytes > limit {
            return Err(too_large(limit));
        }
        if rows.is_empty() {
            columns = types::columns(&row);
        }
        rows.push(types::row(&row).map_err(unreadable)?);
    }
    Ok(RowSet { columns, rows })
}

async fn send(session: &Session, statement: &str, params: &[ParameterValue]) -> Result<RowStream, Error> {
    let params = types::parameters(params).map_err(Error::BadParameter)?;
    session.query_raw(statement, params).await.map_err(|error| failed(&error))
}

/// The rows of a query on their way to the guest.
pub(super) struct Rows {
    stream: Pin<Box<RowStream>>,
    /// Read ahead for its columns.
    first: Option<tokio_postgres::Row>,
    ended: bool,
    /// Where the guest learns how it ended; taken when it has been told.
    outcome: Option<oneshot::Sender<Result<(), Error>>>,
    limit: usize,
}

/// Columns, rows, and how it ends.
pub(super) type Begun = (Vec<Column>, Rows, oneshot::Receiver<Result<(), Error>>);

impl Rows {
    /// Sends a query. The columns come from the first row, as in Spin: a result without rows has none.
    pub(super) async fn query(
        session: &Session,
        statement: &str,
        params: &[ParameterValue],
        limit: usize,
    ) -> Result<Begun, Error> {
        let mut stream = Box::pin(send(session, statement, params).await?);
        let (sender, receiver) = oneshot::channel();
        let first = stream.next().await;
        let mut rows = Self { stream, first: None, ended: false, outcome: Some(sender), limit };
        let mut columns = Vec::new();
        match first {
            Some(Ok(row)) => {
                columns = types::columns(&row);
                rows.first = Some(row);
            }
            Some(Err(error)) => rows.end(Err(failed(&error))),
            None => rows.end(Ok(())),
        }
        Ok((columns, rows, receiver))
    }

    fn end(&mut self, outcome: Result<(), Error>) {
        self.ended = true;
        if let Some(sender) = self.outcome.take() {
            // The guest may not want to know.
            let _ = sender.send(outcome);
        }
    }

    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<tokio_postgres::Row, tokio_postgres::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.stream.as_mut().poll_next(cx)
    }

    /// As many rows as are there, up to a batch. Notes when the result has ended.
    fn poll_batch(&mut self, cx: &mut Context<'_>) -> Vec<Row> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while !self.ended && batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            match self.poll_row(cx) {
                Poll::Pending => break,
                Poll::Ready(None) => self.end(Ok(())),
                Poll::Ready(Some(Err(error))) => self.end(Err(failed(&error))),
                Poll::Ready(Some(Ok(row))) if row.raw_size_bytes() > self.limit => self.end(Err(too_large(self.limit))),
                Poll::Ready(Some(Ok(row))) => {
                    bytes += row.raw_size_bytes();
                    match types::row(&row) {
                        Ok(row) => batch.push(row),
                        Err(error) => self.end(Err(unreadable(error))),
                    }
                }
            }
        }
        batch
    }
}

impl Drop for Rows {
    /// A guest that drops the rows before their end is told that all is well, as in Spin.
    fn drop(&mut self) {
        self.end(Ok(()));
    }
}

impl<D> StreamProducer<D> for Rows {
    type Item = Row;
    type Buffer = VecBuffer<Row>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Row, VecBuffer<Row>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // The guest only asks whether there is something to read; rows taken now could get lost.
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let batch = self.poll_batch(cx);
        let result = match (batch.is_empty(), self.ended) {
            (_, true) => StreamResult::Dropped,
            (false, false) => StreamResult::Completed,
            (true, false) if finish => StreamResult::Cancelled,
            (true, false) => return Poll::Pending,
        };
        if !batch.is_empty() {
            destination.set_buffer(batch.into());
        }
        Poll::Ready(Ok(result))
    }
}

/// The error of a statement in Spin's shape. It holds values of the database and is for the guest only, never for a log.
fn failed(error: &tokio_postgres::Error) -> Error {
    let text = format!("{error:?}");
    let Some(db) = error.as_db_error() else { return Error::QueryFailed(QueryError::Text(text)) };
    let line = db.line().map(|line| line.to_string());
    let extras = [
        ("column", db.column()),
        ("constraint", db.constraint()),
        ("routine", db.routine()),
        ("hint", db.hint()),
        ("table", db.table()),
        ("datatype", db.datatype()),
        ("schema", db.schema()),
        ("file", db.file()),
        ("line", line.as_deref()),
        ("where_", db.where_()),
    ];
    Error::QueryFailed(QueryError::DbError(DbError {
        as_text: text,
        severity: db.severity().to_owned(),
        code: db.code().code().to_owned(),
        message: db.message().to_owned(),
        detail: db.detail().map(str::to_owned),
        extras: extras.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect(),
    }))
}

fn unreadable(error: String) -> Error {
    Error::QueryFailed(QueryError::Text(error))
}

fn too_large(limit: usize) -> Error {
    Error::QueryFailed(QueryError::Text(format!("query result exceeds limit of {limit} bytes")))
}
