"""What is measured: each scenario gives {server: {figure: value}} for one round."""
import os, re, shutil, socket, subprocess, time

from servers import LARGE, cpu_ns, rss_bytes, user_share

BROWSER = """wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
wrk.headers["Accept-Language"] = "en-GB,en;q=0.7,de;q=0.3"
wrk.headers["Accept-Encoding"] = "gzip, deflate, br"
wrk.headers["Cookie"] = "session=5f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f; theme=light"
wrk.headers["Upgrade-Insecure-Requests"] = "1"
wrk.headers["Sec-Fetch-Mode"] = "navigate"
"""
PIPELINED = """init = function() local one = wrk.format() local all = {} for i = 1, 16 do all[i] = one end
batch = table.concat(all) end
request = function() return batch end
"""
POST = 'wrk.method = "POST" wrk.body = string.rep("x", 1024)\n'
CLOSE = 'wrk.headers["Connection"] = "close"\n'


def wrk(folder, url, seconds, connections, script="", core="1"):
    """@return requests answered, and the 99th percentile of their latency in ms"""
    file = os.path.join(folder, "load.lua")
    with open(file, "w") as lua:
        lua.write(script)
    text = subprocess.run(["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s",
                           file, url], capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if bad:
        raise RuntimeError(f"{url}: {bad[0]}")
    if requests == 0:
        raise RuntimeError(f"{url}: no answer within {seconds} s")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text).groups()
    return requests, float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


class Requests:
    """CPU time of a server per request, and how much of it is not the kernel's.

    only:   the servers that can do it; without: all, but TLS is for grove and nginx.
    beside: started in another way too, in the same rounds, to be compared with: {"log": False}
    how:    what the servers are started with
    """

    def __init__(self, title, connections=64, path="/", script="", tls=False, only=None, beside=None, **how):
        self.title, self.connections, self.path, self.script = title, connections, path, script
        self.tls, self.only, self.beside, self.how = tls, only, beside, how

    def contestants(self, available):
        """[(name, server, how)]"""
        names = [name for name in available if name in (self.only or available)]
        if self.tls:
            names = [name for name in names if name not in ("floor", "gevent")]
        found = [(name, name, self.how) for name in names]
        if self.beside is not None:
            found += [(name + " else", name, {**self.how, **self.beside}) for name in names if name != "floor"]
        return found

    def round(self, shop, name, how, seconds):
        server = getattr(shop, name)(**how)
        try:
            scheme, port = ("https", server.tls_port) if self.tls else ("http", server.port)
            url = f"{scheme}://127.0.0.1:{port}{how.get('path', self.path)}"
            to_connect = self.connections // 1000  # seconds
            wrk(shop.folder, url, 1 + to_connect, self.connections, self.script)
            before = cpu_ns(server.pids())
            requests, p99 = wrk(shop.folder, url, seconds + to_connect, self.connections, self.script)
            us = (cpu_ns(server.pids()) - before) / 1e3 / requests
            return {"us": us, "user_us": us * user_share(server.pids()), "p99_ms": p99}
        finally:
            server.stop()


class Proxied(Requests):
    """Of a server that passes each request on to the floor, which shares wrk's core and is not counted."""

    def round(self, shop, name, how, seconds):
        upstream = shop.floor(cores="1", **how)
        try:
            return super().round(shop, name, {**how, "upstream": upstream.port}, seconds)
        finally:
            upstream.stop()


class SlowBesideFast(Requests):
    """64 connections whose handlers sleep 10 ms each, beside 16 with quick ones."""

    def round(self, shop, name, how, seconds):
        server = shop.grove()
        try:
            base = f"http://127.0.0.1:{server.port}"
            slow = subprocess.Popen(["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds + 1}s",
                                     base + "/stream?chunks=1&size=13&delay=0.01"], stdout=subprocess.DEVNULL)
            time.sleep(0.5)
            _, p99 = wrk(shop.folder, base + "/", seconds, 16)
            slow.wait()
            return {"p99_ms": p99}
        finally:
            server.stop()


class SystemCalls(Requests):
    """strace's count, divided by the requests: its own slowness does not matter here."""

    def contestants(self, available):
        return super().contestants(available) if shutil.which("strace") else []

    def round(self, shop, name, how, seconds):
        server = shop.grove()
        try:
            file = os.path.join(shop.folder, "strace")
            pids = server.pids()
            every = [word for pid in pids for word in ("-p", str(pid))]
            tracer = subprocess.Popen(["strace", "-f", "-c", "-o", file] + every, stderr=subprocess.PIPE, text=True)
            for _ in pids:  # "strace: Process 123 attached"
                tracer.stderr.readline()
            requests, _ = wrk(shop.folder, f"http://127.0.0.1:{server.port}/", seconds, 64)
            tracer.terminate()
            tracer.wait()
            return {"calls": int(re.search(r"100\.00\s+\S+\s+\S*\s+(\d+).*total", open(file).read())[1]) / requests}
        finally:
            server.stop()


def open_idle(port, count):
    """Keep-alive connections that have had one answer each."""
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        clients.append(client)
        if len(clients) % 100 == 0:
            for waiting in clients[-100:]:
                waiting.recv(65536)
    return clients


class Idle(Requests):
    """Resident bytes and CPU of 10,000 connections that say nothing."""

    def __init__(self, title, count=10000, **how):
        super().__init__(title, only=("grove", "nginx"), **how)
        self.count = count

    def round(self, shop, name, how, seconds):
        server = getattr(shop, name)(**how)
        try:
            for client in open_idle(server.port, 200):  # what is made once is made before
                client.close()
            time.sleep(0.3)
            before = rss_bytes(server.pids())
            clients = open_idle(server.port, self.count)
            time.sleep(0.5)
            grown = rss_bytes(server.pids()) - before
            cpu = cpu_ns(server.pids())
            time.sleep(5)
            cores = (cpu_ns(server.pids()) - cpu) / 5e9
            for client in clients:
                client.close()
            return {"bytes": grown / self.count, "cores": cores}
        finally:
            server.stop()


class Burst(Requests):
    """Requests that all run at once: what stays of their memory 15 s later, as a part of what they took."""

    def __init__(self, title, count=8000):
        super().__init__(title, only=("grove",))
        self.count = count

    def round(self, shop, name, how, seconds):
        server = shop.grove(pool=self.count)
        try:
            for client in open_idle(server.port, 200):
                client.close()
            time.sleep(0.3)
            before = rss_bytes(server.pids())
            clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(self.count)]
            for client in clients:
                client.sendall(b"GET /stream?chunks=1&size=13&delay=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(1)
            peak = rss_bytes(server.pids())
            for client in clients:
                client.recv(65536)
                client.close()
            time.sleep(15)
            return {"peak_mb": (peak - before) / 1e6, "left": (rss_bytes(server.pids()) - before) / (peak - before)}
        finally:
            server.stop()


ALL = {
    "keepalive": Requests("keep-alive, 64 connections, bare GET"),
    "browser": Requests("the same with a browser's head", script=BROWSER),
    "pipelined": Requests("pipelined, 16 at a time", script=PIPELINED, only=("floor", "grove", "nginx")),
    "post": Requests("POST 1 KiB, read in full", script=POST),
    "upload": Requests("POST 1 MiB, read in full", connections=8, script=POST.replace("1024", str(LARGE)),
                       only=("grove", "nginx")),
    "close": Requests("a connection per request", script=CLOSE, close=True),
    "defer": Requests("the same with defer_accept", script=CLOSE, close=True, defer=True,
                      only=("floor", "grove", "nginx")),
    "memory": Requests("1 MiB from memory", connections=8, path=f"/stream?chunks=1&size={LARGE}", body=LARGE,
                       only=("floor", "grove")),
    "generator": Requests("10 pieces of 16 B from a generator, else a list", path="/pieces/generator",
                          beside={"path": "/pieces/list"}, pieces=True, only=("grove",)),
    "small": Requests("1 KiB from a file, beside nginx's open_file_cache", path="/files/small", only=("grove", "nginx"),
                      more="open_file_cache max=1000;"),
    "file": Requests("1 MiB from a file", connections=8, path="/files/large", only=("grove", "nginx")),
    "tls": Requests("TLS, keep-alive", tls=True),
    "handshake": Requests("TLS, a handshake per request", connections=16, tls=True, script=CLOSE),
    "log": Requests("keep-alive with an access log", log=True, beside={"log": False}, only=("grove", "nginx")),
    "workers": Requests("keep-alive, two workers", workers=2, beside={"workers": 1}, only=("grove", "nginx")),
    "slow": SlowBesideFast("16 fast clients beside 64 slow handlers", only=("grove",)),
    "calls": SystemCalls("system calls a keep-alive request", only=("grove",)),
    "proxy": Proxied("passed on to an upstream, keep-alive", path="/proxied", only=("grove", "nginx")),
    "proxy_post": Proxied("the same, POST 1 KiB", path="/proxied", script=POST, only=("grove", "nginx")),
    "idle": Idle("10,000 idle connections"),
    "burst": Burst("8,000 requests at once, 15 s later"),
}
