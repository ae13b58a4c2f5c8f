//! Instrumented MCP tools with server execution telemetry (SEP-2448).
