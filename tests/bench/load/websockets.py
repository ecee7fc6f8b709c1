#!/usr/bin/env python3
"""Measures what open WebSockets cost a worker, and prints tables.

    tests/bench/load/websockets.py [--build DIR] [--only memory,idle,broadcast,echo] [--sockets 100000] [--greenlets 10000]
                                   [--idle 60] [--listeners 10000] [--rounds 3] [--seconds 5] [--ws FOLDER]

Builds a Release first, unless --build names one, which has the plugin realtime of the tests. The server runs on core 0,
the clients are a process of their own on core 1; they come from several addresses 127.0.0.x, as one has ports for some
28,000 connections. Thousands of sockets need a hard limit of open files that root may raise.

memory: bytes a socket, the worker's growth (PSS, RSS) divided by the sockets: --sockets of the parked style, --greenlets
of the greenlet style. idle: the worker's CPU time in --idle seconds, in which each of --sockets is pinged and answers.
broadcast: one message to --listeners sockets: until the last has it, which the client's own reading bounds, and the
worker's CPU time for it. echo: 16 bytes over 64 sockets, the server's CPU time a message, beside node's ws (FOLDER has
it in node_modules; without --ws it is installed by npm), in turns; ratios are medians of the rounds'.
"""
import argparse, contextlib, json, multiprocessing, os, resource, select, shutil, socket, statistics, subprocess, sys
import tempfile, time

from run import ROOT, build
from servers import Server, free_port

STYLES = {"parked": "/parked", "greenlet": "/"}
AN_ADDRESS = 20000  # connections
PING, TEXT, BINARY = 0x89, 0x81, 0x82
MASK = b"\0\0\0\0"  # leaves the payload as it is
NODES = "node's ws"
NODE = """
const {WebSocketServer} = require('ws');
new WebSocketServer({port: Number(process.argv[1]), host: '127.0.0.1', perMessageDeflate: false})
  .on('connection', socket => socket.on('message', (data, binary) => socket.send(data, {binary})));
"""


def frame(first, payload):
    return bytes([first, 0x80 | len(payload)]) + MASK + payload


class Crowd:
    """Clients of one server. It runs in a process of its own."""

    def __init__(self, port):
        self.port, self.clients, self.poll = port, {}, select.epoll()

    def open(self, path, count):
        request = (f"GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
        for _ in range(count):
            client = socket.socket()
            client.settimeout(30)
            client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            client.bind((f"127.0.0.{2 + len(self.clients) // AN_ADDRESS}", 0))
            client.connect(("127.0.0.1", self.port))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(request)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                piece = client.recv(4096)
                if not piece:
                    raise RuntimeError(f"no WebSocket: {head!r}")
                head += piece
            if not head.startswith(b"HTTP/1.1 101 "):
                raise RuntimeError(f"no WebSocket: {head!r}")
            client.setblocking(False)
            self.clients[client.fileno()] = client
            self.poll.register(client.fileno(), select.EPOLLIN)

    def answer_pings(self, seconds):
        """@return how many came"""
        pings, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for fd, _ in self.poll.poll(left):
                got = self.clients[fd].recv(4096)
                if not got or got[0] != PING:
                    raise RuntimeError(f"not a ping: {got!r}")
                self.clients[fd].send(frame(0x8a, b""))
                pings += 1
        return pings

    def broadcast(self):
        """@return seconds from the first client's message until the last has it"""
        waiting = len(self.clients)
        began = time.monotonic()
        next(iter(self.clients.values())).send(frame(TEXT, b"x" * 16))
        while waiting:
            for fd, _ in self.poll.poll(60):
                got = self.clients[fd].recv(4096)
                if got != bytes([TEXT, 16]) + b"x" * 16:
                    raise RuntimeError(f"not the message: {got!r}")
                waiting -= 1
        return time.monotonic() - began

    def echo(self, seconds):
        """One message of each client is under way. @return how many came back"""
        count, message = 0, frame(BINARY, b"x" * 16)
        for client in self.clients.values():
            client.send(message)
        end = time.monotonic() + seconds
        waiting = len(self.clients)
        while waiting:
            goes_on = time.monotonic() < end
            for fd, _ in self.poll.poll(60):
                if len(self.clients[fd].recv(4096)) != 18:
                    raise RuntimeError("not the message")
                count += 1
                if goes_on:
                    self.clients[fd].send(message)
                else:
                    waiting -= 1
        return count


def crowd_main(pipe, port):
    os.sched_setaffinity(0, {1})
    crowd = Crowd(port)
    while True:
        try:
            name, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((getattr(crowd, name)(*arguments), None))
        except (OSError, RuntimeError) as error:
            pipe.send((None, repr(error)))


class Clients:
    """A Crowd, told what to do. Ends with its block."""

    def __init__(self, port):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=crowd_main, args=(theirs, port), daemon=True)
        self.process.start()
        theirs.close()

    def tell(self, name, *arguments):
        self.pipe.send((name, arguments))
        result, error = self.pipe.recv()
        if error:
            raise RuntimeError(error)
        return result

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


class Grove(Server):
    def __init__(self, folder, scratch, sockets):
        port = free_port()
        path = os.path.join(scratch, "grove.json")
        with open(path, "w") as file:
            json.dump({"listen": [f"127.0.0.1:{port}"], "workers": 1, "pool": None, "pid_file": None,
                       "plugin_path": [os.path.join(folder, "tests", "plugins")],
                       "max_connections": sockets + 100, "limits": {"websockets": sockets + 100},
                       "apps": [{"mount": "/", "app": "realtime"}],
                       "log": {"access": "off", "error": os.path.join(scratch, "error.log")}}, file)
        super().__init__([os.path.join(folder, "bin", "grove"), "serve", path], port)

    def worker(self):
        return self.pids()[-1]


class Node(Server):
    def __init__(self, modules):
        port = free_port()
        super().__init__(["node", "-e", NODE, str(port)], port, env={**os.environ, "NODE_PATH": modules})

    def worker(self):
        return self.process.pid


def memory(pid):
    """PSS and RSS in bytes."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        values = dict(line.split(":") for line in file if ":" in line and "kB" in line)
    return [1024 * int(values[name].split()[0]) for name in ("Pss", "Rss")]


def cpu(pid):
    """Seconds that its threads have run."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


@contextlib.contextmanager
def serving(server):
    try:
        with Clients(server.port) as clients:
            yield server, clients
    finally:
        server.stop()


def measure_memory(options, folder, scratch):
    print("| style | sockets | PSS B a socket | RSS B a socket |\n|---|---|---|---|")
    for style, count in (("parked", options.sockets), ("greenlet", options.greenlets)):
        with serving(Grove(folder, scratch, count)) as (server, clients):
            clients.tell("open", STYLES[style], 1)
            before = memory(server.worker())
            clients.tell("open", STYLES[style], count)
            grown = [(after - then) / count for after, then in zip(memory(server.worker()), before)]
            print(f"| {style} | {count} | {grown[0]:.0f} | {grown[1]:.0f} |", flush=True)


def measure_idle(options, folder, scratch):
    with serving(Grove(folder, scratch, options.sockets)) as (server, clients):
        clients.tell("open", STYLES["parked"], options.sockets)
        before = cpu(server.worker())
        pings = clients.tell("answer_pings", options.idle)
        spent = cpu(server.worker()) - before
        print(f"{options.sockets} parked sockets, {options.idle:g} s: {spent:.3f} s of CPU, {pings} pings", flush=True)


def measure_broadcast(options, folder, scratch):
    times, spent = [], []
    with serving(Grove(folder, scratch, options.listeners)) as (server, clients):
        clients.tell("open", "/all", options.listeners)
        for _ in range(options.rounds):
            before = cpu(server.worker())
            times.append(clients.tell("broadcast"))
            spent.append(cpu(server.worker()) - before)
    print(f"a broadcast to {options.listeners}: {1e3 * statistics.median(times):.1f} ms until the last has it, "
          f"{1e3 * statistics.median(spent):.1f} ms of CPU", flush=True)


def modules_of(options, scratch):
    """Where node finds ws; None: nowhere, and why not is said."""
    folder = options.ws or scratch
    if shutil.which("node") is None:
        print("node is not installed", file=sys.stderr)
        return None
    if not options.ws:
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "ws@8"], cwd=folder,
                              stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            print("node's ws cannot be installed", file=sys.stderr)
            return None
    return os.path.join(os.path.abspath(folder), "node_modules")


def echo_cost(server, path, seconds):
    """Microseconds of CPU a message."""
    with serving(server) as (_, clients):
        clients.tell("open", path, 64)
        clients.tell("echo", min(1, seconds))  # node has compiled by then
        before = cpu(server.worker())
        count = clients.tell("echo", seconds)
        return 1e6 * (cpu(server.worker()) - before) / count


def measure_echo(options, folder, scratch):
    contestants = {f"grove, {style}": lambda path=path: (Grove(folder, scratch, 64), path)
                   for style, path in STYLES.items()}
    modules = modules_of(options, scratch)
    if modules:
        contestants[NODES] = lambda: (Node(modules), "/")
    costs = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name, start in contestants.items():
            costs[name].append(echo_cost(*start(), options.seconds))
    print("| echo of 16 B, 64 sockets | us of CPU a message | of node's ws |\n|---|---|---|")
    for name, values in costs.items():
        of_node = ""
        if modules:
            of_node = f"{statistics.median(a / b for a, b in zip(values, costs[NODES])):.2f}"
        print(f"| {name} | {statistics.median(values):.2f} | {of_node} |", flush=True)


MEASURES = {"memory": measure_memory, "idle": measure_idle, "broadcast": measure_broadcast, "echo": measure_echo}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(MEASURES))
    parser.add_argument("--sockets", type=int, default=100000)
    parser.add_argument("--greenlets", type=int, default=10000)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--listeners", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--ws")
    options = parser.parse_args()
    folder = os.path.abspath(options.build or os.path.join(ROOT, "build", "load"))
    if not options.build:
        build(folder)
        subprocess.run(["cmake", "--build", folder, "-j", "2", "--target", "realtime"], check=True,
                       stdout=subprocess.DEVNULL)
    wanted = max(options.sockets, options.greenlets, options.listeners) + 1000
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, PermissionError):
            parser.error(f"{wanted} open files are needed, and the limit, which is {most}, may not be raised here")
        most = wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.only.split(","):
            MEASURES[name](options, folder, scratch)


if __name__ == "__main__":
    sys.exit(main())
