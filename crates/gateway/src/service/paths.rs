//! What answers a path.

use super::{Action, Desk, Fault, desk::Route, grpc, questions, stream};
use axum::{Router, body::Body};
use http::{HeaderValue, Method, Request, Response, header};
use std::{collections::HashMap, pin::Pin, sync::Arc};
use tower::Service as _;

/// An answer on its way.
pub(super) type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Paths and what answers them: the exchange's own gRPC methods by their names, all else through a router, whose layers cost
/// a question some 8 % of its time.
#[derive(Clone)]
pub(crate) struct Paths {
    methods: Arc<HashMap<&'static str, Route>>,
    desk: Option<Arc<Desk>>,
    router: Router,
}

impl Paths {
    /// The methods of a desk, and `router` for all else.
    pub(crate) fn of_desk(desk: &Arc<Desk>, router: Router) -> Self {
        let methods = Route::all().map(|route| (route.method.grpc_path.as_str(), route)).collect();
        Self { methods: Arc::new(methods), desk: Some(Arc::clone(desk)), router }
    }

    /// Those of a router.
    pub(crate) fn of(router: Router) -> Self {
        Self { methods: Arc::default(), desk: None, router }
    }

    /// Answers one request. Boxed, so that the whole of what answers a call is not in every connection.
    pub(super) fn answer(&self, request: Request<Body>) -> Answering {
        let route = self.methods.get(request.uri().path());
        if let (Some(desk), Some(route)) = (&self.desk, route) {
            return over_grpc(Arc::clone(desk), *route, request);
        }
        // A router is always ready.
        let answered = self.router.clone().call(request);
        Box::pin(async move {
            match answered.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        })
    }
}

fn over_grpc(desk: Arc<Desk>, route: Route, request: Request<Body>) -> Answering {
    if request.method() != Method::POST {
        let mut refused = Fault::Verb.into_problem();
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Box::pin(std::future::ready(refused));
    }
    match (route.method.is_streaming, route.action) {
        (true, Action::Ask(_)) => Box::pin(questions::answer(desk, route, request)),
        (true, _) => Box::pin(std::future::ready(stream::answer(&desk, route, request))),
        (false, _) => Box::pin(grpc::answer(desk, route, request)),
    }
}
