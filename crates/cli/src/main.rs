//! The `exchange` binary: every role, and every command of its users.
mod adapter;
mod args;
mod ask;
mod catalogue;
mod client;
mod demo;
mod identity;
mod init;
mod node;
mod operations;
mod output;
mod pki;
mod progress;
mod proof;
mod publish;
mod roles;
mod shipped;
mod table;

use crate::args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use mimalloc::MiMalloc;
use std::{io::Write, process::ExitCode};

/// A quarter of a question's time went into the system's own allocator. It also stands in for C's `malloc`, with which
/// librdkafka makes several pieces for each message: a tenth of a row's way onto Kafka. The price is one heap for both: where
/// C's own allocator would notice a block freed twice, this one may not.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let done = match command {
        Command::Standalone(run) => return node::standalone(&run),
        Command::Gateway(run) => return node::gateway(&run),
        Command::Adapter(args::Adapter::Run { names, run }) => return node::adapters(&names, &run),
        Command::Demo(demo) => return demo::run(demo),
        Command::Init(init) => init::run(&init.dir),
        Command::Adapter(command) => adapter::run(command),
        Command::Catalogue(command) => catalogue::run(command),
        Command::Resolve(question) => ask::resolve(question),
        Command::Verify(question) => ask::verify(question),
        Command::Certificates(question) => ask::certificates(question),
        Command::Equity(question) => ask::equity(&question),
        Command::Publish(command) => publish::run(&command),
        Command::Rejects(command) => operations::rejects(command),
        Command::Status(status) => operations::status(&status),
        Command::Whoami(status) => operations::whoami(&status),
        Command::Evidence(command) => proof::run(command),
        Command::Ledger(question) => ask::ledger(question),
        Command::Pki(command) => pki::run(command),
        Command::Config(command) => node::config(command),
        Command::Completion { shell } => completion(shell),
    };
    done.unwrap_or_else(|failure| output::fail(&failure))
}

/// Written in one piece, so that a reader who has seen enough is no failure.
fn completion(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "exchange", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
