//! The `asknpic` command.

use std::process::ExitCode;

use asknpic::command::Asknpic;
use clap::Parser as _;

/// Worker threads for each core: a component that computes (a password's hash, a PNG) holds its thread for a while, and with few
/// threads everybody else waits for it.
const THREADS_PER_CORE: usize = 4;

fn main() -> ExitCode {
    let command = Asknpic::parse();
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(cores * THREADS_PER_CORE).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(command.run()),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain of causes in a line each, without those that the line before has printed; a backtrace helps nobody here.
            let mut printed = error.to_string();
            eprintln!("error: {printed}");
            for cause in error.chain().skip(1).map(ToString::to_string) {
                if !printed.contains(&cause) {
                    eprintln!("  because: {cause}");
                    printed = cause;
                }
            }
            ExitCode::FAILURE
        }
    }
}
