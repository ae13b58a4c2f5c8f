//! A client on a pipe in memory.

use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use super::{Failure, cancelled, initialize, initialized};
use crate::calls::Watch;
use crate::host::Host;

/// Bytes that are on their way, at most.
const BUFFER_BYTES: usize = 64 * 1024;

/// A connection and the server behind it.
#[derive(Debug)]
pub(crate) struct PipeLane {
    host: Host,
    write: WriteHalf<DuplexStream>,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
}

impl PipeLane {
    pub(super) async fn open(host: Host) -> Result<Self, Failure> {
        let (near, far) = tokio::io::duplex(BUFFER_BYTES);
        host.serve_pipe(far);
        let (read, write) = tokio::io::split(near);
        let lines = BufReader::new(read).lines();
        let mut lane = Self { host, write, lines };
        lane.call(&initialize()).await?;
        lane.post(&initialized()).await?;
        Ok(lane)
    }

    async fn post(&mut self, message: &Value) -> Result<(), Failure> {
        self.write
            .write_all(format!("{message}\n").as_bytes())
            .await?;
        Ok(())
    }

    pub(super) async fn call(&mut self, message: &Value) -> Result<Value, Failure> {
        self.post(message).await?;
        let line = self.lines.next_line().await?.ok_or("the server hung up")?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Cancels a call that is inside. There is no answer to it.
    pub(super) async fn cancel(&mut self, message: &Value, watch: Watch) -> Result<(), Failure> {
        self.post(message).await?;
        watch.entered.await?;
        self.post(&cancelled(message)).await?;
        // Ready when the other end is dropped.
        let _ = watch.left.await;
        Ok(())
    }

    /// Hangs up while a call is inside, and connects again. rmcp gives the call
    /// some seconds to end before it cancels it: that is not waited for.
    pub(super) async fn leave(&mut self, message: &Value, watch: Watch) -> Result<(), Failure> {
        self.post(message).await?;
        watch.entered.await?;
        *self = Self::open(self.host.clone()).await?;
        Ok(())
    }
}
