//! What the node is held against, each in a process of its own over the same mutual TLS: an echo, and a table of a database.

use super::raw::Raw;
use crate::measure::Process;
use anyhow::{Context as _, Result, bail};
use bytes::{BufMut as _, Bytes, BytesMut};
use clap::Args;
use contract::v1::ResolveRequest;
use prost::Message as _;
use security::{NoBindings, ServerTls, TlsFiles, TlsStream};
use std::{
    convert::Infallible,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    pin::Pin,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_postgres::{NoTls, Statement};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Response, Status,
    body::Body,
    server::{Grpc, NamedService},
    transport::{Server, server::Connected},
};
use tower::Service;

type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// A service of the benches' own.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Folder with the certificates of a node.
    #[arg(long)]
    pki: PathBuf,
    /// File of answers, each after its length, that an echo gives one after the other.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// How a database is reached.
    #[arg(long)]
    database: Option<String>,
    /// Connections to the database.
    #[arg(long, default_value_t = 8)]
    clients: usize,
}

/// What stands behind a service.
#[derive(Clone, Debug)]
pub(crate) enum Backing<'a> {
    /// Nothing: it gives these answers whatever is asked.
    Echo(&'a [Bytes]),
    /// A table of a database, reached with this text.
    Database(String),
}

/// A service in a process of its own, which ends with this value.
pub(crate) struct Opposite {
    child: Child,
    address: String,
}

impl Opposite {
    /// Starts it with the certificates of the node in `pki`; `folder` is for files of its own.
    pub(crate) fn start(pki: &Path, folder: &Path, backing: &Backing<'_>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg("--pki").arg(pki);
        match backing {
            Backing::Echo(answers) => {
                let path = folder.join("answers");
                let mut file = BytesMut::new();
                for answer in *answers {
                    file.put_u32(u32::try_from(answer.len())?);
                    file.put_slice(answer);
                }
                fs::write(&path, file)?;
                command.arg("--answers").arg(path);
            }
            Backing::Database(reached) => {
                command.arg("--database").arg(reached);
            }
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("a service without an output")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        let address = address.trim().to_owned();
        if address.is_empty() {
            bail!("the service beside the node did not start");
        }
        Ok(Self { child, address })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    pub(crate) fn process(&self) -> Process {
        Process::Child(self.child.id())
    }
}

impl Drop for Opposite {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves until standard input ends, after a line that says where.
pub(crate) fn serve(serve: &Serve) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let answers = match (&serve.answers, &serve.database) {
            (Some(path), None) => Answers::echo(&fs::read(path)?),
            (None, Some(reached)) => Answers::database(reached, serve.clients).await?,
            _ => bail!("either --answers or --database"),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        let incoming = ReceiverStream::new(admitted(listener, tls(&serve.pki)?));
        let served = Server::builder().add_service(Desk { answers }).serve_with_incoming(incoming);
        let parent_gone = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        tokio::select! {
            served = served => served.context("the service ended"),
            _ = parent_gone => Ok(()),
        }
    })?;
    runtime.shutdown_background();
    Ok(())
}

fn tls(pki: &Path) -> Result<Arc<ServerTls>> {
    let file = |name: &str| pki.join(name);
    let files = TlsFiles {
        ca: file("ca.pem"),
        cert: file("node-city.pem"),
        key: file("node-city.key"),
        crl: Some(file("ca.crl")),
    };
    Ok(ServerTls::load(&files, Arc::new(NoBindings), Arc::new(runtime::SystemClock))?)
}

/// Connections whose peers have shown their certificates.
fn admitted(listener: TcpListener, tls: Arc<ServerTls>) -> mpsc::Receiver<Result<Encrypted, std::io::Error>> {
    const LIMIT: Duration = Duration::from_secs(10);
    let (into, out) = mpsc::channel(16);
    tokio::runtime::Handle::current().spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let nodelay = tcp.set_nodelay(true);
            let shaken = tls.accept(tcp, LIMIT).await.map_err(std::io::Error::other);
            let admitted = nodelay.and(shaken.map(|(stream, _)| Encrypted(stream)));
            if into.send(admitted).await.is_err() {
                break;
            }
        }
    });
    out
}

/// A stream that tonic's server takes.
struct Encrypted(TlsStream<TcpStream>);

impl Connected for Encrypted {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The service as tonic's code generator writes it.
#[derive(Clone)]
struct Desk {
    answers: Answers,
}

impl NamedService for Desk {
    const NAME: &'static str = "exchange.v1.ExchangeService";
}

impl Service<http::Request<Body>> for Desk {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answering<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answers = self.answers.clone();
        Box::pin(async move { Ok(Grpc::new(Raw).unary(answers, request).await) })
    }
}

/// Where answers come from.
#[derive(Clone)]
enum Answers {
    Echo(Arc<(Vec<Bytes>, AtomicUsize)>),
    Database(Arc<(Vec<(tokio_postgres::Client, Statement)>, AtomicUsize)>),
}

impl Answers {
    fn echo(mut file: &[u8]) -> Self {
        let mut answers = Vec::new();
        while let Some((length, rest)) = file.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            let (answer, rest) = rest.split_at(length.min(rest.len()));
            answers.push(Bytes::copy_from_slice(answer));
            file = rest;
        }
        Self::Echo(Arc::new((answers, AtomicUsize::new(0))))
    }

    async fn database(reached: &str, clients: usize) -> Result<Self> {
        let mut pool = Vec::new();
        for _ in 0..clients {
            let (client, connection) = tokio_postgres::connect(reached, NoTls).await?;
            tokio::runtime::Handle::current().spawn(connection);
            let select = client.prepare("SELECT answer FROM enterprise WHERE uscc = $1").await?;
            pool.push((client, select));
        }
        Ok(Self::Database(Arc::new((pool, AtomicUsize::new(0)))))
    }

    async fn answer(self, question: Bytes) -> Result<Response<Bytes>, Status> {
        match self {
            Self::Echo(echo) => {
                let (answers, next) = &*echo;
                let at = next.fetch_add(1, Ordering::Relaxed) % answers.len().max(1);
                answers.get(at).cloned().map(Response::new).ok_or_else(|| Status::internal("no answers"))
            }
            Self::Database(database) => {
                let (pool, next) = &*database;
                let request =
                    ResolveRequest::decode(question).map_err(|_| Status::invalid_argument("not a question"))?;
                let by = request.by.unwrap_or_default();
                let (client, select) = &pool[next.fetch_add(1, Ordering::Relaxed) % pool.len()];
                let row = client.query_opt(select, &[&by.value]).await;
                let row = row.map_err(|error| Status::unavailable(error.to_string()))?;
                let row = row.ok_or_else(|| Status::not_found("no such enterprise"))?;
                Ok(Response::new(Bytes::copy_from_slice(row.get(0))))
            }
        }
    }
}

impl Service<Request<Bytes>> for Answers {
    type Response = Response<Bytes>;
    type Error = Status;
    type Future = Answering<Self::Response, Status>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(self.clone().answer(request.into_inner()))
    }
}
