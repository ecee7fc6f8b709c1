#!/usr/bin/env python3
"""Measures how long a fast client waits for its answer beside clients that take their time: the table of
http/guarantees.md, "Slow clients".

    tests/bench/load/slow_clients.py [--build DIR] [--only bodies,readers] [--rounds 3] [--clients 1000] [--seconds 12]

Builds a Release first, unless --build names one; nginx is found on PATH. Each server runs on core 0 and is started
anew for each run; the slow clients are a process of their own on core 1, as is this program, which asks for a small
answer on a connection of its own, again and again. Whoever of the slow ones is cut off comes again. Figures are
milliseconds.
"""
import argparse, multiprocessing, os, resource, selectors, socket, ssl, statistics, sys, tempfile, time

from run import ROOT, build
from servers import Workshop

PLENTY = 1 << 25  # bytes of a file: more than any kernel keeps for a client
PAUSE = 1.0       # seconds between two bits of a slow client
NGINX = "client_max_body_size 0; location /echo { proxy_pass http://127.0.0.1:PORT/; }"
BODY = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
FILE = b"GET /files/plenty HTTP/1.1\r\nHost: a\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def insecure():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connect(port, tls, window=None, timeout=20):
    client = socket.socket()
    client.settimeout(timeout)
    if window:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    client.connect(("127.0.0.1", port))
    return tls.wrap_socket(client) if tls else client


class Slow:
    """One slow client: what it begins with, and what it does each second."""

    def __init__(self, port, tls):
        self.port, self.tls, self.client = port, tls, None

    def step(self):
        try:
            if self.client is None:
                self.begin()
            else:
                self.go_on()
        except (OSError, ssl.SSLError):
            if self.client is not None:
                self.client.close()
            self.client = None


class Body(Slow):
    def begin(self):
        self.client = connect(self.port, self.tls)
        self.client.sendall(BODY)

    def go_on(self):
        self.client.sendall(b"x" * 600)


class Reader(Slow):
    def begin(self):
        self.client = connect(self.port, self.tls, window=4096)
        self.client.sendall(FILE)

    def go_on(self):
        if not self.client.recv(1024):
            raise ConnectionResetError


class Head(Slow):
    def begin(self):
        self.client = connect(self.port, self.tls)
        self.client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")

    def go_on(self):
        self.client.sendall(b"x")
        self.client.settimeout(0.0001)
        try:
            if self.client.recv(1024):
                raise ConnectionResetError
        except (TimeoutError, ssl.SSLWantReadError):
            self.client.settimeout(20)
            return
        raise ConnectionResetError


class Silent(Slow):
    """Says nothing: where TLS is spoken, a handshake does not begin."""

    def begin(self):
        self.client = connect(self.port, None)

    def go_on(self):
        self.client.settimeout(0.0001)
        try:
            self.client.recv(1)
        except TimeoutError:
            return
        raise ConnectionResetError


KINDS = {"bodies": [Body], "readers": [Reader], "heads": [Head], "silent": [Silent],
         "all": [Body, Reader, Head, Silent]}


def be_slow(kinds, count, port, tls, ready, stop):
    os.sched_setaffinity(0, {1})
    context = insecure() if tls else None
    clients = [kind(port, context) for kind in kinds for _ in range(count)]
    first = True
    while not stop.is_set():
        began = time.monotonic()
        for client in clients:
            client.step()
            time.sleep(0)
        if first:
            ready.set()
        first = False
        time.sleep(max(0.0, PAUSE - (time.monotonic() - began)))


def ask(port, tls, seconds):
    """How long each answer took, and how many there were none of."""
    took, failed = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            client = connect(port, tls, timeout=5)
            client.sendall(GET)
            answer = b""
            while piece := client.recv(4096):
                answer += piece
            client.close()
            if b"World!" not in answer:
                raise OSError
            took.append((time.monotonic() - began) * 1e3)
        except OSError:
            failed += 1
        time.sleep(0.01)
    return took, failed


def run(shop, name, kind, tls, options):
    server = shop.grove() if name == "grove" else shop.nginx(more=NGINX)
    port = server.tls_port if tls else server.port
    context = insecure() if tls else None
    ready, stop = multiprocessing.Event(), multiprocessing.Event()
    slow = multiprocessing.Process(target=be_slow, args=(KINDS[kind], options.clients, port, tls, ready, stop)) \
        if kind else None
    try:
        if slow:
            slow.start()
            ready.wait(120)
            time.sleep(3)  # whoever is to lose a slot has lost it
        return ask(port, context, options.seconds)
    finally:
        if slow:
            stop.set()
            slow.join(30)
            if slow.is_alive():
                slow.terminate()
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=12)
    options = parser.parse_args()
    folder = options.build or os.path.join(ROOT, "build", "load")
    if not options.build:
        build(folder)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as scratch:
        shop = Workshop(scratch, os.path.abspath(f"{folder}/bin/grove"), "")
        with open(shop.path("site/plenty"), "wb") as file:
            file.truncate(PLENTY)
        print(f"| {options.clients} of each | over | grove ms | without | x | failed "
              "| nginx ms | without | x | failed |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for tls in (False, True):
            for kind in options.only.split(","):
                cells = []
                for name in ("grove", "nginx"):
                    rounds = [(run(shop, name, None, tls, options), run(shop, name, kind, tls, options))
                              for _ in range(options.rounds)]
                    without = statistics.median(statistics.median(r[0][0]) for r in rounds)
                    beside = statistics.median(statistics.median(r[1][0] or [float("nan")]) for r in rounds)
                    asked = sum(len(r[1][0]) + r[1][1] for r in rounds)
                    failed = sum(r[1][1] for r in rounds)
                    cells += [f"{beside:.2f}", f"{without:.2f}", f"{beside / without:.2f}", f"{failed} of {asked}"]
                print(f"| {kind} | {'TLS' if tls else 'plain'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
