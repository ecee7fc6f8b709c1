"""webdriver.py - a headless Chromium, driven by chromedriver as W3C's WebDriver says."""
import json
import re
import subprocess
import sys
import time
import urllib.request

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage"]


class Browser:
    """Ends with its block. Paths are of `site`; elements are named by selectors."""

    def __init__(self, site, folder):
        self.site = site
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        while not (port := re.search(r"successfully on port (\d+)", line := self.driver.stdout.readline())):
            if not line:
                sys.exit("chromedriver ended")
        self.base = f"http://127.0.0.1:{port[1]}/session"
        wanted = {"goog:chromeOptions": {"args": [*ARGUMENTS, f"--user-data-dir={folder}/chromium"]}}
        self.base += "/" + self.call("", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.call("", method="DELETE")
        self.driver.terminate()
        self.driver.wait()

    def call(self, path, body=None, method=None):
        data = None if method or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except OSError as error:  # an HTTPError, too
            self.driver.kill()
            sys.exit(f"{path}: {error}: {error.read().decode() if hasattr(error, 'read') else ''}")

    def open(self, path):
        self.call("/url", {"url": self.site + path})

    def run(self, script):
        return self.call("/execute/sync", {"script": script, "args": []})

    def until(self, what, script):
        """Asks until the script says true, for a minute at most."""
        end = time.monotonic() + 60
        while not self.run(script):
            if time.monotonic() > end:
                sys.exit(f"not seen: {what}: {self.run('return document.body.innerText')}")
            time.sleep(0.05)

    def element(self, selector):
        found = self.call("/element", {"using": "css selector", "value": selector})
        return "/element/" + next(iter(found.values()))

    def write(self, selector, text, clear=False):
        if clear:
            self.call(self.element(selector) + "/clear", {})
        self.call(self.element(selector) + "/value", {"text": text})

    def click(self, selector):
        self.call(self.element(selector) + "/click", {})

    def window(self):
        return self.call("/window")

    def new_window(self):
        handle = self.call("/window/new", {"type": "window"})["handle"]
        self.switch_to(handle)
        return handle

    def switch_to(self, handle):
        self.call("/window", {"handle": handle})
