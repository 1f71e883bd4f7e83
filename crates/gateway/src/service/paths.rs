//! What answers a path.

use super::{Desk, desk::Route, grpc};
use axum::{Router, body::Body};
use http::{Method, Request, Response};
use std::{collections::HashMap, pin::Pin, sync::Arc};
use tower::Service as _;

/// An answer on its way.
pub(super) type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Paths and what answers them. A question over gRPC finds its method at once: the way through the router's layers costs
/// more than a tenth of its time.
#[derive(Clone)]
pub(crate) struct Paths {
    methods: Arc<HashMap<&'static str, Route>>,
    desk: Option<Arc<Desk>>,
    router: Router,
}

impl Paths {
    /// Those of a desk, and `router` for everything but single calls of gRPC.
    pub(crate) fn of_desk(desk: &Arc<Desk>, router: Router) -> Self {
        let single = Route::all().filter(|route| !route.method.is_streaming);
        let methods = single.map(|route| (route.method.grpc_path.as_str(), route)).collect();
        Self { methods: Arc::new(methods), desk: Some(Arc::clone(desk)), router }
    }

    /// Those of a router.
    pub(crate) fn of(router: Router) -> Self {
        Self { methods: Arc::default(), desk: None, router }
    }

    /// Answers one request. Boxed, so that the whole of what answers a call is not in every connection.
    pub(super) fn answer(&self, request: Request<Body>) -> Answering {
        if let (Some(desk), Some(route)) = (&self.desk, self.methods.get(request.uri().path()))
            && request.method() == Method::POST
        {
            return Box::pin(grpc::answer(Arc::clone(desk), *route, request));
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
