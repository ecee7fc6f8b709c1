#!/usr/bin/python3
"""proxy_app_test.py GROVE PLUGINS [CLASS] - the plugin proxy of the built binary before other servers: grove's own, nginx and
h2o (C-050 to C-055). A server that is not installed is skipped."""
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from served import PATIENCE, Served

GROVE, PLUGINS = sys.argv[1:3]
SHIPPED = str(Path(GROVE).resolve().parent.parent / "lib" / "grove" / "apps")
SANITIZED = "libasan" in subprocess.run(["ldd", GROVE], capture_output=True, text=True, check=True).stdout
LARGE = 256 << 20
PIECE = 1 << 20


def connect(port):
    client = socket.create_connection(("127.0.0.1", port))
    client.settimeout(PATIENCE)
    return client


def read_to_end(client):
    got = b""
    while piece := client.recv(65536):
        got += piece
    return got


def get(port, target="/", fields=""):
    with connect(port) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{fields}\r\n".encode())
        return read_to_end(client)


def proxy_to(*upstreams, mount="/", entry=None, **config):
    return [{"mount": mount, "app": "proxy", "config": {"upstreams": list(upstreams), **config}, **(entry or {})}]


class Proxied(unittest.TestCase):
    def serve(self, apps, **members):
        server = Served(GROVE, [PLUGINS, SHIPPED], apps, **members)
        self.addCleanup(server.__exit__)
        return server

    def proxy(self, *upstreams, **config):
        return self.serve(proxy_to(*upstreams, **config))


class Groves(Proxied):
    """Grove before grove."""

    def test_one_of_two_upstreams_dies(self):  # C-052
        two = [self.serve([{"app": "hello"}]) for _ in range(2)]
        front = self.proxy(*(f"127.0.0.1:{each.port}" for each in two))
        for number in range(200):
            if number == 50:
                workers = two[0].workers()
                two[0].process.kill()
                for worker in workers:
                    os.kill(worker, signal.SIGKILL)
            self.assertRegex(get(front.port), b"^HTTP/1.1 200 ", number)

    def test_a_websocket_is_joined(self):  # C-054
        upstream = self.serve([{"mount": "/up", "app": "realtime"}])
        front = self.proxy(f"127.0.0.1:{upstream.port}", mount="/up")
        masked = b"\x81\x85\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"hello", b"\x01\x02\x03\x04\x01"))
        for path in ("/up/", "/up/parked"):
            with connect(front.port) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                               "Origin: http://a.test\r\n\r\n".encode())
                head = self.read_until(client, b"\r\n\r\n")
                self.assertRegex(head, b"^HTTP/1.1 101 ")
                self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head)
                for _ in range(3):
                    client.sendall(masked)
                    self.read_until(client, b"\x81\x05hello")

    def test_an_event_stream_is_not_held_back(self):  # C-050
        upstream = self.serve([{"app": "realtime"}])
        front = self.proxy(f"127.0.0.1:{upstream.port}")
        with connect(front.port) as client:
            client.sendall(b"GET /count HTTP/1.1\r\nHost: a.test\r\nLast-Event-ID: 41\r\n\r\n")
            for number in range(42, 45):
                self.read_until(client, f"data: {number}\n".encode())

    def read_until(self, client, end):
        got = b""
        while not got.endswith(end):
            piece = client.recv(1)
            self.assertTrue(piece, got)
            got += piece
        return got

    def test_a_quarter_of_a_gigabyte_passes_and_is_held_nowhere(self):  # C-050
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        sent = hashlib.sha256()
        with open(Path(folder.name) / "large", "wb") as large:
            for piece in self.pieces():
                large.write(piece)
                sent.update(piece)
        upstream = self.serve([{"mount": "/files", "app": "static", "config": {"root": folder.name}},
                               {"mount": "/upload", "app": "upload", "limits": {"body": LARGE}}])
        front = self.serve(proxy_to(f"127.0.0.1:{upstream.port}", entry={"limits": {"body": LARGE}}), workers=1)
        for path in ("/files/none", "/upload"):
            get(front.port, path)  # what a first request makes is not the body's
        (worker,) = front.workers()
        idle = self.memory(worker, "VmRSS")
        with connect(front.port) as client:
            client.sendall(b"GET /files/large HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
            self.read_until(client, b"\r\n\r\n")
            got = hashlib.sha256()
            while piece := client.recv(PIECE):
                got.update(piece)
        self.assertEqual(got.hexdigest(), sent.hexdigest())
        with connect(front.port) as client:
            client.sendall(f"POST /upload HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: {LARGE}\r\n\r\n"
                           .encode())
            for piece in self.pieces():
                client.sendall(piece)
            self.assertIn(sent.hexdigest().encode(), read_to_end(client))
        if not SANITIZED:  # which keeps what was freed
            self.assertLess(self.memory(worker, "VmHWM") - idle, 20 << 10)

    def pieces(self):
        """LARGE bytes, of which no two pieces are alike."""
        block = bytes(range(256)) * (PIECE // 256)
        return (number.to_bytes(8, "big") + block[8:] for number in range(LARGE // PIECE))

    def memory(self, pid, key):
        """In KiB."""
        return int(re.search(rf"^{key}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


class Other(Proxied):
    """Another server behind the proxy tells what it has understood. Each request goes to it alone, too."""

    def setUp(self):
        program = shutil.which(self.NAME) or shutil.which(f"/usr/sbin/{self.NAME}")
        if program is None:
            self.skipTest(f"{self.NAME} is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.folder.chmod(0o755)
        (self.folder / "root").mkdir()
        (self.folder / "root" / "a").write_text("the file a")
        (self.folder / "conf").write_text(self.configuration())
        self.upstream = subprocess.Popen([program, *self.arguments()], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(self.end)
        deadline = time.monotonic() + PATIENCE
        while not self.listens():
            self.assertIsNone(self.upstream.poll(), f"{self.NAME} has ended")
            self.assertLess(time.monotonic(), deadline, f"{self.NAME} does not listen")
            time.sleep(0.01)
        self.front = self.proxy(f"unix:{self.folder}/socket")
        self.passed = 0

    def listens(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.folder / "socket")) == 0

    def end(self):
        self.upstream.terminate()
        self.upstream.wait()

    def seen(self, count):
        """The requests that it has served, at least so many, as "METHOD TARGET"."""
        deadline = time.monotonic() + PATIENCE
        while len(lines := (self.folder / "access").read_text().splitlines()) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return lines

    def alone(self, request):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(self.folder / "socket"))
            client.sendall(request)
            return read_to_end(client)

    def test_answers_are_those_it_gives_alone(self):  # C-055
        for line, fields in (("GET /a", ""), ("HEAD /a", ""), ("GET /nothing", ""), ("GET /a?b=c%20d", ""),
                             ("GET /a", "Range: bytes=4-7\r\n"), ("GET /%61", ""), ("GET /a", "If-None-Match: *\r\n"),
                             ("GET /a", "Accept-Encoding: gzip\r\n")):
            request = f"{line} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{fields}\r\n".encode()
            with connect(self.front.port) as client:
                client.sendall(request)
                passed = read_to_end(client)
            self.assertEqual(self.parts(passed), self.parts(self.alone(request)), request)

    def parts(self, answer):
        """The status, the fields but those of the connection and of time, and the body, without its framing."""
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *fields = head.split(b"\r\n")
        own = (b"connection:", b"date:", b"keep-alive:", b"transfer-encoding:", b"content-length:", b"x-request-id:")
        kept = sorted(field for field in fields if not field.lower().startswith(own))
        if b"transfer-encoding: chunked" in head.lower():
            body = b"".join(re.findall(rb"[0-9a-f]+\r\n(.*?)\r\n", body, re.S))
        return first.split(b" ")[1], kept, body

    def test_what_it_sees_is_what_the_proxy_has_answered(self):  # C-055
        hidden = b"GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"
        last = b"GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
        length = str(len(hidden)).encode()
        chunk = f"{len(hidden):x}\r\n".encode() + hidden + b"\r\n0\r\n\r\n"
        for lines in ((b"Content-Length: 0", b"Transfer-Encoding: chunked"), (b"Transfer-Encoding: chunked", b"Content-Length: 3"),
                      (b"Content-Length: 0", b"Content-Length: " + length), (b"Content-Length: 0, " + length,),
                      (b"Content-Length: +0",), (b"Content-Length: " + length + b" ",), (b"Content-Length:" + length,),
                      (b"Content_Length: " + length,), (b"Connection: Content-Length", b"Content-Length: " + length),
                      (b"Transfer-Encoding: chunked",), (b"Transfer-Encoding: xchunked",), (b"Transfer-Encoding: chunked, identity",),
                      (b"Transfer-Encoding:\x0bchunked",), (b"Transfer-Encoding", b" : chunked"), (b"Transfer-Encoding : chunked",),
                      (b"X: y", b" Transfer-Encoding: chunked"), (b"Transfer_Encoding: chunked",), (b"X: \0",), (b"X: a\rb",),
                      (b"Transfer-Encoding: chunked", b"Connection: Transfer-Encoding"), (b"X: a\nContent-Length: " + length,),
                      (b"Upgrade: h2c", b"Connection: Upgrade"), (b"Expect: nothing",), ()):
            for body in (hidden, chunk, b"0\r\n\r\n" + hidden):
                head = b"\r\n".join((b"POST /first HTTP/1.1", b"Host: a.test", *lines, b"", b""))
                with self.subTest(head=head, body=body):
                    self.compare(head + body + last)
        self.assertGreater(self.passed, 10)  # some are requests one behind the other

    def compare(self, request):
        """The first request may have been begun, and then be refused for its body; of those behind it none may."""
        before = len(self.seen(0))
        with connect(self.front.port) as client:
            client.sendall(request)
            said = read_to_end(client)
        _, first, *others = re.split(rb"(?=HTTP/1\.1 \d\d\d )", said)
        passed = [answer for answer in others if re.search(self.OWN, answer, re.M)]
        self.passed += len(passed)
        count = len(passed) + (re.search(self.OWN, first, re.M) is not None)
        seen = [name for name in self.seen(before + count)[before:] if name != "POST /first"]
        self.assertEqual(len(seen), len(passed), (seen, said))
        for answer, name in zip(passed, seen):
            for saw in re.findall(rb"^X-Saw: (.*)\r$", answer, re.M):
                self.assertEqual(saw.decode(), name)


class Nginx(Other):
    NAME, OWN = "nginx", rb"^Server: nginx"

    def configuration(self):
        paths = "".join(f"{name}_temp_path {self.folder}/{name};" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error;
            events {{}}
            http {{ {paths} log_format seen "$request_method $request_uri"; access_log {self.folder}/access seen;
                server {{ listen unix:{self.folder}/socket; root {self.folder}/root;
                    add_header X-Saw "$request_method $request_uri" always; }} }}"""

    def arguments(self):
        return ["-p", str(self.folder), "-e", str(self.folder / "error"), "-c", str(self.folder / "conf")]


class H2o(Other):
    NAME, OWN = "h2o", rb"^Server: h2o"

    def configuration(self):
        return f"""listen: {{type: unix, port: {self.folder}/socket, permission: 666}}
num-threads: 1
access-log: {{path: {self.folder}/access, format: "%m %U%q"}}
hosts: {{default: {{paths: {{/: {{file.dir: {self.folder}/root}}}}}}}}
"""

    def arguments(self):
        return ["-m", "worker", "-c", str(self.folder / "conf")]


del Other, Proxied  # which are no tests by themselves

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
