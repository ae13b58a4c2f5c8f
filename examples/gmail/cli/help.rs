//! What `--help` says.

pub(super) const ABOUT: &str =
    "See inside an MCP tool call: a Gmail server whose spans come back to its client (SEP-2448)";

pub(super) const LONG_ABOUT: &str = "\
See inside an MCP tool call: a Gmail server whose spans come back to its client (SEP-2448).

Without a command it runs the demo: a simulated Gmail, the MCP server and an agent in one process, and the same call \
first as a black box, then with the server's spans.";

pub(super) const ENVIRONMENT: &str = "\
Environment of the server:
  GMAIL_ACCESS_TOKEN   OAuth access token for Gmail. With --gmail-api one of these is needed, and the first is used
  ARCADE_API_KEY       Arcade's key: it keeps Gmail's tokens, and asks who calls, or ARCADE_USER_ID (ARCADE_API_URL)
  GOOGLE_REFRESH_TOKEN OAuth refresh token for Gmail (GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET; GOOGLE_TOKEN_URL)
  GMAIL_ISSUER         Authorization servers whose tokens are taken; with it GMAIL_RESOURCE, GMAIL_AUDIENCE,
                       GMAIL_SCOPES, GMAIL_JWKS_URI and GMAIL_IDENTITY_CLAIM. See serve --help
  GMAIL_SIM_LATENCY    Factor on the simulator's latencies: 1 is about Gmail's (default), 0 is none
  GMAIL_SIM_FAIL       HTTP status that every simulated Gmail call fails with, for example 500

Environment of the agent:
  OPENAI_API_KEY       Key of the model's API. Without it and OPENAI_BASE_URL the model is a script in this process
  OPENAI_BASE_URL      Any OpenAI-compatible chat-completions API (default: https://api.openai.com/v1)
  OPENAI_MODEL         Model to ask there; it has to be able to call tools (default: gpt-5.4-mini)
  OPENAI_REASONING_EFFORT  none, minimal, low, medium, high, xhigh or max (default: the model's own)
  GMAIL_TOKEN_CACHE    Directory where sign-ins are kept; for who it is there GMAIL_CLIENT_ID or
                       GMAIL_CLIENT_METADATA_URL. See agent --help

Where the agent sends the spans, besides --collector:
  OTEL_EXPORTER_OTLP_ENDPOINT         OTLP/HTTP receiver for the spans, for example http://localhost:4318
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT  The same, with the path: http://localhost:4318/v1/traces
  OTEL_EXPORTER_OTLP_HEADERS          Headers for it: name=value,name=value
  OTEL_EXPORTER_OTLP_PROTOCOL         http/protobuf (default) or http/json
  OTEL_EXPORTER_OTLP_COMPRESSION      gzip or none (default)
  OTEL_EXPORTER_OTLP_TIMEOUT          Milliseconds a request may take (default: 10000)
  GALILEO_API_KEY                     Sends the spans to Galileo, too
  GALILEO_PROJECT                     Project there
  GALILEO_LOG_STREAM                  Log stream there (default: default)
  GALILEO_OTLP_ENDPOINT               (default: https://app.galileo.ai/api/galileo/otel/traces)

Environment of the output:
  NO_COLOR             If set, no colours
  COLUMNS              Columns, 40 to 200 (default: the terminal's, or 80)";
