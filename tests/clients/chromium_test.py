#!/usr/bin/python3
"""chromium_test.py GROVE PLUGINS - headless Chromium's WebSocket and EventSource, over TCP and TLS.

Without chromium all is skipped."""
import sys
import unittest
from pathlib import Path

from served import Served

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from browser import Browser, missing  # noqa: E402

GROVE, PLUGINS = sys.argv[1:3]


def run(browser, script, *arguments):
    """@return what the script gives to done()"""
    return browser.run("return new Promise(done => {" + script + "});", *arguments)


ECHO = """
const socket = new WebSocket(location.origin.replace('http', 'ws') + arguments[0], ['other', 'first']);
const bytes = new Uint8Array(1 << 20).map((_, at) => at * 7), text = '\\u20ac'.repeat(349525), got = [];
socket.binaryType = 'arraybuffer';
socket.onopen = () => { socket.send(text); socket.send(bytes); };
socket.onmessage = event => {
  if (got.push(event.data) === 2) socket.close(4123, 'enough');
};
socket.onclose = event => done({
  protocol: socket.protocol, text: got[0] === text,
  bytes: got.length === 2 && got[1].byteLength === bytes.length && new Uint8Array(got[1]).every((b, i) => b === bytes[i]),
  code: event.code, reason: event.reason, clean: event.wasClean});
"""
BYE = """
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/bye');
socket.onopen = () => socket.send('x');
socket.onclose = event => done([event.code, event.reason, event.wasClean]);
"""
GONE = """
window.socket = new WebSocket(location.origin.replace('http', 'ws') + '/parked');
window.wasClosed = null;
socket.onclose = event => { window.wasClosed = [event.code, event.reason, event.wasClean]; };
socket.onopen = () => done(true);
"""
LISTEN = """
window.numbers = [];
window.opened = 0;
const events = new EventSource('/count');
events.onopen = () => { ++window.opened; };
events.onmessage = event => { if (numbers.push(Number(event.data)) === 3) done(true); };
"""
UNTIL = """
const look = () => { (%s) ? done(true) : setTimeout(look, 20); };
look();
"""


class Chromium(unittest.TestCase):
    def setUp(self):
        if package := missing():
            self.skipTest(f"{package} is not installed")

    def each(self, test):
        """Over TCP and over TLS, by a page of the server's own."""
        with Browser() as browser:
            for tls in (False, True):
                with self.subTest(tls=tls), Served(GROVE, [PLUGINS], [{"mount": "/", "app": "realtime"}], tls) as server:
                    browser.open(f"{'https' if tls else 'http'}://localhost:{server.port}/page")
                    test(browser, server)

    def test_a_websocket_sends_and_receives_and_closes(self):  # WS-004, WS-012, WS-020
        def test(browser, _):
            for path in ("/", "/parked"):
                self.assertEqual(run(browser, ECHO, path), {
                    "protocol": "first", "text": True, "bytes": True, "code": 4123,
                    "reason": "", "clean": True})
            self.assertEqual(run(browser, BYE), [4001, "bye", True])
        self.each(test)

    def test_a_websocket_is_told_when_a_reload_has_replaced_its_worker(self):  # WS-030
        def test(browser, server):
            run(browser, GONE)
            server.reload()
            run(browser, UNTIL % "window.wasClosed")
            self.assertEqual(browser.run("return window.wasClosed"), [1001, "going away", True])
        self.each(test)

    def test_an_event_source_goes_on_where_a_reload_has_cut_it_off(self):  # SSE-001, SSE-003
        def test(browser, server):
            run(browser, LISTEN)
            server.reload()
            run(browser, UNTIL % "window.opened === 2")
            reached = browser.run("return numbers.length")
            run(browser, UNTIL % f"numbers.length > {reached + 3}")
            numbers = browser.run("return numbers")
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.each(test)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
