//! The port of those who run the exchange: health and metrics, read-only, without personal data.

mod host;
mod metrics;
mod text;

pub(crate) use self::{
    host::Hosts,
    metrics::{FeedMetrics, Sources},
};

use crate::vitals::Vitals;
use axum::{
    Router,
    body::Body,
    extract::State,
    middleware::{Next, from_fn_with_state, map_response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use std::sync::Arc;

const TEXT: &str = "text/plain; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const INDEX: &str = include_str!("ops/index.html");

/// What the pages show.
pub(crate) struct Pages {
    /// How the process is.
    pub(crate) vitals: Arc<Vitals>,
    /// Its metrics.
    pub(crate) metrics: FeedMetrics,
}

/// Everything on the ops port. `hosts` are the names it may be called by; `None` asks for none, for a port
/// whose certificate already names it.
pub(crate) fn router(pages: Arc<Pages>, hosts: Option<Hosts>) -> Router {
    let router = Router::new()
        .route("/", get(|| std::future::ready(page(StatusCode::OK, "text/html; charset=utf-8", INDEX))))
        .route("/livez", get(|| std::future::ready(page(StatusCode::OK, TEXT, "alive\n"))))
        .route("/readyz", get(readiness))
        .route("/metrics", get(scrape))
        .fallback(|| std::future::ready(page(StatusCode::NOT_FOUND, TEXT, "there is no such page\n")))
        .with_state(pages)
        .layer(map_response(guarded));
    match hosts {
        Some(hosts) => router.layer(from_fn_with_state(Arc::new(hosts), only_by_name)),
        None => router,
    }
}

/// A page that another site's script called us by a name of its own gets nothing (DNS rebinding).
async fn only_by_name(State(hosts): State<Arc<Hosts>>, request: Request<Body>, next: Next) -> Response<Body> {
    if hosts.has(request.headers().get(header::HOST)) {
        return next.run(request).await;
    }
    page(StatusCode::MISDIRECTED_REQUEST, TEXT, "this port is not called by that name\n")
}

async fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    response
}

async fn readiness(State(pages): State<Arc<Pages>>) -> Response<Body> {
    let report = pages.vitals.report();
    let is_ready = !report.is_empty() && report.iter().all(|(_, state)| state.is_ok());
    let line = |(part, state): &(String, Result<(), String>)| match state {
        Ok(()) => format!("{part}: ready\n"),
        Err(reason) => format!("{part}: not ready: {reason}\n"),
    };
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let warnings = pages.vitals.warnings().into_iter().map(|warning| format!("warning: {warning}\n"));
    page(status, TEXT, report.iter().map(line).chain(warnings).collect::<String>())
}

async fn scrape(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response<Body> {
    let Ok(text) = pages.metrics.scrape().await else {
        return page(StatusCode::SERVICE_UNAVAILABLE, TEXT, "the store cannot be read now\n");
    };
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/openmetrics-text") {
        return page(StatusCode::OK, runtime::OPENMETRICS_CONTENT_TYPE, text);
    }
    page(StatusCode::OK, PROMETHEUS, text::prometheus(&text))
}

fn page(status: StatusCode, media_type: &'static str, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
