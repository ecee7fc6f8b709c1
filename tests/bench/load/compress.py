#!/usr/bin/env python3
"""Measures what gzip costs grove's middleware compress and nginx's gzip module: the table of http/web/README.md,
"Compression".

    tests/bench/load/compress.py [--build DIR] [--only json,html] [--rounds 5] [--requests 2000] [--level 6]

Builds a Release first, unless --build names one; nginx is found on PATH, and without it nothing is measured. Both
servers send the same files at the same level, which the client inflates once a run and compares. Each server runs on
core 0 and is started anew for each run, the client is this program on core 1; the servers take turns within a round,
and the next round has them the other way round. Figures are bytes of a body, and CPU time of the server's processes a
request, medians of the rounds'; the ratio is the median of the rounds'.
"""
import argparse, json, os, random, shutil, socket, statistics, subprocess, sys, tempfile, zlib

from run import ROOT, build
from servers import Server, Workshop, cpu_ns, free_port

WORDS = """account address amount answer author begin body bytes client country created customer delivery description
empty error example first greenlet height index invoice item language length limit list message method name number
order page payment phone price product quantity record region request response result route second server session
shipping state status street subject summary table time title total updated user value version weight width""".split()


def text(dice, words):
    return " ".join(dice.choice(WORDS) for _ in range(words))


def json_text(size):
    """Records such as a list of an API has, cut to the size by the last one's note."""
    dice, records = random.Random(1), []
    while len(json.dumps(records)) < size - 400:
        records.append({"id": dice.randrange(10**6), "name": text(dice, 2), "email": f"{dice.choice(WORDS)}@example.org",
                        "total": dice.randrange(10**5) / 100, "paid": dice.random() < 0.5,
                        "created": f"2024-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}T08:00:00Z",
                        "note": text(dice, 12)})
    records[-1]["note"] += "." * (size - len(json.dumps(records)))
    return json.dumps(records)


def html_text(size):
    dice, page = random.Random(2), "<!doctype html><html><head><title>Orders</title></head><body><table>\n"
    while len(page) < size - 400:
        page += (f'<tr class="{dice.choice(WORDS)}"><td><a href="/orders/{dice.randrange(10**6)}">{text(dice, 2)}</a></td>'
                 f"<td>{dice.randrange(10**5) / 100}</td><td>{text(dice, 8)}</td></tr>\n")
    end = "</table></body></html>\n"
    return page + " " * (size - len(page) - len(end)) + end


FILES = {"json": ("JSON, 64 KiB", "records.json", json_text(65536)),
         "html": ("HTML, 16 KiB", "page.html", html_text(16384))}


def grove(shop, level):
    port = free_port()
    coding = {"app": "compress", "config": {"level": level, "br": False, "zstd": False}}
    config = {"listen": [f"127.0.0.1:{port}"],
              "apps": [{"mount": "/files", "app": "static", "config": {"root": "site"}, "around": [coding]}],
              "log": {"access": "off", "error": "error.log", "level": "error"}}
    with open(shop.path("compress.json"), "w") as file:
        json.dump(config, file)
    return Server([shop.grove_binary, "serve", shop.path("compress.json")], port)


def nginx(shop, level):
    return shop.nginx(more=f"gzip on; gzip_comp_level {level}; gzip_min_length 1024; "
                           "types { text/html html; application/json json; } gzip_types application/json;")


SERVERS = {"grove": grove, "nginx": nginx}


class Client:
    """One kept connection."""

    def __init__(self, port, name):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.file = self.socket.makefile("rb")
        self.request = f"GET /files/{name} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n".encode()

    def ask(self):
        """@return the body, as it came"""
        self.socket.sendall(self.request)
        status, fields = self.file.readline(), {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, value = line.decode().split(": ", 1)
            fields[name.lower()] = value.strip()
        if b" 200 " not in status or fields.get("content-encoding") != "gzip":
            raise RuntimeError(f"not compressed: {status!r} {fields}")
        if "content-length" in fields:
            return self.file.read(int(fields["content-length"]))
        body = b""
        while size := int(self.file.readline(), 16):
            body += self.file.read(size)
            self.file.readline()
        self.file.readline()
        return body

    def close(self):
        self.file.close()
        self.socket.close()


def run(shop, server_name, key, options):
    """@return bytes of a body, us a request"""
    _, name, plain = FILES[key]
    server = SERVERS[server_name](shop, options.level)
    try:
        client = Client(server.port, name)
        body = client.ask()
        if zlib.decompress(body, 31) != plain.encode():
            raise RuntimeError(f"{server_name}: {name} is another one")
        for _ in range(100):
            client.ask()
        before = cpu_ns(server.pids())
        for _ in range(options.requests):
            client.ask()
        took = cpu_ns(server.pids()) - before
        client.close()
        return len(body), took / 1e3 / options.requests
    finally:
        server.stop()


def measure(shop, key, options):
    """{server: [(bytes, us) a round]}"""
    runs = {name: [] for name in SERVERS}
    for number in range(options.rounds):
        for name in SERVERS if number % 2 == 0 else reversed(SERVERS):
            runs[name].append(run(shop, name, key, options))
    return runs


def row(key, runs):
    title, _, plain = FILES[key]
    cells = [title]
    for name in SERVERS:
        size = runs[name][0][0]
        cells += [f"{size:,}", f"{len(plain) / size:.2f}", f"{statistics.median(us for _, us in runs[name]):.0f} us"]
    of = statistics.median(a[1] / b[1] for a, b in zip(runs["grove"], runs["nginx"]))
    return f"| {' | '.join(cells)} | {of:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(FILES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--level", type=int, default=6)
    options = parser.parse_args()
    if shutil.which("nginx") is None:
        print("nginx is not installed: there is nothing to compare with")
        return 77
    folder = os.path.abspath(options.build or os.path.join(ROOT, "build", "load"))
    if not options.build:
        build(folder)
        subprocess.run(["cmake", "--build", folder, "-j", "2", "--target", "compress"], check=True,
                       stdout=subprocess.DEVNULL)
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as scratch:
        shop = Workshop(scratch, f"{folder}/bin/grove", "")
        for _, name, plain in FILES.values():
            with open(shop.path(f"site/{name}"), "w") as file:
                file.write(plain)
        print(f"| gzip, level {options.level} | grove | of it | CPU | nginx | of it | CPU | of nginx |\n" + "|---" * 8 + "|")
        for key in options.only.split(","):
            print(row(key, measure(shop, key, options)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
