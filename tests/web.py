"""A web server on 127.0.0.1 that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Answer = Callable[[str, Mapping[str, str], Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]
"""From path, query (of a POST: its form) and headers of a request to status, headers and body."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _reply(self, form: str) -> None:
        assert isinstance(self.server, _Server)
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, extra, body = self.server.answer(target.path, dict(parse_qsl(form)), headers)
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests keep no log."""


@contextmanager
def servers() -> Iterator[Callable[[Answer], str]]:
    """What starts a server for an Answer and gives its address; all end with the block."""
    started: list[_Server] = []

    def start(answer: Answer) -> str:
        server = _Server(answer)
        started.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()
