"""The project tracker of the sample regency: a small web application of its own, on loopback only.

    python -m simpul.demo.tracker --port 8091 --data FOLDER

Serves GET /api/projects and /api/progress page by page (page, per_page) from proyek.json. Ends on SIGTERM, and by itself when
the process that started it is gone."""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simpul.demo.regency import YEAR, Regency

PER_PAGE = 100


def write_projects(path: Path, regency: Regency) -> None:
    """Writes what the tracker serves."""
    projects, progress = [], []
    for project in regency.projects:
        projects.append(
            {
                "id": project.project_id,
                "nama": project.name,
                "tahun": YEAR,
                "mak": project.mak,
                "satker": {"kode": project.agency.dotted, "nama": project.agency.name},
                "lokasi": {"desa": project.village.name, "kecamatan": project.district.name},
                "pagu": str(project.ceiling),
                "kontrak": {
                    "nomor": project.contract_number,
                    "tanggal": project.contract_date.raw,
                    "nilai": project.contract_value.raw,
                },
                "penyedia": project.vendor,
                "metode": project.method,
                "status": project.status.raw,
                "fisik": str(project.progress),
                "keuangan": str(project.reports[-1][3]) if project.reports else None,
            }
        )
        for day, target, done, paid in project.reports:
            progress.append(
                {
                    "id": f"{project.project_id}/{day:%m}",
                    "proyek": project.project_id,
                    "tanggal": day.isoformat(),
                    "target_fisik": str(target),
                    "fisik": str(done),
                    "keuangan": str(paid),
                }
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"projects": projects, "progress": progress}, ensure_ascii=False), encoding="utf-8")


class Tracker(ThreadingHTTPServer):
    """Serves the lists of one file."""

    daemon_threads = True

    def __init__(self, port: int, lists: Mapping[str, Sequence[Any]]) -> None:
        self.lists = lists
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        server = self.server
        name = address.path.removeprefix("/api/")
        if not isinstance(server, Tracker) or name not in server.lists:
            self._answer(404, {"status": "error", "messages": "tidak ada"})
            return
        query = parse_qs(address.query)
        try:
            page = int(query.get("page", ["1"])[0])
            size = min(int(query.get("per_page", [str(PER_PAGE)])[0]), 1000)
        except ValueError:
            self._answer(400, {"status": "error", "messages": "page harus angka"})
            return
        found = server.lists[name]
        self._answer(200, {"status": "ok", "data": found[(page - 1) * size : page * size], "total": len(found)})

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """The tracker keeps no log."""


def _leave_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(description="The sample regency's project tracker")
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    lists = json.loads((arguments.data / "proyek.json").read_text(encoding="utf-8"))
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    Tracker(arguments.port, lists).serve_forever()


if __name__ == "__main__":
    main()
