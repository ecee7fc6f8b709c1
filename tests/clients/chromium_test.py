#!/usr/bin/python3
"""chromium_test.py GROVE PLUGINS - headless Chromium's WebSocket and EventSource, over TCP and TLS.

chromedriver is told by the WebDriver protocol (W3C) what the browser does. Without chromium all is skipped."""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

from served import PATIENCE, Served

GROVE, PLUGINS = sys.argv[1:3]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Browser:
    """A browser of its own, with a profile of its own. Ends with its block."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.url = f"http://127.0.0.1:{line.split()[-1].rstrip('.')}/session"
                break
        else:
            raise RuntimeError("chromedriver has ended, and not said where it listens")
        options = {"args": FLAGS + [f"--user-data-dir={self.profile.name}"], "binary": shutil.which("chromium")}
        try:
            session = self.ask("POST", "", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "acceptInsecureCerts": True, "goog:chromeOptions": options}}})
        except BaseException:
            self.end()
            raise
        self.url += "/" + session["sessionId"]
        self.ask("POST", "/timeouts", {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000})

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """@return what the script gives to done(), which is its last argument"""
        script = "const done = arguments[arguments.length - 1];" + script
        return self.ask("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def now(self, expression):
        return self.ask("POST", "/execute/sync", {"script": f"return {expression};", "args": []})

    def end(self):
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        self.profile.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        finally:
            self.end()


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
        for program in ("chromium", "chromedriver"):
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")

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
                self.assertEqual(browser.run(ECHO, path), {
                    "protocol": "first", "text": True, "bytes": True, "code": 4123,
                    "reason": "", "clean": True})
            self.assertEqual(browser.run(BYE), [4001, "bye", True])
        self.each(test)

    def test_a_websocket_is_told_when_a_reload_has_replaced_its_worker(self):  # WS-030
        def test(browser, server):
            browser.run(GONE)
            server.reload()
            browser.run(UNTIL % "window.wasClosed")
            self.assertEqual(browser.now("window.wasClosed"), [1001, "going away", True])
        self.each(test)

    def test_an_event_source_goes_on_where_a_reload_has_cut_it_off(self):  # SSE-001, SSE-003
        def test(browser, server):
            browser.run(LISTEN)
            server.reload()
            browser.run(UNTIL % "window.opened === 2")
            reached = browser.now("numbers.length")
            browser.run(UNTIL % f"numbers.length > {reached + 3}")
            numbers = browser.now("numbers")
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.each(test)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
