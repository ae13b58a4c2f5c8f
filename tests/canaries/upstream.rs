//! The server further up, byte by byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::places::canary;

/// A server that remembers all bytes.
pub struct Upstream {
    pub url: String,
    /// What it was sent.
    requests: Arc<Mutex<String>>,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                answer(stream, &seen).await;
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> String {
        self.requests.lock().unwrap().clone()
    }

    /// What it answers.
    pub fn answers() -> String {
        ["/fine", "/broken", "/moved"].map(answer_to).join("\n")
    }
}

async fn answer(mut stream: TcpStream, seen: &Mutex<String>) {
    let mut request = String::new();
    while !is_whole(&request) {
        let mut bytes = [0; 4_096];
        let count = stream.read(&mut bytes).await.unwrap();
        assert_ne!(count, 0, "a whole request: {request}");
        request.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    seen.lock().unwrap().push_str(&request);
    let path = request.split_whitespace().nth(1).unwrap_or_default();
    let answer = answer_to(path);
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_lowercase();
    let length = length
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn answer_to(path: &str) -> String {
    let (status, header, body) = if path.starts_with("/moved") {
        let location = format!("Location: /fine?after={}\r\n", canary("upstream: location"));
        ("302 Found".to_owned(), location, String::new())
    } else if path.starts_with("/broken") {
        let body = canary("upstream: body of an error");
        ("500 Broken".to_owned(), String::new(), body)
    } else {
        let header = format!("X-Answer: {}\r\n", canary("upstream: response header"));
        let status = format!("200 {}", canary("upstream: reason"));
        (status, header, canary("upstream: body"))
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
