#!/usr/bin/python3
"""websockets_test.py GROVE PLUGINS [CLASS] - WebSockets of both styles with Debian's python3-websockets and node's ws (RFC 6455).

node's ws is taken from NODE_PATH, or is installed by npm into a temporary folder. What is not there is skipped."""
import asyncio
import os
import resource
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

try:
    import websockets
except ImportError:
    websockets = None

GROVE, PLUGINS = sys.argv[1:3]
APPS = [{"mount": "/", "app": "realtime"}]
STYLES = ("/", "/parked")
MUCH = 1 << 20


def served(**members):
    return Served(GROVE, [PLUGINS], APPS, **members)


@unittest.skipIf(websockets is None, "python3-websockets is not installed")
class Websockets(unittest.TestCase):
    def talk(self, conversation, **options):
        """Has the conversation with the server, in either style."""
        async def all_styles(port):
            for path in STYLES:
                with self.subTest(path):
                    socket = await websockets.connect(f"ws://127.0.0.1:{port}{path}", max_size=2 * MUCH,
                                                      open_timeout=PATIENCE, close_timeout=PATIENCE,
                                                      ping_interval=None, **options)
                    await asyncio.wait_for(conversation(socket), PATIENCE)
                    await socket.close()

        with served() as server:
            asyncio.run(all_styles(server.port))

    def test_a_mebibyte_comes_back(self):  # WS-012, WS-013
        async def conversation(socket):
            for message in ("\u20ac" * (MUCH // 3), os.urandom(MUCH), "", b""):
                await socket.send(message)
                self.assertEqual(await socket.recv(), message)
        self.talk(conversation)

    def test_fragments_come_back_as_one_message(self):  # WS-012
        async def conversation(socket):
            for pieces in (["a", "\u20ac", "", "b"], [b"\0" * 70000, b"\xff"]):
                await socket.send(iter(pieces))
                self.assertEqual(await socket.recv(), type(pieces[0])().join(pieces))
        self.talk(conversation)

    def test_pings_are_answered(self):  # WS-015
        async def conversation(socket):
            for payload in (b"", b"x" * 125):
                await (await socket.ping(payload))
        self.talk(conversation)

    def test_the_clients_close_code_is_echoed(self):  # WS-020
        async def conversation(socket):
            await socket.close(4123, "enough")
            self.assertEqual(socket.close_code, 4123)
        self.talk(conversation)

    def test_the_servers_close_code_comes(self):  # WS-020
        async def conversation(port):
            async with websockets.connect(f"ws://127.0.0.1:{port}/bye") as socket:
                await socket.send("x")
                with self.assertRaises(websockets.ConnectionClosed):
                    await asyncio.wait_for(socket.recv(), PATIENCE)
                self.assertEqual((socket.close_code, socket.close_reason), (4001, "bye"))
        with served() as server:
            asyncio.run(conversation(server.port))

    def test_a_message_beyond_the_limit_closes_with_1009(self):  # WS-034
        async def conversation(socket):
            with self.assertRaises(websockets.ConnectionClosed):
                await socket.send(b"x" * (MUCH + 1))
                await socket.recv()
            self.assertEqual(socket.close_code, 1009)
        self.talk(conversation)

    def test_the_servers_first_subprotocol_is_chosen(self):  # WS-004
        async def conversation(socket):
            self.assertEqual(socket.subprotocol, "second")
        self.talk(conversation, subprotocols=["other", "first", "second"])

    def test_messages_are_compressed(self):  # WS-040
        async def conversation(socket):
            # Of websockets 14 and of those before.
            headers = socket.response.headers if hasattr(socket, "response") else socket.response_headers
            self.assertIn("permessage-deflate", headers["Sec-WebSocket-Extensions"])
            await socket.send("x" * MUCH)
            self.assertEqual(await socket.recv(), "x" * MUCH)
        self.talk(conversation, compression="deflate")


class Stop(unittest.TestCase):
    """TERM and HUP with a thousand sockets open, or GROVE_TEST_SOCKETS (WS-030). On a machine that does nothing else,
    GROVE_TEST_STOP_SECONDS=2 bounds the time of the stop."""
    COUNT = int(os.environ.get("GROVE_TEST_SOCKETS", "1000"))

    def setUp(self):
        wanted = self.COUNT + 200
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            except (ValueError, PermissionError):
                self.skipTest(f"{wanted} open files are needed, and the limit, which is {hard}, may not be raised here")
        elif soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

    def open(self, port):
        """As many sockets, half of them of either style. Each is at its first frame."""
        clients = []
        for number in range(self.COUNT):
            # From several addresses, as each has ports for some 28,000 connections.
            source = (f"127.0.0.{2 + number % 8}", 0)
            client = socket.create_connection(("127.0.0.1", port), PATIENCE, source)
            self.addCleanup(client.close)
            client.sendall(f"GET {STYLES[number % 2]} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
            self.assertTrue(head.endswith(b"\r\n\r\n"), head)
            clients.append(client)
        return clients

    def read_to_end(self, client):
        frames = b""
        while piece := client.recv(4096):
            frames += piece
        return frames

    def served(self, **timeouts):
        limits = {"max_connections": self.COUNT + 10, "limits": {"websockets": self.COUNT}}
        return served(pool=None, timeouts={"shutdown": 30, **timeouts}, **limits)

    GOING_AWAY = b"\x88\x0c\x03\xe9going away"

    def test_each_is_told_at_a_stop_which_waits_for_none_of_them(self):
        with self.served() as server:
            clients = self.open(server.port)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.line_with("stop: all requests are answered")
            self.assertEqual(server.process.wait(PATIENCE), 0)
            took = time.monotonic() - began
            print(f"{self.COUNT} sockets: {took:.2f} s from TERM to the end", file=sys.stderr)
            if "GROVE_TEST_STOP_SECONDS" in os.environ:
                self.assertLess(took, float(os.environ["GROVE_TEST_STOP_SECONDS"]))
            for client in clients:
                self.assertEqual(self.read_to_end(client), self.GOING_AWAY)

    def test_each_is_told_when_a_reload_has_replaced_its_worker(self):
        with self.served(drain_delay=1) as server:
            clients = self.open(server.port)
            server.reload()
            for client in clients:
                self.assertEqual(client.recv(4096), self.GOING_AWAY)
                client.close()
            server.line_with("reload: all connections are finished")


CONVERSATION = """
const WebSocket = require('ws'), assert = require('assert'), crypto = require('crypto');
const [base, deflate] = process.argv.slice(2);
const connect = (path, protocols) =>
  new WebSocket(base + path, protocols, {perMessageDeflate: deflate === '1', maxPayload: 1 << 22});
const next = (socket, event) => new Promise((resolve, reject) => {
  socket.once('error', reject);
  socket.once(event, (...values) => { socket.off('error', reject); resolve(values); });
});
async function main() {
  for (const path of ['/', '/parked']) {
    const socket = connect(path, ['other', 'first', 'second']);
    await next(socket, 'open');
    assert.strictEqual(socket.protocol, 'second');
    assert.strictEqual(socket.extensions.startsWith('permessage-deflate'), deflate === '1');
    for (const [message, binary] of [['\\u20ac'.repeat(349525), false], [crypto.randomBytes(1 << 20), true]]) {
      socket.send(message);
      const [data, isBinary] = await next(socket, 'message');
      assert.strictEqual(isBinary, binary);
      assert(Buffer.from(message).equals(data));
    }
    for (const [piece, fin] of [['a', false], ['', false], ['b', true]]) socket.send(piece, {fin});
    assert.strictEqual((await next(socket, 'message'))[0].toString(), 'ab');
    socket.ping('there?');
    assert.strictEqual((await next(socket, 'pong'))[0].toString(), 'there?');
    socket.close(4123, 'enough');
    const [code, reason] = await next(socket, 'close');
    assert.deepStrictEqual([code, reason.toString()], [4123, '']);  // the code is echoed, not the reason
  }
  const socket = connect('/bye');
  await next(socket, 'open');
  socket.send('x');
  const [code, reason] = await next(socket, 'close');
  assert.deepStrictEqual([code, reason.toString()], [4001, 'bye']);
}
main().then(() => console.log('all is well'), error => { console.error(error); process.exit(1); });
"""


class NodesWs(unittest.TestCase):
    """Echo, fragments, pings, close codes and subprotocols (WS-004, WS-012, WS-015, WS-020)."""

    def setUp(self):
        if shutil.which("node") is None:
            self.skipTest("node is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.environment = dict(os.environ)
        if self.has_ws():
            return
        if shutil.which("npm") is None:
            self.skipTest("node has no ws, and npm is not installed")
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "ws@8"], cwd=self.folder,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            self.skipTest(f"node's ws cannot be installed: {done.stderr.strip()[:200]}")
        self.environment["NODE_PATH"] = str(self.folder / "node_modules")

    def has_ws(self):
        return subprocess.run(["node", "-e", "require('ws')"], env=self.environment, cwd=self.folder,
                              stderr=subprocess.DEVNULL).returncode == 0

    def talk(self, deflate):
        script = self.folder / "talk.js"
        script.write_text(CONVERSATION)
        with served() as server:
            done = subprocess.run(["node", str(script), f"ws://127.0.0.1:{server.port}", deflate],
                                  env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "all is well\n", ""))

    def test_it_talks(self):
        self.talk("0")

    def test_it_talks_with_compression(self):  # WS-040
        self.talk("1")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
