"""An S3 server on loopback, and a proxy before it that cuts connections."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest


class CuttingProxy(socketserver.ThreadingTCPServer):
    """Stands before a server and ends connections after so many bytes, up or down, so often."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port: int) -> None:
        self.target = ("127.0.0.1", port)
        self.after: dict[str, int] = {}
        self.times = self.cuts = 0
        super().__init__(("127.0.0.1", 0), _Connection)

    def cut(self, direction: str, size_bytes: int, times: int) -> None:
        self.after, self.times, self.cuts = {direction: size_bytes}, times, 0


class _Connection(socketserver.BaseRequestHandler):
    server: CuttingProxy

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as behind, suppress(OSError):
            back = threading.Thread(target=self._pump, args=(behind, self.request, "down"))
            back.start()
            self._pump(self.request, behind, "up")
            back.join()

    def _pump(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(1 << 16):
                passed += len(data)
                after = self.server.after.get(direction)
                if after is not None and passed > after and self.server.cuts < self.server.times:
                    self.server.cuts += 1
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def served() -> Iterator[tuple[Any, CuttingProxy, dict[str, Any]]]:
    """A bucket named `bucket`: s3fs' file system, the proxy, and the options that lead there.

    Skips the tests where moto or s3fs is missing.
    """
    moto = pytest.importorskip("moto.server", reason="pip install 'link-corpus[remote-test]'")
    s3fs = pytest.importorskip("s3fs", reason="pip install 'link-corpus[remote-test]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    proxy = CuttingProxy(port)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    options = {
        "key": "key",
        "secret": "secret",
        "endpoint_url": f"http://127.0.0.1:{proxy.server_address[1]}",
        "client_kwargs": {"region_name": "us-east-1"},
        "config_kwargs": {"retries": {"max_attempts": 1}},
    }
    files = s3fs.S3FileSystem(**options)
    files.call_s3("create_bucket", Bucket="bucket")
    try:
        yield files, proxy, options
    finally:
        proxy.shutdown()
        proxy.server_close()
        server.stop()
