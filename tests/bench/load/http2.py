#!/usr/bin/env python3
"""Measures grove's HTTP/2 beside nginx, h2o and nghttpd, and prints a table.

    tests/bench/load/http2.py [--build DIR] [--only streams,requests,tls,large] [--rounds 5] [--json FILE]

Builds a Release first, unless --build names one. Each server runs on core 0 and is started anew for each run, h2load on
core 1; the servers take turns within a round. The figure is the CPU time that the server's processes used, divided by the
requests. Behind a peer's figure is grove's as a part of it, the median of the rounds' ratios. "grove 1.1" is grove with
as many connections of HTTP/1.1, kept. nghttpd has no answer of its own but a file; large is a file of all. The system
calls are those of grove in a run of its own, under strace.
"""
import argparse, json, os, re, shutil, statistics, subprocess, sys, tempfile

from run import ROOT, build, ratio
from servers import BODY, Server, Workshop, cpu_ns, free_port

# title, connections, streams of each, whether over TLS, path, requests of a run
ROWS = {
    "streams": ("h2c, 32 connections, 1 stream each", 32, 1, False, "/", 30000),
    "requests": ("h2c, 32 connections, 32 streams each", 32, 32, False, "/", 100000),
    "tls": ("TLS, 32 connections, 32 streams each", 32, 32, True, "/", 100000),
    "large": ("h2c, 8 connections, 1 MiB from a file", 8, 1, False, "/files/large", 800),
}
PEERS = ("nginx", "h2o", "nghttpd")
OVER_1_1 = "grove 1.1"


class Http2Workshop(Workshop):
    """Servers that speak HTTP/2 on .port, and over TLS on .tls_port."""

    def grove(self, **_):
        port, tls_port = free_port(), free_port()
        config = {
            "listen": [{"address": f"127.0.0.1:{port}", "h2c": True},
                       {"address": f"127.0.0.1:{tls_port}", "tls": {"certificate": "cert.pem", "key": "key.pem"}}],
            "plugin_path": [os.path.join(self.build, "lib", "grove", "apps")], "pool": 2000, "http2": {},
            "apps": [{"mount": "/", "app": "hello"},
                     {"mount": "/files", "app": "static", "config": {"root": "site"}}],
            "log": {"access": "off", "error": "error.log", "level": "error"}}
        with open(self.path("grove.json"), "w") as file:
            json.dump(config, file)
        return Server([self.grove_binary, "serve", self.path("grove.json")], port, tls_port)

    def nginx(self, **_):
        port, tls_port, plain = free_port(), free_port(), free_port()
        with open(self.path("nginx.conf"), "w") as file:
            file.write(f"""daemon off; worker_processes 1; user root; pid {self.path('nginx.pid')};
error_log {self.path('nginx-error.log')} error;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; default_type text/plain;
  server {{ listen 127.0.0.1:{plain}; listen 127.0.0.1:{port} http2; listen 127.0.0.1:{tls_port} ssl http2;
    ssl_certificate {self.path('cert.pem')}; ssl_certificate_key {self.path('key.pem')};
    location / {{ return 200 "{BODY.decode()}"; }}
    location /files/ {{ alias {self.folder}/site/; }} }} }}
""")
        server = Server(["nginx", "-c", self.path("nginx.conf"), "-p", self.folder], plain, tls_port)
        server.port = port
        return server

    def h2o(self, **_):
        port, tls_port = free_port(), free_port()
        shutil.copy(self.path("site/hello"), self.path("site/index.txt"))
        with open(self.path("h2o.conf"), "w") as file:
            file.write(f"""num-threads: 1
listen: {{ host: 127.0.0.1, port: {port} }}
listen: {{ host: 127.0.0.1, port: {tls_port},
  ssl: {{ certificate-file: "{self.path('cert.pem')}", key-file: "{self.path('key.pem')}" }} }}
hosts:
  default:
    paths:
      "/files": {{ file.dir: "{self.path('site')}" }}
      "/": {{ file.dir: "{self.path('site')}", file.index: ["index.txt"] }}
""")
        return Server(["h2o", "-c", self.path("h2o.conf")], port, tls_port)

    def nghttpd(self, tls=False, **_):
        os.makedirs(self.path("root"), exist_ok=True)
        shutil.copy(self.path("site/hello"), self.path("root/index.html"))
        if not os.path.exists(self.path("root/files")):
            os.symlink(self.path("site"), self.path("root/files"))
        port = free_port()
        command = ["nghttpd", "-a", "127.0.0.1", "-d", self.path("root"), "-m", "1000"]
        command += [str(port), self.path("key.pem"), self.path("cert.pem")] if tls else ["--no-tls", str(port)]
        server = Listening(command, port)
        server.tls_port = port
        return server


class Listening(Server):
    """One that answers nothing to HTTP/1.1: its port shows that it has begun."""

    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(["taskset", "-c", "0"] + command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while subprocess.run(["nghttp", "-n", f"http://127.0.0.1:{port}/"], capture_output=True).returncode != 0:
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} does not answer")


def h2load(server, row, over_1_1, requests):
    """@return that many"""
    _, connections, streams, tls, path, _ = row
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.tls_port if tls else server.port}{path}"
    text = subprocess.run(["taskset", "-c", "1", "h2load", "-c", str(connections), "-m", str(1 if over_1_1 else streams),
                           *(["--h1"] if over_1_1 else []), "-n", str(requests), url], capture_output=True, text=True,
                          check=True).stdout
    if f"{requests} succeeded, 0 failed" not in text or f"status codes: {requests} 2xx" not in text:
        raise RuntimeError(f"{url}: {text}")
    return requests


def figure(shop, row, name):
    """CPU time of a request, us"""
    server = getattr(shop, "grove" if name == OVER_1_1 else name)(tls=row[3])
    try:
        h2load(server, row, name == OVER_1_1, row[5] // 10)
        before = cpu_ns(server.pids())
        requests = h2load(server, row, name == OVER_1_1, row[5])
        return (cpu_ns(server.pids()) - before) / 1e3 / requests
    finally:
        server.stop()


def calls(shop, row):
    """System calls of a request, or nothing without strace."""
    if shutil.which("strace") is None:
        return ""
    server = shop.grove()
    try:
        workers = [pid for pid in server.pids() if pid != server.process.pid]
        with tempfile.NamedTemporaryFile() as out:
            tracers = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", out.name,
                                        *(f"-p{pid}" for pid in workers)], stderr=subprocess.PIPE)
            tracers.stderr.readline()  # attached
            requests = h2load(server, row, False, row[5] // 5)
            tracers.terminate()
            tracers.wait()
            total = sum(int(count) for count, name in re.findall(r"^ *(\d+) (\w+)$", open(out.name).read(), re.M)
                        if name != "total")
        return f"{total / requests:.2g}"
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(ROWS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    folder = options.build or os.path.join(ROOT, "build", "load")
    if not options.build:
        build(folder)
    peers = [name for name in PEERS if shutil.which(name)]
    names = ["grove", *peers, OVER_1_1]
    results = {}
    print("| CPU time a request | " + " | ".join(names) + " | system calls |")
    print("|---" * (len(names) + 2) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        shop = Http2Workshop(scratch, os.path.abspath(f"{folder}/bin/grove"), "")
        for key in options.only.split(","):
            row = ROWS[key]
            figures = {name: {"us": []} for name in names}
            for _ in range(options.rounds):
                for name in names:
                    figures[name]["us"].append(figure(shop, row, name))
            results[key] = figures
            cells = [f"{statistics.median(figures[name]['us']):.3g} us"
                     + ("" if name == "grove" else f" ({ratio(figures, name)})") for name in names]
            print(f"| {row[0]} | {' | '.join(cells)} | {calls(shop, row)} |", flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
