"""A small HTTP server that can be told to misbehave as servers and networks do."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served, and how badly.

    Attributes:
        files: path to content.
        cuts: the next responses with a body of more than 1,000 bytes end after so many bytes.
        with_ranges: whether Range requests are honoured.
        with_etag: whether an entity tag is sent.
        refusals: the next requests for a large file get these status codes.
        requests: (path, Range header) of all requests so far.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    with_ranges: bool = True
    with_etag: bool = True
    refusals: list[int] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve a site on a free local port while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, site: Site) -> None:
    """Answer one request by the rules of RFC 9110, and then as the site says."""
    wanted = handler.headers.get("Range")
    site.requests.append((handler.path, wanted))
    body = site.files.get(handler.path)
    if body is None:
        handler.send_error(404)
        return
    large = len(body) > 1000
    if large and site.refusals:
        handler.send_error(site.refusals.pop(0))
        return
    tag = f'"{hashlib.md5(body).hexdigest()}"'
    start = 0
    if wanted and site.with_ranges and handler.headers.get("If-Range", tag) == tag:
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(body):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(body)}")
            handler.end_headers()
            return
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    else:
        handler.send_response(200)
    if site.with_etag:
        handler.send_header("ETag", tag)
    rest = body[start:]
    handler.send_header("Content-Length", str(len(rest)))
    handler.end_headers()
    if large and site.cuts:
        rest = rest[: site.cuts.pop(0)]
    handler.wfile.write(rest)
