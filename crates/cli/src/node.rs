//! Running roles: standalone, gateway, adapters.

use crate::{
    adapter::named,
    args::{Config as ConfigCommand, Run},
    identity::identity,
    output::{FAILED, USAGE, fail, line, usage},
    progress::Bars,
    roles::Roles,
};
use adapter_sdk::{
    Adapter, Runner, RunnerConfig, Stop as AdapterStop, push::push, source::Source, transport::SourceSettings,
};
use anyhow::{Context, Result};
use bus::Bus;
use domain::Clock;
use gateway::{
    Gateway, GatewayError, Links, Running,
    config::{AdapterSection, BusKind, Config},
};
use runtime::{Failure, LogFormat, Options, Process, Stop};
use security::control::Identity;
use sources::Surroundings;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

/// `exchange standalone`: every role in one process.
pub(crate) fn standalone(run: &Run) -> ExitCode {
    serve("standalone", run, |process, config| async move {
        let bus = gateway::open_bus(&config, process.clock()).map_err(refused)?;
        let running = start_all(&process, &config, &bus).await?;
        announce(&running);
        process.stopped().await;
        Ok(())
    })
}

/// `exchange gateway`: the gateway alone, on Kafka.
pub(crate) fn gateway(run: &Run) -> ExitCode {
    serve("gateway", run, |process, config| async move {
        apart(&config)?;
        let bus = gateway::open_bus(&config, process.clock()).map_err(refused)?;
        let running = start_gateway(&process, &config, &bus).await?;
        announce(&running);
        process.stopped().await;
        Ok(())
    })
}

/// `exchange adapter run`: adapters alone, on Kafka.
pub(crate) fn adapters(names: &[String], run: &Run) -> ExitCode {
    let names = names.to_vec();
    serve("adapter", run, |process, config| async move {
        apart(&config)?;
        let bus = gateway::open_bus(&config, process.clock()).map_err(refused)?;
        let adapters = Adapters::new(&process, &config, &bus, Roles::new(names.len()))?;
        for name in &names {
            if is_pushing(&config, name).map_err(|error| failure(&error))? {
                let message = format!(
                    "`{name}` pushes to the gateway, which takes it in by itself: run `exchange gateway` with this configuration"
                );
                return Err(Failure::from(message).with_code(USAGE));
            }
            adapters.start(name)?;
        }
        process.stopped().await;
        Ok(())
    })
}

/// Starts the gateway and every adapter that the configuration names.
pub(crate) async fn start_all(process: &Process, config: &Config, bus: &Arc<dyn Bus>) -> Result<Running, Failure> {
    let running = start_gateway(process, config, bus).await?;
    let dropped: Vec<_> = config.adapter.iter().filter(|section| !is_pushed(section)).collect();
    if !dropped.is_empty() {
        // The gateway is one more.
        let adapters = Adapters::new(process, config, bus, Roles::new(dropped.len() + 1))?;
        dropped.iter().try_for_each(|section| adapters.start(&section.department))?;
    }
    Ok(running)
}

/// Starts the gateway, connected to the departments that are asked at query time, and the intakes of those that push to it.
async fn start_gateway(process: &Process, config: &Config, bus: &Arc<dyn Bus>) -> Result<Running, Failure> {
    let mut links = links(config, process.clock()).map_err(|error| failure(&error))?;
    let mut runners = Vec::new();
    let pushed: Vec<_> = config.adapter.iter().filter(|section| is_pushed(section)).collect();
    let believed = if pushed.is_empty() { None } else { identity(process, config)? };
    for section in pushed {
        let name = &section.department;
        let adapter = named(name).map_err(|error| failure(&error))?;
        let mut settings = runner_config(config, name).map_err(|error| failure(&error))?;
        settings.identity.clone_from(&believed);
        let (handle, source) = push(process.clock());
        links.pushes.insert(name.clone(), handle);
        runners.push(Runner::asking(Box::new(source), adapter, settings, Arc::clone(bus), process.clock())?);
    }
    let running = Gateway::start_with(process, config, Arc::clone(bus), links).await.map_err(refused)?;
    let roles = Roles::new(runners.len() + 1);
    for runner in runners {
        spawn(process, runner, &roles);
    }
    Ok(running)
}

/// Whether a department pushes to the gateway, by its section of the configuration.
pub(crate) fn is_pushing(config: &Config, name: &str) -> Result<bool> {
    Ok(is_pushed(section_of(config, name)?))
}

fn is_pushed(section: &AdapterSection) -> bool {
    matches!(section.source, SourceSettings::Push {})
}

fn spawn(process: &Process, mut runner: Runner, roles: &Roles) {
    let roles = roles.clone();
    let name = format!("adapter {}", runner.department());
    process.spawn_thread(&name, move |stop| roles.run(&mut runner, &Stopping(stop)));
}

/// What the gateway asks of departments, from the same sections as their adapters.
fn links(config: &Config, clock: Arc<dyn Clock>) -> Result<Links> {
    let around = Surroundings { clock, language: config.node.language.into() };
    let mut links = Links::default();
    for section in &config.adapter {
        let providers = sources::providers(&named(&section.department)?, &section.source, &around);
        links.providers.append(&mut providers.map_err(|error| usage(format!("{:#}", anyhow::Error::new(error))))?);
    }
    Ok(links)
}

/// What the adapters of one process have in common.
struct Adapters<'a> {
    process: &'a Process,
    config: &'a Config,
    bus: &'a Arc<dyn Bus>,
    bars: Arc<Bars>,
    roles: Roles,
    identity: Option<Arc<dyn Identity>>,
}

impl<'a> Adapters<'a> {
    fn new(process: &'a Process, config: &'a Config, bus: &'a Arc<dyn Bus>, roles: Roles) -> Result<Self, Failure> {
        let identity = identity(process, config)?;
        Ok(Self { process, config, bus, bars: Arc::new(Bars::new()), roles, identity })
    }

    fn start(&self, name: &str) -> Result<(), Failure> {
        let (config, clock, bus) = (self.config, self.process.clock(), Arc::clone(self.bus));
        let adapter = named(name).map_err(|error| failure(&error))?;
        let mut settings = runner_config(config, name).map_err(|error| failure(&error))?;
        settings.identity.clone_from(&self.identity);
        let runner = match source(config, name, &adapter, clock.clone()).map_err(|error| failure(&error))? {
            Some(source) => Runner::asking(source, adapter, settings, bus, clock)?,
            None => Runner::new(adapter, settings, bus, clock)?,
        };
        let observer = Arc::clone(&self.bars) as Arc<dyn adapter_sdk::Observer>;
        spawn(self.process, runner.with_observer(observer), &self.roles);
        Ok(())
    }
}

/// How a department's adapter is run, from its section of the configuration.
pub(crate) fn runner_config(config: &Config, name: &str) -> Result<RunnerConfig> {
    let section = section_of(config, name)?;
    let folder = if let SourceSettings::Files { folder } = &section.source { folder.clone() } else { PathBuf::new() };
    let mut settings = RunnerConfig::new(folder, config.adapter_state(section));
    settings.node.clone_from(&config.node.id);
    settings.poll = section.poll.get();
    settings.language = config.node.language.into();
    settings.offset = config.node.utc_offset.0;
    Ok(settings)
}

/// What is asked for a department's rows; none where they are dropped as files.
pub(crate) fn source(
    config: &Config,
    name: &str,
    adapter: &Adapter,
    clock: Arc<dyn Clock>,
) -> Result<Option<Box<dyn Source>>> {
    let section = section_of(config, name)?;
    let around = Surroundings { clock, language: config.node.language.into() };
    sources::open(adapter, &section.source, &around).map_err(|error| usage(format!("{:#}", anyhow::Error::new(error))))
}

fn section_of<'a>(config: &'a Config, name: &str) -> Result<&'a AdapterSection> {
    let section = config.adapter.iter().find(|section| section.department == name);
    section.ok_or_else(|| usage(format!("the configuration has no [[adapter]] for `{name}`")))
}

/// Reads a configuration file, its paths made relative to it.
pub(crate) fn read(path: &Path) -> Result<Config> {
    let config = Config::load(path)?;
    config.check().map_err(|error| usage(error.to_string()))?;
    Ok(config)
}

/// `exchange config …`.
pub(crate) fn config(command: ConfigCommand) -> Result<ExitCode> {
    match command {
        ConfigCommand::Check { config } => {
            let read = Config::load(&config)?;
            let idle = read.without_effect();
            let is_idle = |problem: &String| idle.iter().any(|key| problem.starts_with(&format!("`{key}`")));
            let (notes, mut wrong): (Vec<_>, Vec<_>) = read.inspect().into_iter().partition(is_idle);
            for note in &notes {
                eprintln!("{}: {note}", config.display());
            }
            let unknown = read.adapter.iter().filter_map(|section| named(&section.department).err());
            wrong.extend(unknown.map(|error| error.to_string()));
            for problem in &wrong {
                line(&format!("{}: {problem}", config.display()))?;
            }
            if !wrong.is_empty() {
                return Ok(ExitCode::from(USAGE));
            }
            line(&format!("{}: nothing wrong", config.display()))?;
        }
        ConfigCommand::Show { config } => {
            let text = toml::to_string(&read(&config)?).context("the configuration has no TOML form")?;
            line(text.trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn serve<B, F>(name: &'static str, run: &Run, body: B) -> ExitCode
where
    B: FnOnce(Process, Config) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let config = match read(&run.config) {
        Ok(config) => config,
        Err(failure) => return fail(&failure),
    };
    let options = Options {
        log: run.log.clone().unwrap_or_else(|| config.telemetry.log.clone()),
        format: if run.log_json { LogFormat::Json } else { LogFormat::Text },
        grace: Duration::from_secs(20),
    };
    runtime::run(name, options, |process| body(process, config))
}

fn announce(running: &Running) {
    tracing::info!(service = %running.service, ops = %running.ops, "listening");
}

/// Roles in processes of their own meet on Kafka; nobody else can open an embedded bus.
fn apart(config: &Config) -> Result<(), Failure> {
    if config.bus.kind == BusKind::Kafka {
        return Ok(());
    }
    let message = "[bus] kind is \"embedded\", which one process has to itself; run `exchange standalone`, or set kind = \"kafka\"";
    Err(Failure::from(message).with_code(USAGE))
}

/// A gateway that does not start: bad configuration has an exit code of its own.
fn refused(error: GatewayError) -> Failure {
    let code = if error.is_configuration() { USAGE } else { FAILED };
    Failure::from(error).with_code(code)
}

fn failure(error: &anyhow::Error) -> Failure {
    let code = error.downcast_ref::<crate::output::Failure>().map_or(1, |failure| failure.code);
    Failure::from(format!("{error:#}")).with_code(code)
}

/// The process's stop as an adapter knows it.
struct Stopping(Stop);

impl AdapterStop for Stopping {
    fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }

    fn pause(&self, time: Duration) {
        // Whether it stops is asked for afterwards.
        let _ = self.0.wait(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_configuration_is_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/config");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let config = read(&path).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
            for section in &config.adapter {
                runner_config(&config, &section.department).unwrap();
            }
        }
    }
}
