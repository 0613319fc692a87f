//! Runs the suite as libtest does, with what libtest cannot: a test finds out while it runs that it cannot be run here
//! ([`ignore`]), is then counted as ignored, and the reasons stand at the end; the results of promises are written down, and a
//! whole run is held to the list of them ([`crate::register`]).

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use inventory;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::external::External;
use crate::promise::{self, Outcome};
use crate::register;

/// A test of the suite, as [`macro@crate::test`] registers it.
#[derive(Debug)]
pub struct Case {
    /// Where it is, beginning with the suite's own name.
    pub module: &'static str,
    /// The function.
    pub name: &'static str,
    /// Why it only runs when asked for.
    pub ignored: Option<&'static str>,
    /// What to run.
    pub body: Body,
}

inventory::collect!(Case);

/// A test's function.
#[derive(Clone, Copy)]
pub enum Body {
    /// One that blocks.
    Plain(fn()),
    /// One for a runtime.
    Async(fn() -> Pin<Box<dyn Future<Output = ()>>>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Async(_) => "Async",
        })
    }
}

/// How a test is left that cannot be run here.
struct Ignored(String);

/// Ends the test: it counts as ignored, for this reason. To be called by the test itself, not by a task that it has started.
pub fn ignore(reason: impl Into<String>) -> ! {
    resume_unwind(Box::new(Ignored(reason.into())))
}

/// Ends the test where a program is missing that it needs. In CI that is a failure.
pub fn ignore_without(program: &str, why: impl fmt::Display) -> ! {
    assert!(std::env::var_os("CI").is_none(), "{program} is missing: {why}");
    ignore(format!("{program} is missing"))
}

/// Every test of the suite.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    inventory::iter::<Case>.into_iter()
}

impl Case {
    /// As it is shown and filtered: the path below the suite.
    #[must_use]
    pub fn path(&self) -> String {
        let module = self.module.split_once("::").map_or("", |(_, module)| module);
        if module.is_empty() { self.name.to_owned() } else { format!("{module}::{}", self.name) }
    }

    /// Runs it in a thread of its name, which a panic's message then shows.
    fn run(&self) -> Result<(), Box<dyn Any + Send>> {
        let body = self.body;
        let run = move || match body {
            Body::Plain(run) => run(),
            Body::Async(run) => {
                let mut runtime = tokio::runtime::Builder::new_multi_thread();
                runtime.worker_threads(4).enable_all().build().expect("a runtime").block_on(run());
            }
        };
        thread::Builder::new().name(self.path()).spawn(run).expect("a thread").join()
    }
}

/// What became of the tests of a run.
#[derive(Debug, Default)]
struct Report {
    passed: BTreeSet<&'static str>,
    /// How many were not run, by the reason.
    ignored: BTreeMap<String, usize>,
}

impl Report {
    fn ignore(&mut self, reason: &str) {
        *self.ignored.entry(reason.to_owned()).or_default() += 1;
    }
}

/// The suite's `main`. `tmp` is the folder `tmp` of Cargo's target, which only a test's own crate knows.
#[must_use]
pub fn main(tmp: &str) -> ExitCode {
    let arguments = Arguments::from_args();
    let promises = Path::new(tmp).parent().expect("a target folder").join("promises");
    let report = Arc::new(Mutex::new(Report::default()));
    let mut cases: Vec<_> = cases().collect();
    cases.sort_by_key(|case| case.path());
    if !arguments.list {
        let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
        promise::forget_others(&promises, &names);
    }
    let trial = |case: &'static Case| {
        let (promises, report) = (promises.clone(), Arc::clone(&report));
        let run = move || attempt(case, &promises, &report);
        Trial::ignorable_test(case.path(), run).with_ignored_flag(case.ignored.is_some())
    };
    let trials: Vec<_> = cases.iter().map(|case| trial(case)).collect();
    if !arguments.list {
        let left_out =
            cases.iter().zip(&trials).filter(|(_, trial)| !arguments.is_filtered_out(trial) && arguments.is_ignored(trial));
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.for_each(|(case, _)| report.ignore(case.ignored.unwrap_or_default()));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.list {
        return ExitCode::SUCCESS;
    }
    let report = report.lock().unwrap_or_else(PoisonError::into_inner);
    if conclusion.num_ignored > 0 {
        println!("{} ignored:", conclusion.num_ignored);
        report.ignored.iter().for_each(|(reason, count)| println!("{count:>5}  {reason}"));
        println!();
    }
    // Part of the suite, or a host that cannot give every test what it needs, says nothing about the rest.
    if conclusion.num_filtered_out == 0 && !conclusion.has_failed() && External::find().is_none() {
        let missing = register::unproved(&report.passed);
        if !missing.is_empty() {
            println!(
                "no test of these promises ran and passed, and the parts that they belong to are finished: {}\n",
                missing.join(", ")
            );
            return ExitCode::FAILURE;
        }
    }
    conclusion.exit_code()
}

/// Runs a test, and writes down what it says about a promise.
fn attempt(case: &Case, promises: &Path, report: &Mutex<Report>) -> Result<Completion, Failed> {
    let is_promise = case.name.starts_with("promise_");
    let write = |outcome| {
        if is_promise {
            promise::write(promises, case.name, outcome);
        }
    };
    // Whoever ends the run meanwhile leaves a failure.
    write(Outcome::Failed);
    let result = case.run();
    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
    match result {
        Ok(()) => {
            write(Outcome::Kept);
            report.passed.insert(case.name);
            Ok(Completion::Completed)
        }
        Err(payload) => match payload.downcast::<Ignored>() {
            Ok(ignored) => {
                write(Outcome::Skipped);
                report.ignore(&ignored.0);
                Ok(Completion::ignored_with(ignored.0))
            }
            Err(payload) => resume_unwind(payload),
        },
    }
}
