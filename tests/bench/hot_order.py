#!/usr/bin/env python3
"""Which functions a request runs, in the order in which it runs them: ROOM/hot.ld, for the linker.

hot_order.py BUILD          writes hot.ld of core, pool and http, from a Release in BUILD; needs valgrind
hot_order.py BUILD --check  says whether the libraries in BUILD, a Release, are laid out by them
hot_order.py BUILD --names  names those of them that are no function any more, by a Debug in BUILD: a Release has none
                            of a function that is inlined everywhere, and compilers differ in which they inline
"""
import json, os, re, signal, socket, subprocess, sys, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = ("core", "pool", "http")
BARE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BROWSER = (b"GET /?a=b HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
           b"Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en;q=0.5\r\n"
           b"Accept-Encoding: gzip, br\r\nCookie: a=b; c=d\r\nConnection: keep-alive\r\n\r\n")
POST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024
LAST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
NOTE = """/* What a request runs, in that order: few pages, so few translations to fetch anew after each system call.
   Written by tests/bench/hot_order.py BUILD; a name that is gone does no harm. */
"""


def library(build, room):
    return os.path.join(build, "lib", f"libgrove_{room}.so")


def functions(path):
    """(first address, one behind, name) of each, without what the compiler appends to a clone's name.
    A constructor has several names."""
    found = []
    for line in subprocess.run(["nm", "-S", "--defined-only", path], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "tTwW" and ".cold" not in fields[3]:
            start = int(fields[0], 16)
            found.append((start, start + int(fields[1], 16), fields[3].split(".")[0]))
    return found


class Trace:
    """A worker under valgrind; the addresses that it runs, while `kept` is set."""

    def __init__(self, build, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = os.path.join(folder, "grove.json")
        with open(config, "w") as out:
            json.dump({"listen": [f"127.0.0.1:{self.port}"], "apps": [{"app": "hello"}, {"mount": "/echo", "app": "echo"}],
                       "log": {"access": "off", "error": os.path.join(folder, "error.log")}}, out)
        reader, writer = os.pipe()
        self.master = subprocess.Popen(
            ["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-fd={writer}", os.path.join(build, "bin/grove"),
             "serve", config], pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writer)
        self.kept, self.text = False, []
        self.thread = threading.Thread(target=self.read, args=[reader])
        self.thread.start()

    def read(self, reader):
        while chunk := os.read(reader, 1 << 20):
            if self.kept:
                self.text.append(chunk)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def wait(self):
        while True:
            try:
                return self.connect().close()
            except ConnectionRefusedError:
                time.sleep(0.1)

    def end(self):
        """/proc/PID/maps of the worker, and all addresses that were kept."""
        with open(f"/proc/{self.master.pid}/task/{self.master.pid}/children") as children:
            worker = int(children.read().split()[0])
        with open(f"/proc/{worker}/maps") as maps:
            mapped = maps.read()
        self.kept = False
        for pid in (worker, self.master.pid):
            os.kill(pid, signal.SIGKILL)
        self.master.wait()
        self.thread.join()
        text = b"".join(self.text).decode("ascii", "replace")
        return mapped, [int(address, 16) for address in re.findall(r"^I  ([0-9a-f]+),", text, re.M)]


def ask(clients, request):
    for client in clients:
        client.sendall(request)
    for client in clients:
        client.recv(65536)


def drive(trace):
    trace.wait()
    clients = [trace.connect() for _ in range(16)]
    for request in (BARE, BARE, BROWSER, POST):
        ask(clients, request)
    trace.kept = True
    for request in (BARE, BROWSER, POST, BARE * 4):
        for _ in range(3):
            ask(clients, request)
    for _ in range(3):
        ask([trace.connect()], LAST)


def order_of(build, mapped, addresses):
    """The names of each room, by their first call."""
    place = {}
    for room in ROOMS:
        path = os.path.realpath(library(build, room))
        lines = [line.split() for line in mapped.splitlines() if line.endswith(path)]
        base = min(int(line[0].split("-")[0], 16) - int(line[2], 16) for line in lines)
        for start, end, name in functions(path):
            for address in range(base + start, base + end):
                place.setdefault(address, (room, []))[1].append(name)
    order = {room: {} for room in ROOMS}
    begun = False  # the end of what came before
    for room, names in (place[address] for address in addresses if address in place):
        begun = begun or "on_readable" in names[0]
        if begun:
            order[room].update(dict.fromkeys(names))
    return order


def write(build):
    with tempfile.TemporaryDirectory() as folder:
        trace = Trace(build, folder)
        drive(trace)
        order = order_of(build, *trace.end())
    for room, names in order.items():
        sections = "".join(f"        *(.text.{name} .text.{name}.*)\n" for name in names)
        with open(os.path.join(ROOT, room, "hot.ld"), "w") as out:
            out.write(f"{NOTE}SECTIONS\n{{\n    .text.grove_hot :\n    {{\n{sections}    }}\n}}\nINSERT BEFORE .text;\n")
        print(f"{room}/hot.ld: {len(names)} functions")


def wanted_of(room):
    with open(os.path.join(ROOT, room, "hot.ld")) as script:
        return set(re.findall(r"\(\.text\.(\w+) ", script.read()))


def check_names(build):
    good = True
    for room in ROOMS:
        there = {name for _, _, name in functions(library(build, room))}
        for name in sorted(wanted_of(room) - there):
            if "5grove" in name or not re.match(r"_ZN?K?St", name):  # versions of the standard library name as they like
                readable = subprocess.run(["c++filt", name], capture_output=True, text=True, check=True).stdout.strip()
                print(f"{room}/hot.ld: {name} is no function of {room}: {readable}")
                good = False
    return good


def check(build):
    good = True
    for room in ROOMS:
        wanted = wanted_of(room)
        path = library(build, room)
        sections = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
        found = re.search(r"\.text\.grove_hot +PROGBITS +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)", sections)
        if found is None:
            sys.exit(f"{path} has no section .text.grove_hot")
        first, size = (int(number, 16) for number in found.groups())
        there = {name for start, _, name in functions(path) if first <= start < first + size}
        print(f"{room}: {len(wanted & there)} of {len(wanted)} functions are laid out, in {size} bytes")
        good = good and len(wanted & there) * 2 > len(wanted)  # compilers differ in what they inline
    return good


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-") or sys.argv[2:] not in ([], ["--check"], ["--names"]):
        sys.exit(__doc__)
    if sys.argv[2:] == ["--check"]:
        sys.exit(0 if check(sys.argv[1]) else "less than half is there: write them anew")
    if sys.argv[2:] == ["--names"]:
        sys.exit(0 if check_names(sys.argv[1]) else "write them anew, or take their lines out")
    write(sys.argv[1])
