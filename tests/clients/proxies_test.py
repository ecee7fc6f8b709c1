#!/usr/bin/python3
"""proxies_test.py GROVE PLUGINS SOURCE [CLASS] - WebSockets and event streams through nginx and HAProxy, with the very blocks of
http/realtime.md. A proxy that is not installed is skipped."""
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from served import PATIENCE, Served

GROVE, PLUGINS, SOURCE = sys.argv[1:4]
HOST = "a.test:8080"
UPGRADE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
MASKED_HELLO = b"\x81\x85\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"hello", b"\x01\x02\x03\x04\x01"))


def block(language):
    """The one of the guide in that language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", (Path(SOURCE) / "http" / "realtime.md").read_text(), re.M | re.S)
    return text


class Behind:
    """A conversation with grove behind a proxy that listens on a unix socket."""

    def setUp(self):
        self.program = shutil.which(self.NAME) or shutil.which(f"/usr/sbin/{self.NAME}")
        if self.program is None:
            self.skipTest(f"{self.NAME} is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.server = Served(GROVE, [PLUGINS], [{"mount": "/", "app": "realtime"}])
        self.addCleanup(self.server.__exit__)
        text = block(self.NAME).replace("127.0.0.1:8000", f"127.0.0.1:{self.server.port}")
        self.assertIn(self.LISTENS, text)
        text = text.replace(self.LISTENS, self.LISTENS_HERE.format(self.folder / "socket"))
        (self.folder / "conf").write_text(self.around(text))
        self.proxy = subprocess.Popen([self.program, *self.arguments()])
        self.addCleanup(self.end)
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "socket").exists():
            self.assertIsNone(self.proxy.poll(), f"{self.NAME} has ended")
            self.assertLess(time.monotonic(), deadline, f"{self.NAME} does not listen")
            time.sleep(0.01)

    def end(self):
        self.proxy.terminate()
        self.proxy.wait()

    def ask(self, path, fields=""):
        """@return the client, and its answer up to the head's end"""
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.settimeout(PATIENCE)
        client.connect(str(self.folder / "socket"))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n".encode())
        return client, self.read_until(client, b"\r\n\r\n").decode()

    def read_until(self, client, end):
        got = b""
        while not got.endswith(end):
            piece = client.recv(1)
            self.assertTrue(piece, got)
            got += piece
        return got

    def test_a_websocket_of_a_page_passes(self):
        for path in ("/", "/parked"):
            client, head = self.ask(path, UPGRADE + f"Origin: http://{HOST}\r\n")
            self.assertRegex(head, "^HTTP/1.1 101 ")
            client.sendall(MASKED_HELLO)
            self.read_until(client, b"\x81\x05hello")

    def test_a_websocket_of_another_page_does_not(self):  # WS-003
        _, head = self.ask("/", UPGRADE + "Origin: http://b.test\r\n")
        self.assertRegex(head, "^HTTP/1.1 403 ")

    def test_events_come_as_they_are_sent(self):
        client, head = self.ask("/count", "Last-Event-ID: 41\r\n")
        self.assertRegex(head, "^HTTP/1.1 200 ")
        for number in range(42, 45):
            self.read_until(client, f"data: {number}\n".encode())

    def test_an_ordinary_answer_passes(self):
        _, head = self.ask("/page")
        self.assertRegex(head, "^HTTP/1.1 200 ")


class Nginx(Behind, unittest.TestCase):
    NAME, LISTENS, LISTENS_HERE = "nginx", "listen 8080;", "listen unix:{};"

    def around(self, text):
        paths = "".join(f"{name}_temp_path {self.folder}/{name};" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error;\nevents {{}}\n" \
               f"http {{ access_log off; {paths}\n{text}}}\n"

    def arguments(self):
        return ["-p", str(self.folder), "-e", str(self.folder / "error"), "-c", str(self.folder / "conf")]


class HAProxy(Behind, unittest.TestCase):
    NAME, LISTENS, LISTENS_HERE = "haproxy", "bind :8080", "bind unix@{}"

    def around(self, text):
        return text

    def arguments(self):
        return ["-db", "-f", str(self.folder / "conf")]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
