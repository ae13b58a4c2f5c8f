//! A page in a real browser: Chromium, headless, driven by ChromeDriver.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use futures_util::FutureExt as _;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const INSTALL: &str = "the tests of the page need Chromium and ChromeDriver: install them \
    (Debian: `apt-get install chromium chromium-driver`), or set CHROME and CHROMEDRIVER to their paths";
/// Without these a browser talks to its maker, and as root it would not start.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
/// The window unless a test says otherwise.
const WINDOW: (u32, u32) = (1200, 700);
/// A browser on a loaded machine takes its time; one that hangs does not come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A page that is open in a browser of its own.
pub struct Page {
    client: Client,
    url: String,
}

/// Opens `html` from a file, lets `test` look at it, and checks that the page logged nothing and asked for nothing.
pub async fn open(html: &str, test: impl AsyncFnOnce(&Page)) {
    let directory = Directory::new();
    let file = directory.0.join("trace.html");
    std::fs::write(&file, html).unwrap();
    let url = format!("file://{}", file.display());
    run(&directory, url, async |page| {
        test(page).await;
        page.check_quiet().await;
    })
    .await;
}

/// Opens `url`, and lets `test` look at it.
pub async fn visit(url: &str, test: impl AsyncFnOnce(&Page)) {
    run(&Directory::new(), url.to_owned(), test).await;
}

async fn run(directory: &Directory, url: String, test: impl AsyncFnOnce(&Page)) {
    let driver = Driver::start(directory).await;
    let client = driver.connect(directory).await;
    let page = Page {
        client: client.clone(),
        url,
    };
    // Whatever the test says, the browser ends before its driver: otherwise nobody ends it.
    let outcome = AssertUnwindSafe(tokio::time::timeout(PATIENCE, async {
        page.load().await;
        test(&page).await;
    }))
    .catch_unwind()
    .await;
    let closed = client.close().await;
    drop(driver);
    match outcome {
        Ok(in_time) => in_time.expect("the browser took too long"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
    closed.unwrap();
}

impl Page {
    /// Loads the page, anew if it has been.
    pub async fn load(&self) {
        self.client.goto(&self.url).await.unwrap();
    }

    /// The value of an expression or of a function's body.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    pub async fn text_of(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// The first such element. A page that is just being loaded has it later.
    pub async fn find(&self, selector: &str) -> Element {
        let found = self.client.wait().for_element(Locator::Css(selector));
        found
            .await
            .unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    pub async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.unwrap();
    }

    /// Where the browser is.
    pub async fn address(&self) -> url::Url {
        self.client.current_url().await.unwrap()
    }

    /// Waits until the browser has come to a page with this path: a click that
    /// leads elsewhere does not wait for what comes.
    pub async fn arrives_at(&self, path: &str) {
        let arrived = async {
            while self.address().await.path() != path {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let arrived = tokio::time::timeout(Duration::from_secs(30), arrived).await;
        assert!(arrived.is_ok(), "still at {}", self.address().await);
    }

    /// Waits until an element has this text: what the page hears of by an event
    /// it shows a frame later.
    pub async fn shows(&self, selector: &str, text: &str) {
        let shown = async {
            while self.text_of(selector).await != text {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let shown = tokio::time::timeout(Duration::from_secs(30), shown).await;
        assert!(shown.is_ok(), "shows {}", self.text_of(selector).await);
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.issue(Chromium("goog/cdp/execute", body)).await
    }

    pub async fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    pub async fn prefer(&self, feature: &str, value: &str) {
        let features = json!({"features": [{"name": feature, "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// What the page, or the browser on its behalf, complained of since the last look.
    pub async fn complaints(&self) -> Vec<Value> {
        let log = self
            .issue(Chromium("se/log", json!({"type": "browser"})))
            .await;
        log.as_array().unwrap().clone()
    }

    /// Nothing logged, no dialog, no request but for the page itself.
    async fn check_quiet(&self) {
        assert_eq!(self.complaints().await, Vec::<Value>::new());
        let log = self
            .issue(Chromium("se/log", json!({"type": "performance"})))
            .await;
        let mut requested = Vec::new();
        for entry in log.as_array().unwrap() {
            let entry: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let event = &entry["message"]["params"];
            match entry["message"]["method"].as_str().unwrap() {
                "Network.requestWillBeSent" => {
                    requested.push((event["requestId"].clone(), event["request"]["url"].clone()));
                }
                // The page's policy stopped it before it was sent.
                "Network.loadingFailed" if event["blockedReason"] == "csp" => {
                    requested.retain(|(id, _)| *id != event["requestId"]);
                }
                "Page.javascriptDialogOpening" => panic!("a dialog: {entry}"),
                _ => {}
            }
        }
        assert!(
            !requested.is_empty(),
            "the log has the page's own request, or it would prove nothing"
        );
        assert!(
            requested.iter().all(|(_, url)| *url == self.url),
            "{requested:?}"
        );
    }

    async fn issue(&self, command: Chromium) -> Value {
        self.client.issue_cmd(command).await.unwrap()
    }
}

/// A command that ChromeDriver adds to WebDriver: its path below the session, and its body.
#[derive(Debug)]
struct Chromium(&'static str, Value);

impl WebDriverCompatibleCommand for Chromium {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

/// A running ChromeDriver; it ends with the value.
struct Driver {
    url: String,
    _process: Child,
}

impl Driver {
    async fn start(directory: &Directory) -> Self {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut process = Command::new(program)
            .arg("--port=0")
            .env("HOME", &directory.0)
            .env("TMPDIR", &directory.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("ChromeDriver did not start ({error}); {INSTALL}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("ChromeDriver ended at once; {INSTALL}"));
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // It goes on writing, and would wait for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            url: format!("http://127.0.0.1:{port}/"),
            _process: process,
        }
    }

    async fn connect(&self, directory: &Directory) -> Client {
        let (width, height) = WINDOW;
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--window-size={width},{height}"));
        arguments.push(format!(
            "--user-data-dir={}",
            directory.0.join("profile").display()
        ));
        let mut options = json!({"args": arguments});
        if let Some(chrome) = std::env::var_os("CHROME") {
            options["binary"] = json!(chrome.to_str());
        }
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            // A dialog would be a script of the spans: it stays until the test fails over it.
            "unhandledPromptBehavior": "ignore",
        });
        let capabilities: Capabilities = capabilities.as_object().unwrap().clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .unwrap_or_else(|error| panic!("Chromium did not start ({error}); {INSTALL}"));
        let page = Page {
            client,
            url: String::new(),
        };
        page.resize(width, height).await;
        // What the browser's own first page asked for is not ours.
        page.client.goto("about:blank").await.unwrap();
        page.issue(Chromium("se/log", json!({"type": "performance"})))
            .await;
        page.client
    }
}

/// A directory of the test's own, for the page and the browser's profile.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "glassbox-page-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
