"""The platform of ``stormy`` behind HTTP, for deliverers that are processes of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django_adbudget.platforms import Order

from .stormy import Stormy


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        orders = [Order(**order) for order in json.loads(self.rfile.read(length))["orders"]]
        try:
            results = Stormy().apply(orders)
        except TimeoutError:
            return  # the connection ends without a word
        answer = {"results": [{"campaign_id": r.campaign_id, "ok": r.ok, "error": r.error} for r in results]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
        """Says nothing."""


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A deliverer was killed while it waited for the answer."""


@contextmanager
def receiving() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/orders/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
