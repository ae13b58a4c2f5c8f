//! An MCP server on threads, whose answers are written piece by piece: it takes no memory, however long they are.

use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

/// The start of a good result.
const RESULT: &str = r#""result":{"content":[{"type":"text","text":"two emails"}],"_meta":{"otel":{"traces":{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"SERVICE"}}]},"scopeSpans":[{"spans":["#;
const END: &str = "]}]}]}}}}";

/// What is sent as spans: pieces, and how they begin and end.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    /// The name of the service, as it stands in JSON.
    pub(crate) service: &'static str,
    /// Spans.
    pub(crate) count: u64,
    /// Members of each.
    pub(crate) members: &'static str,
    /// Bytes of its name.
    pub(crate) name: &'static str,
    /// The connection is closed where the spans end.
    pub(crate) dropped: bool,
}

/// Answers `tools/call` so: the URL of the endpoint.
pub(crate) fn serve(answer: Answer, events: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // Whoever does not want the rest of an answer closes the connection.
            std::thread::spawn(move || drop(respond(stream, answer, events)));
        }
    });
    url
}

fn respond(stream: TcpStream, answer: Answer, events: bool) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    let mut first = String::new();
    reader.read_line(&mut first)?;
    for line in reader.by_ref().lines() {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut request = vec![0; length];
    reader.read_exact(&mut request)?;
    let request: Value = serde_json::from_slice(&request).unwrap_or_default();
    let mut stream = io::BufWriter::new(stream);
    let Some(id) = request.get("id") else {
        let status = if first.starts_with("POST") {
            "202 Accepted"
        } else {
            "405 Method Not Allowed"
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )?;
        return stream.flush();
    };
    // Chunked: a body without its last chunk has not arrived whole.
    let media = if events {
        "text/event-stream"
    } else {
        "application/json"
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {media}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )?;
    let before = if events { "data: " } else { "" };
    chunk(
        &mut stream,
        &format!("{before}{{\"jsonrpc\":\"2.0\",\"id\":{id},"),
    )?;
    match request.get("method").and_then(Value::as_str) {
        Some("initialize") => {
            let result = json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "hostile", "version": "1"},
            });
            chunk(&mut stream, &format!("\"result\":{result}"))?;
        }
        Some("tools/list") => {
            let tools = json!([{"name": "list_emails", "inputSchema": {"type": "object"}}]);
            chunk(&mut stream, &format!("\"result\":{{\"tools\":{tools}}}"))?;
        }
        _ => {
            write_spans(&mut stream, &request, answer)?;
            if answer.dropped {
                return stream.flush();
            }
            chunk(&mut stream, END)?;
        }
    }
    chunk(&mut stream, if events { "}\n\n" } else { "}" })?;
    write!(stream, "0\r\n\r\n")?;
    stream.flush()
}

fn chunk(stream: &mut impl Write, text: &str) -> io::Result<()> {
    write!(stream, "{:x}\r\n{text}\r\n", text.len())
}

fn write_spans(stream: &mut impl Write, request: &Value, answer: Answer) -> io::Result<()> {
    chunk(stream, &RESULT.replace("SERVICE", answer.service))?;
    let traceparent = request.pointer("/params/_meta/traceparent").unwrap();
    let mut ids = traceparent.as_str().unwrap().split('-').skip(1);
    let (trace, parent) = (ids.next().unwrap(), ids.next().unwrap());
    let Answer { members, name, .. } = answer;
    for id in 1..=answer.count {
        let comma = if id == 1 { "" } else { "," };
        chunk(
            stream,
            &format!(
                r#"{comma}{{"traceId":"{trace}","spanId":"{id:016x}","parentSpanId":"{parent}","name":"{name}"{members}}}"#
            ),
        )?;
    }
    Ok(())
}
