//! The page that the user visits.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::flow::{Flow, Status};
use super::{Behaviour, Shared};
use crate::identity::{Digest, Page, Parameters, escape, is_form};

const UNKNOWN: &str = "There is no such authorization. Start again.";

pub(super) async fn show(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let query = Parameters::parse(query.as_deref().unwrap_or_default().as_bytes());
    let query = query.unwrap_or_default();
    let flows = shared.flows();
    let found = query
        .get("flow_id")
        .and_then(|id| Some((id, flows.get(id)?)));
    match found {
        Some((id, flow)) if flow.status == Status::Pending => page(id, flow).into_response(),
        Some((_, flow)) => done(flow.status).into_response(),
        None => Page::error(StatusCode::NOT_FOUND, UNKNOWN).into_response(),
    }
}

fn page(id: &str, flow: &Flow) -> Page {
    let scopes: String = flow
        .wanted
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>\n", escape(scope)))
        .collect();
    let body = format!(
        "<p>A tool wants to use <strong>{provider}</strong> for <strong><bdi>{user}</bdi></strong>. It asks \
         for:</p>\n<ul>\n{scopes}</ul>\n\
         <form method=\"post\" action=\"/consent\">\n\
         <input type=\"hidden\" name=\"flow_id\" value=\"{id}\">\n\
         <input type=\"hidden\" name=\"csrf_token\" value=\"{token}\">\n\
         <button name=\"decision\" value=\"allow\">Allow</button>\n\
         <button name=\"decision\" value=\"deny\">Deny</button>\n</form>",
        provider = escape(&flow.wanted.provider_id),
        user = escape(&flow.wanted.user_id),
        id = escape(id),
        token = escape(&flow.csrf_token),
    );
    let next = flow.next_uri.as_ref();
    Page::new("Let a tool use your account?", body)
        .with_form(next.map(|url| url.origin().ascii_serialization()))
}

fn done(status: Status) -> Page {
    let text = match status {
        Status::Completed => "You can close this page, and go back to where you came from.",
        Status::Failed => "There is no access. Start again where you came from, if you want it.",
        Status::Pending => "The answer takes longer than usual.",
    };
    let title = match status {
        Status::Completed => "All done",
        Status::Failed => "No access",
        Status::Pending => "Still waiting",
    };
    Page::new(title, format!("<p>{text}</p>"))
}

pub(super) async fn decide(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Parameters::parse(&body).ok().filter(|_| is_form(&headers));
    let Some(form) = form else {
        let text = "The form could not be read.";
        return Page::error(StatusCode::BAD_REQUEST, text).into_response();
    };
    let behaviour = *shared.behaviour();
    let mut flows = shared.flows();
    let flow = form
        .get("flow_id")
        .and_then(|id| flows.get_mut(id))
        .filter(|flow| {
            let token = form.get("csrf_token").map(Digest::of);
            flow.status == Status::Pending && token == Some(Digest::of(&flow.csrf_token))
        });
    let Some(flow) = flow else {
        return Page::error(StatusCode::FORBIDDEN, UNKNOWN).into_response();
    };
    let allowed = form.get("decision") == Some("allow");
    flow.status = match behaviour {
        Behaviour::NeverComplete => Status::Pending,
        Behaviour::Fail => Status::Failed,
        _ if allowed => Status::Completed,
        _ => Status::Failed,
    };
    let (status, next) = (flow.status, flow.next_uri.clone());
    drop(flows);
    shared.changed.send_replace(());
    match next {
        Some(next) => {
            let headers = [(header::LOCATION, next.as_str().to_owned())];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        None => done(status).into_response(),
    }
}
