#!/usr/bin/env python3
"""Measures what a hostile request, or a client that takes its time, costs grove and nginx: the table of
http/guarantees.md, "What a hostile request costs".

    tests/bench/load/hostile.py [--build DIR] [--only codings,ranges] [--rounds 5] [--requests 2000] [--clients 1000]

Builds a Release first, unless --build names one; nginx is found on PATH. Each server runs on core 0 and is started
anew for each run, the client is this program on core 1; the servers take turns within a round. Figures are CPU time
of the server's processes a request, or bytes that they are larger by a client; the ratio is the median of the rounds'.
"""
import argparse, os, resource, socket, ssl, statistics, sys, tempfile, time

from run import ROOT, build
from scenarios import open_idle
from servers import Workshop, cpu_ns, rss_bytes

PLENTY = 1 << 25  # bytes of a file: more than any kernel keeps for a client
NGINX = """large_client_header_buffers 4 64k; gzip_static on; set_real_ip_from 127.0.0.1;
real_ip_header X-Forwarded-For; real_ip_recursive on; client_max_body_size 0;
location /app { proxy_pass http://127.0.0.1:1/; }"""


def connect(port, window=None):
    client = socket.socket()
    if window:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    client.connect(("127.0.0.1", port))
    return client


def hello():
    """The first bytes of a client that speaks TLS."""
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


def settle(server):
    """Waits until the server has nothing more to do."""
    used = -1
    while cpu_ns(server.pids()) - used > 1e6:
        used = cpu_ns(server.pids())
        time.sleep(0.3)


def read_answer(client):
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65536)
    head, body = answer.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields.get(b"content-length", 0)) - len(body)
    while left > 0:
        left -= len(client.recv(65536))
    return head, fields.get(b"connection") == b"close"


class Head:
    """A head, and a body perhaps, again and again on kept connections, 16 at a time. us a request."""

    def __init__(self, title, fields="", path="/files/page", request=None):
        self.title = title
        self.bytes = request or f"GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()

    def ask(self, port, count):
        clients = [connect(port) for _ in range(16)]
        for _ in range(count // 16):
            for client in clients:
                client.sendall(self.bytes)
            for at, client in enumerate(clients):
                head, closes = read_answer(client)
                if closes:
                    client.close()
                    clients[at] = connect(port)
        for client in clients:
            client.close()
        return head.split(b" ", 2)[1].decode()

    def round(self, shop, name, options):
        server = start(shop, name)
        try:
            self.ask(server.port, 200)
            before = cpu_ns(server.pids())
            status = self.ask(server.port, options.requests)
            return (cpu_ns(server.pids()) - before) / 1e3 / (options.requests // 16 * 16), "us", status
        finally:
            server.stop()


class Once(Head):
    """A connection for each: what it sends, and then reads to the end or hangs up. us a connection."""

    def __init__(self, title, sends, tls=False, hangs_up=False):
        self.title, self.bytes, self.tls, self.hangs_up = title, sends, tls, hangs_up

    def ask(self, port, count):
        for _ in range(count):
            client = connect(port)
            client.sendall(self.bytes)
            try:
                while not self.hangs_up and client.recv(65536):
                    pass
                if self.hangs_up:
                    client.recv(1)
            except ConnectionResetError:
                pass
            client.close()
        return ""

    def round(self, shop, name, options):
        server = start(shop, name)
        try:
            port = server.tls_port if self.tls else server.port
            self.ask(port, 100)
            before = cpu_ns(server.pids())
            self.ask(port, options.requests)
            time.sleep(0.2)
            return (cpu_ns(server.pids()) - before) / 1e3 / options.requests, "us", ""
        finally:
            server.stop()


class Held(Head):
    """Clients that send something and then neither read nor send. KB a client."""

    def __init__(self, title, sends, tls=False, window=None):
        self.title, self.bytes, self.tls, self.window = title, sends, tls, window

    def open(self, port, count):
        clients = []
        for _ in range(count):
            clients.append(connect(port, self.window))
            clients[-1].sendall(self.bytes)
        return clients

    def round(self, shop, name, options):
        server = start(shop, name)
        try:
            port = server.tls_port if self.tls else server.port
            for client in self.open(port, 20):  # what is made once is made before
                client.close()
            settle(server)
            before = rss_bytes(server.pids())
            clients = self.open(port, options.clients)
            settle(server)
            grown = rss_bytes(server.pids()) - before
            for client in clients:
                client.close()
            return grown / 1024 / options.clients, "KB", ""
        finally:
            server.stop()


class Idle(Held):
    def __init__(self, title):
        super().__init__(title, b"")

    def open(self, port, count):
        return open_idle(port, count)


def start(shop, name):
    return shop.grove(trusted=["127.0.0.1"]) if name == "grove" else shop.nginx(more=NGINX)


def repeated(count, field):
    return "".join(field.format(i) for i in range(count))


CHUNKS = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 2000 + b"0\r\n\r\n"
BODY = b"POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: 61440\r\n\r\n" + b"x" * 61439
ALL = {
    "plain": Head("nothing hostile: a small file"),
    "codings": Head("`Accept-Encoding` of 1,500 elements", "Accept-Encoding: " + "x;q=0.1, " * 1499 + "gzip\r\n"),
    "commas": Head("the same of 16,000 commas", "Accept-Encoding: " + "," * 16000 + "\r\n"),
    "ranges": Head("`Range` of 1,500 parts", "Range: bytes=" + ",".join(f"{i}-{i}" for i in range(1500)) + "\r\n"),
    "tags": Head("`If-None-Match` of 1,500 tags", "If-None-Match: " + ", ".join('"x"' for _ in range(1500)) + "\r\n"),
    "tokens": Head("`Connection` of 1,500 tokens", "Connection: " + "x, " * 1499 + "x\r\n"),
    "proxies": Head("`X-Forwarded-For` of 1,500 addresses", "X-Forwarded-For: " + "127.0.0.1, " * 1499 + "1.2.3.4\r\n"),
    "cookie": Head("`Cookie` of 16 KiB", "Cookie: " + "a=b; " * 3276 + "\r\n"),
    "fields": Head("100 fields", repeated(99, "X-Field-{0}: value of field {0}\r\n")),
    "repeated": Head("100 fields of one name, 300 bytes each", repeated(99, "X-A: " + "x" * 294 + "\r\n")),
    "head": Head("a head of 32 KiB", repeated(4, "X-{}: " + "x" * 8100 + "\r\n")),
    "target": Head("a target of 8,000 bytes, all escaped", path="/files/" + "%61" * 2660),
    "chunks": Head("2,000 chunks of 1 byte", request=CHUNKS),
    "bad": Once("16 pipelined requests without Host, on a connection", b"GET / HTTP/1.1\r\n\r\n" * 16),
    "abort": Once("a TLS client that hangs up after its hello", hello(), tls=True, hangs_up=True),
    "idle": Idle("an idle client"),
    "halfhead": Held("half a head", b"GET / HTTP/1.1\r\nHost: a\r\nX: "),
    "halfhello": Held("half a TLS hello", hello()[:200], tls=True),
    "slowbody": Held("60 KiB of a body but for the last byte", BODY),
    "slowreader": Held("a file of 32 MiB that is not read", b"GET /files/plenty HTTP/1.1\r\nHost: a\r\n\r\n",
                       window=4096),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(ALL))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=1000)
    options = parser.parse_args()
    folder = options.build or os.path.join(ROOT, "build", "load")
    if not options.build:
        build(folder)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as scratch:
        shop = Workshop(scratch, os.path.abspath(f"{folder}/bin/grove"), "")
        for name in ("page", "page.gz"):
            with open(shop.path(f"site/{name}"), "wb") as file:
                file.write(b"x" * 1000)
        with open(shop.path("site/plenty"), "wb") as file:
            file.truncate(PLENTY)
        print("| of one request or client | grove | nginx | of nginx |\n|---|---|---|---|")
        for key in options.only.split(","):
            rows = [[ALL[key].round(shop, name, options) for name in ("grove", "nginx")]
                    for _ in range(options.rounds)]
            differ = rows[0][0][2] != rows[0][1][2]  # the statuses
            cells = [f"{statistics.median(row[i][0] for row in rows):.3g} {rows[0][i][1]}"
                     + (f" ({rows[0][i][2]})" if differ else "") for i in (0, 1)]
            ratio = statistics.median(row[0][0] / max(row[1][0], 1e-9) for row in rows)
            print(f"| {ALL[key].title} | {cells[0]} | {cells[1]} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
