#!/usr/bin/env python3
"""Measures how long a client waits for a small answer beside event streams that stay open, and prints a table.

    tests/bench/load/event_streams.py [--build DIR] [--only silent,talking] [--rounds 5] [--streams 2000] [--seconds 12]

Builds a Release first, unless --build names one, which has the plugins of the tests. grove has the limits that a
configuration without any gives it; its application of streams gives the slot of the pool back. The server runs on
core 0 and is started anew for each run, the clients run on core 1. The streams of a talking run send an event a
second. Each round has a run without streams and one with them, and the next round has them the other way round.
Figures are milliseconds, medians of the rounds'.
"""
import argparse, contextlib, json, os, resource, socket, statistics, subprocess, sys, tempfile

from run import ROOT, build
from servers import Server, free_port
from slow_clients import ask

PATHS = {"silent": "/events", "talking": "/events/talking"}
FIRST = b"data: here\n\n"


def start(folder, scratch):
    port = free_port()
    config = {
        "listen": [f"127.0.0.1:{port}"],
        "plugin_path": [os.path.join(folder, "lib", "grove", "apps"), os.path.join(folder, "tests", "plugins")],
        "apps": [{"mount": "/", "app": "hello"}, {"mount": "/events", "app": "quiet_events"}],
        "log": {"access": "off", "error": os.path.join(scratch, "error.log")}}
    path = os.path.join(scratch, "grove.json")
    with open(path, "w") as file:
        json.dump(config, file)
    return Server([os.path.join(folder, "bin", "grove"), "serve", path], port)


def open_stream(port, path):
    """A client that has had its first event."""
    client = socket.create_connection(("127.0.0.1", port), 20)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    answer = b""
    while FIRST not in answer:
        piece = client.recv(4096)
        if not piece:
            raise RuntimeError(f"no stream: {answer!r}")
        answer += piece
    return client


def is_open(client):
    """What it has been sent is read; it must not have come to its end."""
    client.setblocking(False)
    try:
        while piece := client.recv(65536):
            if piece.endswith(b"0\r\n\r\n"):
                return False
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run(options, folder, scratch, path):
    """@return p50 and p99 of the answers, how many there were, and how many failed; path: None: no streams"""
    server = start(folder, scratch)
    try:
        with contextlib.ExitStack() as opened:
            count = options.streams if path else 0
            streams = [opened.enter_context(open_stream(server.port, path)) for _ in range(count)]
            took, failed = ask(server.port, None, options.seconds)
            lost = sum(not is_open(stream) for stream in streams)
        if lost:
            raise RuntimeError(f"{lost} of {count} streams came to their end")
        if not took:
            raise RuntimeError(f"none of {failed} requests was answered")
        return {"p50": percentile(took, 0.5), "p99": percentile(took, 0.99), "asked": len(took) + failed,
                "failed": failed}
    finally:
        server.stop()


def measure(options, folder, scratch, kind):
    """([a run without a round], [a run with them a round])"""
    without, beside = [], []
    for number in range(options.rounds):
        order = [(without, None), (beside, PATHS[kind])]
        for runs, path in order if number % 2 == 0 else reversed(order):
            runs.append(run(options, folder, scratch, path))
    return without, beside


def row(kind, without, beside):
    cells = [kind]
    for figure in ("p50", "p99"):
        there, not_there = ([one[figure] for one in runs] for runs in (beside, without))
        times = statistics.median(a / b for a, b in zip(there, not_there))
        cells += [f"{statistics.median(there):.2f}", f"{statistics.median(not_there):.2f}", f"{times:.2f}"]
    cells.append(f"{sum(one['failed'] for one in beside)} of {sum(one['asked'] for one in beside)}")
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(PATHS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=12)
    options = parser.parse_args()
    folder = os.path.abspath(options.build or os.path.join(ROOT, "build", "load"))
    if not options.build:
        build(folder)
        subprocess.run(["cmake", "--build", folder, "-j", "2", "--target", "quiet_events"], check=True,
                       stdout=subprocess.DEVNULL)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as scratch:
        print(f"| {options.streams} streams | p50 ms | without | times | p99 ms | without | times | failed |")
        print("|---|---|---|---|---|---|---|---|")
        for kind in options.only.split(","):
            print(row(kind, *measure(options, folder, scratch, kind)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
