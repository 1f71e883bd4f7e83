//! Putting the parts together: store, view, questions, ports.

use crate::{
    Config, GatewayError,
    config::BusKind,
    handlers::{self, Office, View},
    ops::{self, FeedMetrics, Hosts, Pages},
    proof::{self, Opening, Record},
    seed,
    service::{Connections, Desk, Door, Listener, Paths, router},
    vitals::Vitals,
};
use adapter_sdk::push::PushHandle;
use bus::{Bus, EmbeddedBus, EmbeddedConfig, KafkaBus, KafkaConfig};
use domain::{Caller, Clock};
use evidence::Log;
use policy::Gate;
use routing::{Exchange, Providers, Settings};
use runtime::{Process, Stop};
use security::{Bindings, ServerTls, control::Identity, seal::SealingKey};
use std::{collections::BTreeMap, fs, net::SocketAddr, sync::Arc, time::Duration};
use store::{EmbeddedView, EmbeddedViewWriter};
use tokio::net::TcpListener;
use view::{Directory, Materialiser, Outbox, Parts, Progress};

/// How often certificates and open connections are looked after; a new revocation list or an expiry closes
/// connections within 10 s (contract.md §2).
const LOOK_AFTER: Duration = Duration::from_secs(2);

/// The role that answers questions.
#[derive(Debug, Clone, Copy)]
pub struct Gateway;

/// Departments that the gateway itself is connected to.
#[derive(Default)]
pub struct Links {
    /// Intakes of those that push, by department.
    pub pushes: BTreeMap<String, PushHandle>,
    /// Those that are asked at query time.
    pub providers: Providers,
}

/// A gateway at work; it ends with its process.
#[derive(Debug, Clone)]
pub struct Running {
    /// Where gRPC and REST are.
    pub service: SocketAddr,
    /// Where health and metrics are.
    pub ops: SocketAddr,
    /// Catalogue and coverage in force.
    pub directory: Arc<Directory>,
    /// How far the view is.
    pub progress: Arc<Progress>,
    /// Writes to the bus.
    pub outbox: Outbox,
}

/// Opens the bus that the configuration names. May block for as long as a disk takes.
///
/// # Errors
/// [`GatewayError::Config`] or [`GatewayError::Bus`].
pub fn open_bus(config: &Config, clock: Arc<dyn Clock>) -> Result<Arc<dyn Bus>, GatewayError> {
    config.check()?;
    let section = &config.bus;
    match section.kind {
        BusKind::Embedded => {
            let folder = config.node.data_dir.join("bus");
            Ok(Arc::new(EmbeddedBus::open(folder, EmbeddedConfig::new(clock))?))
        }
        BusKind::Kafka => {
            let brokers = section.brokers.clone().unwrap_or_default();
            let mut kafka = KafkaConfig::new(brokers, format!("exchange-{}", config.node.id));
            if let Some(file) = &section.security_file {
                kafka.properties = KafkaConfig::read_properties(file)?;
            }
            Ok(Arc::new(KafkaBus::connect(kafka)?))
        }
    }
}

impl Gateway {
    /// Opens the store, follows the bus, and serves both ports. On the embedded bus, which no other process can
    /// reach, the catalogue's folder is applied as well.
    ///
    /// Returns once both ports are open; [`runtime::Health`] says when questions can be answered.
    ///
    /// # Errors
    /// What keeps it from starting; nothing keeps running then but what the process is stopped with.
    pub async fn start(process: &Process, config: &Config, bus: Arc<dyn Bus>) -> Result<Running, GatewayError> {
        Self::start_with(process, config, bus, Links::default()).await
    }

    /// As [`start`](Self::start), and connected to departments.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(
        process: &Process,
        config: &Config,
        bus: Arc<dyn Bus>,
        links: Links,
    ) -> Result<Running, GatewayError> {
        config.check()?;
        for key in config.without_effect() {
            tracing::warn!(key, "configuration key has no effect here");
        }
        let files = seed::files(config)?;
        let (directory, progress) = (Arc::new(Directory::default()), Arc::new(Progress::default()));
        let bindings: Arc<dyn Bindings> = Arc::new(Bound(Arc::clone(&directory)));
        let tls = ServerTls::load(&config.tls.files(), bindings, process.clock())?;
        let shared =
            Shared { clock: process.clock(), directory: &directory, progress: &progress, identity: tls.clone() };
        let (view, following) = follow(config, Arc::clone(&bus), shared).await?;
        let record = Record::closed();
        let log = record.log.clone();
        let vitals =
            Vitals::new(process.health(), Arc::clone(&tls), Arc::clone(&progress), process.clock(), record.clone());
        let gate = Arc::new(Gate::new(config.offset()));
        let opening = Opening {
            record,
            bus: Arc::clone(&bus),
            tls: Arc::clone(&tls),
            gate: Arc::clone(&gate),
            directory: Arc::clone(&directory),
        };
        let (outbox, worker) = view::outbox(bus, Some(tls.clone()));
        let vitals = Arc::new(vitals);
        let house = House { process, config, directory, progress, tls, vitals, view, outbox, links, log, gate };
        let running = house.open().await?;
        proof::spawn(process, config, opening);
        process.spawn_thread("view", move |stop: Stop| following.run(&|limit| stop.wait(limit)));
        process.spawn_thread("outbox", move |stop: Stop| worker.run(&|| stop.is_stopped()));
        seed::spawn(process, &running, config, files);
        Ok(running)
    }
}

/// Everything that the ports stand on.
struct House<'a> {
    process: &'a Process,
    config: &'a Config,
    directory: Arc<Directory>,
    progress: Arc<Progress>,
    tls: Arc<ServerTls>,
    vitals: Arc<Vitals>,
    view: View,
    outbox: Outbox,
    links: Links,
    log: Log,
    gate: Arc<Gate>,
}

impl House<'_> {
    /// Opens both ports, and looks after certificates.
    async fn open(self) -> Result<Running, GatewayError> {
        let listen = self.config.listen;
        let (service_socket, service) = bind(listen.service).await?;
        let (ops_socket, ops) = bind(listen.ops).await?;
        let desk = Arc::new(Desk::new(Arc::new(self.office()?), self.process.metrics()));
        let routes = router(&desk, &self.vitals, self.process.stop()).map_err(|error| {
            tracing::error!(%error, "descriptors cannot be reflected");
            GatewayError::Config { key: "listen.service", problem: "cannot be served by this build".to_owned() }
        })?;
        let named = self.listener(Door::Named(Arc::clone(&self.tls)), Paths::of_desk(&desk, routes));
        let (door, hosts) = if ops.ip().is_loopback() {
            (Door::Plain, Some(Hosts::of(ops)))
        } else {
            (Door::Anyone(Arc::clone(&self.tls)), None)
        };
        let anyone = self.listener(door, Paths::of(ops::router(Arc::new(self.pages()), hosts)));
        self.look_after(vec![Arc::clone(&named.connections), Arc::clone(&anyone.connections)]);
        self.process.spawn("service port", named.run(service_socket));
        self.process.spawn("ops port", anyone.run(ops_socket));
        let Self { directory, progress, outbox, .. } = self;
        Ok(Running { service, ops, directory, progress, outbox })
    }

    fn office(&self) -> Result<Office, GatewayError> {
        let config = self.config;
        let key = config.node.data_dir.join("page.key");
        let offset = config.offset();
        let gate = Arc::clone(&self.gate);
        let language = config.node.language.into();
        // Answers are counted at the desk, together with those that never reach the exchange.
        let evidence = self.log.clone();
        let settings = Settings { offset, language, key: SealingKey::at(&key)?, watch: Box::new(|_| {}), evidence };
        let clock = self.process.clock();
        let directory = Arc::clone(&self.directory);
        let exchange = Exchange::new(self.view.clone(), directory.clone(), gate.clone(), clock.clone(), settings);
        Ok(Office::new(handlers::Parts {
            node: config.node.id.clone(),
            language,
            exchange: exchange.with_providers(self.links.providers.clone()),
            directory,
            gate,
            view: self.view.clone(),
            outbox: self.outbox.clone(),
            vitals: Arc::clone(&self.vitals),
            clock,
            key: SealingKey::at(&key)?,
            pushes: self.links.pushes.clone(),
        }))
    }

    fn pages(&self) -> Pages {
        let sources = ops::Sources {
            directory: Arc::clone(&self.directory),
            vitals: Arc::clone(&self.vitals),
            view: self.view.clone(),
            clock: self.process.clock(),
        };
        let metrics = FeedMetrics::new(self.process.metrics().clone(), sources);
        Pages { vitals: Arc::clone(&self.vitals), metrics }
    }

    fn listener(&self, door: Door, paths: Paths) -> Listener {
        Listener { door, paths, connections: Arc::new(Connections::default()), process: self.process.clone() }
    }

    fn look_after(&self, ports: Vec<Arc<Connections>>) {
        let (tls, log) = (Arc::clone(&self.tls), self.log.clone());
        self.process.spawn_thread("certificates", move |stop: Stop| {
            while !stop.wait(LOOK_AFTER) {
                look(&tls, &log, &ports);
            }
            Ok::<_, GatewayError>(())
        });
    }
}

fn look(tls: &ServerTls, log: &Log, ports: &[Arc<Connections>]) {
    match log.reload_key() {
        Ok(true) => tracing::info!("keys of the evidence log read again"),
        Ok(false) => {}
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "changed keys of the evidence log cannot be used; the old ones stay"
        ),
    }
    match tls.reload_if_changed() {
        Ok(true) => {
            tracing::info!("certificates and lists read again");
            if let Err(error) = log.renew_signer(tls.signer()) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the new certificate cannot vouch for the evidence log"
                );
            }
        }
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "changed certificates or lists cannot be used; the old ones stay"),
    }
    let closed: usize = ports.iter().map(|port| port.close_unless(|peer| tls.is_still_good(peer))).sum();
    if closed > 0 {
        tracing::info!(closed, "connections of callers that are no longer let in closed");
    }
}

/// What the view has in common with the rest of the house.
struct Shared<'a> {
    clock: Arc<dyn Clock>,
    directory: &'a Arc<Directory>,
    progress: &'a Arc<Progress>,
    identity: Arc<dyn Identity>,
}

/// Opens store and view off the async threads: a disk, or a broker, may take its time.
async fn follow(
    config: &Config,
    bus: Arc<dyn Bus>,
    shared: Shared<'_>,
) -> Result<(View, Materialiser<EmbeddedViewWriter, View>), GatewayError> {
    let (folder, store) = (config.node.data_dir.clone(), config.store.embedded());
    let departments = config.departments();
    let (directory, progress) = (Arc::clone(shared.directory), Arc::clone(shared.progress));
    let (clock, identity) = (shared.clock, Some(shared.identity));
    let opened = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&folder).map_err(|error| GatewayError::Config {
            key: "node.data_dir",
            problem: format!("{} cannot be made: {error}", folder.display()),
        })?;
        let (writer, reader) = EmbeddedView::open(&folder.join("view"), store)?;
        let view = reader.clone();
        let parts = Parts { bus, writer, reader, directory, progress, clock, departments, identity };
        Ok((view, Materialiser::start(parts)?))
    });
    opened.await.unwrap_or(Err(GatewayError::Stopped))
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), GatewayError> {
    let failed = |source| GatewayError::Listen { address, source };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let bound = socket.local_addr().map_err(failed)?;
    Ok((socket, bound))
}

/// The certificates that catalogue files bind to callers.
struct Bound(Arc<Directory>);

impl Bindings for Bound {
    fn caller_of(&self, sha256_fingerprint: &[u8; 32]) -> Option<Caller> {
        self.0.now().caller_of(sha256_fingerprint)
    }
}
