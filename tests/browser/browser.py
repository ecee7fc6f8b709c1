"""browser.py - a headless Chromium, driven by chromedriver as W3C's WebDriver says."""
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
PATIENCE = 120  # seconds


def missing():
    """What is not installed; None: nothing."""
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if shutil.which(program) is None:
            return package
    return None


class Browser:
    """Starts with a profile of its own; ends with close(), or with its block. Elements are named by CSS selectors."""

    def __init__(self):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._base = None
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self):
        for line in self._driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                break
        else:
            raise RuntimeError("chromedriver has ended, and not said where it listens")
        base = f"http://127.0.0.1:{found[1]}/session"
        options = {"binary": shutil.which("chromium"), "args": [*FLAGS, f"--user-data-dir={self._profile.name}"],
                   "prefs": {"profile.cookie_controls_mode": 0, "profile.block_third_party_cookies": False}}
        made = self._ask(base, {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "acceptInsecureCerts": True, "goog:chromeOptions": options}}})
        self._base = base + "/" + made["sessionId"]
        self._call("/timeouts", {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _ask(url, body=None, method="POST"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{url}: {error.read().decode()}") from error

    def _call(self, path, body=None, method="POST"):
        return self._ask(self._base + path, body, method)

    def open(self, url):
        self._call("/url", {"url": url})

    def run(self, script, *arguments):
        """What the function body `script` returns, or what the promise that it returns becomes."""
        return self._call("/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        """A command of Chromium's own, which WebDriver does not have."""
        return self._call("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def until(self, what, script):
        """Asks until the script says true."""
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            if time.monotonic() > end:
                raise RuntimeError(f"not seen: {what}: {self.text()}")
            time.sleep(0.05)

    def _element(self, selector):
        (element,) = self._call("/element", {"using": "css selector", "value": selector}).values()
        return f"/element/{element}"

    def write(self, selector, text, clear=False):
        if clear:
            self._call(self._element(selector) + "/clear", {})
        self._call(self._element(selector) + "/value", {"text": text})

    def click(self, selector):
        self._call(self._element(selector) + "/click", {})

    def follow(self, selector):
        """Clicks on what leads to another page, and returns when that page is there."""
        self.run("window.isLeft = true")
        self.click(selector)
        self.until("the next page", "return window.isLeft === undefined && document.readyState === 'complete'")

    def text(self):
        return self.run("return document.body.innerText")

    def status(self):
        """Of the answer that the page came with."""
        return self.run("return performance.getEntriesByType('navigation')[0].responseStatus")

    def window(self):
        return self._call("/window", method="GET")

    def new_window(self):
        self.switch_to(self._call("/window/new", {"type": "window"})["handle"])

    def switch_to(self, handle):
        self._call("/window", {"handle": handle})

    def close(self):
        try:
            if self._base is not None:
                self._call("", method="DELETE")
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._driver.stdout.close()
            self._profile.cleanup()
