//! The question, in its envelope.

use crate::https::Call;
use adapter_sdk::transport::SoapFeed;
use http::Method;

/// What questions and answers are.
const XML: &str = "text/xml";

/// The call for a page of what has changed since a second.
pub(super) fn call(feed: &SoapFeed, path: String, (since, page, size): (&str, u32, u32)) -> Call {
    let SoapFeed { operation, namespace, .. } = feed;
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header/><soapenv:Body>\
         <{operation} xmlns=\"{namespace}\"><since>{since}</since><pageNo>{page}</pageNo><pageSize>{size}</pageSize></{operation}>\
         </soapenv:Body></soapenv:Envelope>"
    );
    let headers = vec![("SOAPAction", format!("\"{operation}\""))];
    Call { method: Method::POST, path, headers, media: XML, body }
}
