"""Serve a folder as a web host does: text is sent compressed, a connection is kept."""

import functools
import gzip
import http.server
import io
import threading
from pathlib import Path

TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")


class Host(http.server.SimpleHTTPRequestHandler):
    """A file server that compresses and does not print every request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *message):
        pass

    def send_head(self):
        path = Path(self.translate_path(self.path))
        kind = self.guess_type(str(path))
        wanted = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (wanted and kind.startswith(TEXT) and path.is_file()):
            return super().send_head()
        time = path.stat().st_mtime
        body = packed(path, time)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(time))
        self.end_headers()
        return io.BytesIO(body)


@functools.cache
def packed(path, time):
    """The content of a file as it was at a time, compressed."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


def serve(folder):
    """Serve a folder on a free port of this machine; returns the server and its address."""
    handler = functools.partial(Host, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"
