"""The Python reference of SEP-2448, tuned: arcade-mcp-server's own application and telemetry middleware, under uvicorn
with uvloop and httptools, one worker, no logs. The tool is that of the Rust servers."""

import logging
import os
import socket
import sys
import threading
import warnings
from typing import Annotated

# Before arcade is imported: nothing is to be sent anywhere.
os.environ["ARCADE_USAGE_TRACKING"] = "0"
warnings.simplefilter("ignore")

import uvicorn
from arcade_mcp_server import MCPApp
from arcade_mcp_server.middleware.telemetry import TelemetryPassbackMiddleware
from arcade_mcp_server.worker import create_arcade_mcp
from loguru import logger
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

provider = TracerProvider()
tracer = provider.get_tracer("mail")
app = MCPApp(name="mail", version="1.0.0")


def phase(name, **attributes):
    attributes["gen_ai.tool.name"] = "list_emails"
    return tracer.start_as_current_span(name, attributes=attributes)


async def get():
    with tracer.start_as_current_span(
        "GET",
        kind=SpanKind.CLIENT,
        attributes={
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "server.address": "gmail.googleapis.com",
            "gen_ai.tool.name": "list_emails",
        },
    ):
        return 1


@app.tool
async def list_emails(messages: Annotated[int, "Number of emails to return"]) -> Annotated[str, "What was found"]:
    """List recent emails"""
    with phase("auth.validate"):
        pass
    with phase("gmail.list_messages", **{"gmail.max_results": messages}):
        await get()
        listed = messages
    with phase("gmail.fetch_details", **{"gmail.fetch_count": listed}):
        found = 0
        for _ in range(listed):
            found += await get()
    with phase("format_response"):
        return f"{found} messages"


def main():
    middleware = TelemetryPassbackMiddleware(service_name="mail", tracer_provider=provider)
    served = create_arcade_mcp(app._catalog, mcp_settings=app._mcp_settings, middleware=[middleware])
    # The application adds log handlers of its own.
    logger.remove()
    logging.disable(logging.CRITICAL)
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    print(f"http://{host}:{port}/mcp", flush=True)
    config = uvicorn.Config(served, loop="uvloop", http="httptools", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def end_with_standard_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_standard_input, daemon=True).start()
main()
