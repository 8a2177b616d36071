"""nginx before the null sink: it takes the PUTs of small objects, which a server in Python would hold up.

A client that is quick should wait for itself and not for the server. nginx answers a PUT, throws the bytes away and
writes key, size and ETag to a log; the sink reads that log before it answers anything else, so that a LIST shows what
was stored. Control objects, uploads in parts and all that is not a PUT go to the sink. Objects of data are never
refused as taken: every publication of a benchmark has a bucket of its own.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from null_sink import running_sink

_CONFIGURATION = """
include /etc/nginx/modules-enabled/*.conf;
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors warn;
events {{ worker_connections 4096; }}
http {{
  log_format stored '$request_uri $content_length $request_id';
  access_log off;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  client_body_temp_path {folder}/bodies;
  proxy_temp_path {folder}/replies;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 10000000;
  upstream sink {{ server {sink}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    error_page 418 = @sink;
    location / {{
      if ($request_method != PUT) {{ return 418; }}
      if ($args) {{ return 418; }}
      if ($uri ~ "^/[^/]*/?$|/[.]aind-lint/") {{ return 418; }}
      access_log {log} stored;
      add_header ETag '"$request_id"';
      add_header x-amz-checksum-crc64nvme $http_x_amz_checksum_crc64nvme;
      content_by_lua_block {{
        ngx.req.clear_header("If-None-Match")
        ngx.req.read_body()
        {wait}
        ngx.exit(200)
      }}
    }}
    location @sink {{
      proxy_pass http://sink;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_request_buffering off;
    }}
  }}
}}
"""


def find_nginx() -> str | None:
    """Nginx with its module for Lua."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    return nginx if nginx and any(Path("/etc/nginx/modules-enabled").glob("*lua*")) else None


@contextlib.contextmanager
def running_front(nginx: str, latency: float = 0) -> Iterator[str]:
    """A sink with nginx before it; the endpoint."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's workers are another user's
        log = folder / "stored"
        log.touch()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with running_sink(latency, log) as endpoint:
            wait = f"ngx.sleep({latency})" if latency else ""
            configuration = folder / "nginx.conf"
            sink = endpoint.removeprefix("http://")
            text = _CONFIGURATION.format(folder=folder, sink=sink, port=port, log=log, wait=wait)
            configuration.write_text(text, encoding="utf-8")
            with subprocess.Popen([nginx, "-c", str(configuration)], stderr=subprocess.DEVNULL) as process:
                try:
                    _await(port)
                    yield f"http://127.0.0.1:{port}"
                finally:
                    process.terminate()
                    process.wait()


def _await(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError("nginx does not answer")
