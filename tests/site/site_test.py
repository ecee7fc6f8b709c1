#!/usr/bin/python3
"""site_test.py SOURCE GROVE VERSION HEADER... - the documentation's site holds together: it is made as the target
`site` makes it, served by grove's plugin static, and every link and anchor of every page is followed."""
import json
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

SOURCE, GROVE, VERSION, *HEADERS = sys.argv[1:]
sys.path.insert(0, SOURCE + "/tests/browser")
from browser import Browser, missing  # noqa: E402

SITE_PY = SOURCE + "/core/cmake/site/site.py"


def make(source, out):
    return subprocess.run([sys.executable, "-B", SITE_PY, source, GROVE, out, VERSION, *HEADERS],
                          stderr=subprocess.PIPE, text=True, check=False)


class Page(HTMLParser):
    """The names of a page's parts, where it leads to, and what a browser loads for it."""

    def __init__(self, text):
        super().__init__()
        self.names, self.links, self.loads, self.title = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        self.names += [of["id"]] if "id" in of else []
        self.links += [of["href"]] if tag == "a" and "href" in of else []
        self.loads += [of[name] for name in ("src", "href", "data") if name in of and tag != "a"]
        assert tag not in ("script", "iframe", "style") and "style" not in of, tag


class SiteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        made = make(SOURCE, cls.folder.name + "/site")
        assert made.returncode == 0, made.stderr
        config = Path(cls.folder.name, "site.json")
        config.write_text(json.dumps({"listen": ["127.0.0.1:0"], "log": {"access": "off"},
                                      "apps": [{"app": "static", "config": {"root": "site"}}]}))
        cls.server = subprocess.Popen([GROVE, "serve", config], stderr=subprocess.PIPE, text=True)
        said = ""
        for line in cls.server.stderr:
            said += line
            if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)$", line):
                cls.url = found[1] + "/"
                break
        assert hasattr(cls, "url"), said
        cls.pages, cls.broken = {}, []
        cls.crawl(cls.url)

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.stderr.read()
        assert cls.server.wait() == 0
        cls.server.stderr.close()
        cls.folder.cleanup()

    @staticmethod
    def get(url):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=60) as answer:
            return answer.headers.get_content_type(), answer.read()

    @classmethod
    def crawl(cls, first):
        """Every page that can be reached; what cannot be had is in `broken`."""
        found, waiting = {first}, [first]
        while waiting:
            url = waiting.pop()
            try:
                kind, content = cls.get(url)
            except urllib.error.HTTPError as error:
                cls.broken.append(f"{url}: {error.code}")
                continue
            if kind != "text/html":
                continue
            page = cls.pages[url] = Page(content.decode())
            for link in page.links + page.loads:
                target = urllib.parse.urldefrag(urllib.parse.urljoin(url, link))[0]
                if target.startswith(cls.url) and target not in found:
                    found.add(target)
                    waiting.append(target)

    def test_every_link_leads_somewhere(self):
        self.assertEqual([], self.broken)

    def test_every_anchor_is_on_its_page_once(self):
        for url, page in self.pages.items():
            self.assertEqual(len(page.names), len(set(page.names)), url)
            for link in page.links:
                target, anchor = urllib.parse.urldefrag(urllib.parse.urljoin(url, link))
                if anchor and target in self.pages:
                    self.assertIn(anchor, self.pages[target].names, f"{url}: {link}")

    def test_every_written_page_can_be_reached(self):
        root = Path(self.folder.name, "site")
        written = {self.url + str(file.relative_to(root)) for file in root.rglob("*.html")}
        self.assertEqual(set(), written - set(self.pages))

    def test_the_navigation_has_every_text(self):
        """Of the tree, but for those that `grove new` writes."""
        root = Path(SOURCE)
        listed = {line.split(" ")[0] for line in (root / "core/cmake/site/pages.txt").read_text().splitlines()}
        texts = {str(text.relative_to(root)) for room in (".github", "apps", "conf", "core", "docker", "http", "pool", "tests")
                 for text in (root / room).rglob("*.md") if not text.parent.name.startswith("new")}
        self.assertEqual(set(), texts - listed)

    def test_every_public_header_has_a_page(self):
        for header in HEADERS:
            self.assertIn(self.url + "headers/" + header.rsplit("/include/", 1)[1] + ".html", self.pages)

    def test_nothing_comes_from_elsewhere(self):
        for url, page in self.pages.items():
            for load in page.loads:
                self.assertTrue(urllib.parse.urljoin(url, load).startswith(self.url), f"{url}: {load}")

    def test_a_link_that_leads_nowhere_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder, "tree")
            for text in Path(SOURCE, "core/cmake/site/pages.txt").read_text().splitlines():
                if (name := text.split(" ")[0]).endswith(".md"):
                    (tree / name).parent.mkdir(parents=True, exist_ok=True)
                    (tree / name).write_text("# A page\n")
            (tree / "README.md").write_text("# A page\n\n[nowhere](http/none.md)\n")
            made = make(str(tree), folder + "/site")
        self.assertEqual((1, "README.md: leads nowhere: http/none.md\n"), (made.returncode, made.stderr))

    def test_chromium_shows_each_page_in_a_phone_s_width_light_and_dark(self):
        if package := missing():
            self.skipTest(f"{package} is not installed")
        with Browser() as browser:
            papers = set()
            for scheme in ("light", "dark"):
                browser.devtools("Emulation.setDeviceMetricsOverride", width=360, height=700, deviceScaleFactor=1,
                                 mobile=True)
                browser.devtools("Emulation.setEmulatedMedia",
                                 features=[{"name": "prefers-color-scheme", "value": scheme}])
                for url in self.pages if scheme == "light" else [self.url]:
                    browser.open(url)
                    shown = browser.run("""
                        const images = [...document.images].every(image => image.complete && image.naturalWidth > 0);
                        return [document.documentElement.scrollWidth, images, document.querySelector('h1') !== null,
                                getComputedStyle(document.body).backgroundColor]""")
                    self.assertEqual([360, True, True], shown[:3], url)
                    papers.add(shown[3])
            self.assertEqual({"rgb(255, 255, 255)", "rgb(20, 26, 23)"}, papers)
            browser.click(".to-pages")  # and the navigation can be reached
            browser.until("the navigation", "return document.querySelector('#pages').getBoundingClientRect().top < 700")
            browser.follow("nav a[href$='figures.html']")
            self.assertIn("CPU time", browser.text())


unittest.main(argv=sys.argv[:1])
