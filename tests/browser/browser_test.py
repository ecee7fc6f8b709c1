#!/usr/bin/python3
"""browser_test.py GROVE PLUGIN - what headless Chromium makes of grove's answers, over two sites of loopback:
127.0.0.1 and localhost. GROVE is the built binary, PLUGIN browsed.so."""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from browser import Browser, missing

GROVE, PLUGIN = sys.argv[1:3]


class Site:
    """A server; `log` tells what came to it, a line for each request."""

    def __init__(self, around):
        self._folder = tempfile.TemporaryDirectory()
        self._log = Path(self._folder.name, "access.log")
        config = Path(self._folder.name, "grove.json")
        config.write_text(json.dumps({"listen": ["127.0.0.1:0"], "log": {"access": str(self._log)},
                                      "apps": [{"app": PLUGIN, "around": around}]}))
        self._process = subprocess.Popen([GROVE, "serve", config], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                         text=True)
        said = ""
        for line in self._process.stderr:
            said += line
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)$", line):
                self.port = int(found[1])
                break
        assert hasattr(self, "port"), said

    def url(self, host, path):
        return f"http://{host}:{self.port}{path}"

    def close(self):
        """@return what came: ["OPTIONS /told 204", ...]"""
        self._process.terminate()
        self._process.stderr.read()
        assert self._process.wait() == 0
        self._process.stderr.close()
        lines = re.findall(r'"([A-Z]+ \S+) HTTP/1\.1" (\d+)', self._log.read_text())
        self._folder.cleanup()
        return [" ".join(line) for line in lines]


FETCH = """
return fetch(arguments[0], arguments[1]).then(
    async answer => [answer.status, await answer.text(), answer.headers.get('X-Told'), answer.headers.get('X-Kept')],
    error => error.name)"""
CODING = "return fetch(arguments[0]).then(answer => answer.headers.get('Content-Encoding'))"
REFUSED = "TypeError"  # all that a script learns
HERE, THERE = "127.0.0.1", "localhost"  # two sites: an address and a name


class BrowserTest(unittest.TestCase):
    def setUp(self):
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def site(self, around=()):
        site = Site(list(around))
        self.addCleanup(lambda: site._process.poll() is None and site.close())
        return site

    def fetch(self, url, **options):
        return self.browser.run(FETCH, url, options)

    def cors(self, pages, **options):
        config = {"origins": [pages.url(HERE, "")], "methods": ["GET", "PUT"], "headers": ["X-Asked"],
                  "expose": ["X-Told"], **options}
        return self.site([{"app": "cors", "config": config}])


class Cors(BrowserTest):
    """R-042"""

    def test_a_page_reads_what_it_is_allowed_to(self):
        pages = self.site()
        there = self.cors(pages)
        self.browser.open(pages.url(HERE, "/told"))
        told = there.url(THERE, "/told")

        self.assertEqual(self.fetch(told), [200, "GET []", "told", None])
        self.assertEqual(self.fetch(told, method="POST", headers={"Content-Type": "text/plain"}, body="x"),
                         [200, "POST []", "told", None])
        self.assertEqual(self.fetch(told, method="PUT", headers={"X-Asked": "1"}, body="x"),
                         [200, "PUT []", "told", None])
        self.assertEqual(there.close(), ["GET /told 200", "POST /told 200", "OPTIONS /told 204", "PUT /told 200"])

    def test_a_page_does_not_send_what_a_preflight_refuses(self):
        pages = self.site()
        there = self.cors(pages)
        self.browser.open(pages.url(HERE, "/told"))
        told = there.url(THERE, "/told")

        self.assertEqual(self.fetch(told, method="DELETE"), REFUSED)
        self.assertEqual(self.fetch(told, method="PUT", headers={"X-Other": "1"}), REFUSED)
        self.assertEqual(self.fetch(told, headers={"X-Asked": "1", "X-Other": "1"}), REFUSED)
        self.assertEqual(there.close(), ["OPTIONS /told 204"] * 3)

    def test_another_origin_sends_simple_requests_and_reads_nothing(self):
        pages = self.site()
        there = self.cors(pages)
        told = there.url(HERE, "/told")
        self.browser.open(pages.url(THERE, "/told"))  # the same server, by another name

        self.assertEqual(self.fetch(told), REFUSED)
        self.assertEqual(self.fetch(told, method="PUT"), REFUSED)
        self.assertEqual(there.close(), ["GET /told 200", "OPTIONS /told 204"])

    def test_a_refusal_can_be_read_too(self):
        pages = self.site()
        there = self.cors(pages)
        self.browser.open(pages.url(HERE, "/told"))

        self.assertEqual(self.fetch(there.url(THERE, "/nowhere"))[0], 404)
        self.assertEqual(self.fetch(there.url(THERE, "/large"), method="PUT")[0], 405)

    def test_any_origin_reads_what_needs_no_credentials(self):
        pages = self.site()
        there = self.site([{"app": "cors", "config": {"origins": ["*"]}}])
        self.browser.open(pages.url(HERE, "/told"))
        told = there.url(THERE, "/told")

        self.assertEqual(self.fetch(told)[:2], [200, "GET []"])
        self.assertEqual(self.fetch(told, credentials="include"), REFUSED)

    def test_credentials_go_where_they_are_allowed(self):
        pages = self.site()
        there = self.cors(pages, credentials=True)
        without = self.cors(pages)
        self.browser.open(there.url(THERE, "/set?name=a&same_site=None&secure=1"))  # of the host, whatever the port
        self.browser.open(pages.url(HERE, "/told"))

        self.assertEqual(self.fetch(there.url(THERE, "/told"), credentials="include")[:2], [200, "GET [a=1]"])
        self.assertEqual(self.fetch(there.url(THERE, "/told"), method="PUT", credentials="include")[:2],
                         [200, "PUT [a=1]"])
        self.assertEqual(self.fetch(there.url(THERE, "/told"))[:2], [200, "GET []"])
        self.assertEqual(self.fetch(without.url(THERE, "/told"), credentials="include"), REFUSED)


class Cookies(BrowserTest):
    """R-032"""

    def setUp(self):
        super().setUp()
        self.pages = self.site()
        self.there = self.cors(self.pages, origins=[self.pages.url(HERE, ""), self.pages.url(THERE, "")],
                               credentials=True)
        for query in ("name=strict&same_site=Strict", "name=lax&same_site=Lax", "name=none&same_site=None&secure=1",
                      "name=hidden&same_site=Strict&http_only=1"):
            self.browser.open(self.there.url(THERE, "/set?" + query))

    def sent(self):
        return sorted(re.findall(r"(\w+)=1", self.browser.text()))

    def leave(self, element):
        """From a page of another site."""
        self.browser.open(self.pages.url(HERE, "/told"))
        self.browser.run("document.body.innerHTML = arguments[0]", element)
        self.browser.follow("#go")

    def test_all_go_to_their_own_site(self):
        self.browser.open(self.there.url(THERE, "/told"))
        self.assertEqual(self.sent(), ["hidden", "lax", "none", "strict"])
        self.assertEqual(sorted(self.browser.run("return document.cookie").split("; ")),
                         ["lax=1", "none=1", "strict=1"])
        self.browser.open(self.pages.url(THERE, "/told"))  # another origin, the same site
        self.assertEqual(self.fetch(self.there.url(THERE, "/told"), credentials="include")[1],
                         "GET [strict=1; lax=1; none=1; hidden=1]")
        self.browser.open(self.there.url(HERE, "/told"))
        self.assertEqual(self.sent(), [])

    def test_a_link_of_another_site_brings_those_that_are_not_strict(self):
        self.leave(f'<a id=go href="{self.there.url(THERE, "/told")}">go</a>')
        self.assertEqual(self.sent(), ["lax", "none"])

    def test_a_form_of_another_site_brings_none_alone(self):
        self.leave(f'<form method=post action="{self.there.url(THERE, "/told")}"><button id=go>go</button></form>')
        self.assertEqual(self.browser.text(), "POST [none=1]")

    def test_a_script_of_another_site_brings_none_alone(self):
        self.browser.open(self.pages.url(HERE, "/told"))
        self.assertEqual(self.fetch(self.there.url(THERE, "/told"), credentials="include")[1], "GET [none=1]")

    def test_a_prefix_holds(self):
        self.browser.open(self.there.url(THERE, "/set?name=__Host-a&secure=1"))
        self.browser.open(self.there.url(THERE, "/told"))
        self.assertIn("__Host-a=1", self.browser.text())


class Sites(BrowserTest):
    def test_pages_of_another_site_get_nothing_compressed(self):
        """R-041"""
        pages = self.site()
        there = self.site([{"app": "compress", "config": {}}, {"app": "cors", "config": {
            "origins": [pages.url(HERE, "")], "expose": ["Content-Encoding"]}}])
        self.browser.open(pages.url(HERE, "/told"))
        self.assertIsNone(self.browser.run(CODING, there.url(THERE, "/large")))
        self.assertEqual(self.browser.run(CODING, there.url(HERE, "/large")), "br", "the same site by another port")
        self.browser.open(there.url(HERE, "/large"))
        self.assertEqual(self.browser.text(), "a" * 5000)

    def test_a_form_is_taken_from_the_sites_own_page(self):
        """R-046, R-047"""
        site = self.site()
        self.browser.open(site.url(THERE, "/signed/form"))
        self.assertIn("not signed", self.browser.text())
        self.browser.follow("button")
        self.assertEqual(self.browser.run("return location.pathname"), "/signed/form")
        self.assertNotIn("not signed", self.browser.text())
        token = self.browser.run("return document.querySelector('input').value")

        self.browser.open(site.url(HERE, "/told"))
        self.browser.run("document.body.innerHTML = arguments[0]", f"""
            <form method=post action="{site.url(THERE, '/signed/form')}"><input name=csrf_token value="{token}">
            <button>go</button></form>""")
        self.browser.follow("button")
        self.assertEqual(self.browser.status(), 403)

    def test_a_form_with_files_arrives(self):
        """R-031"""
        site = self.site()
        self.browser.open(site.url(HERE, "/told"))
        told = self.browser.run("""
            const form = new FormData();
            form.append('te"xt', 'a\\nb');
            form.append('file', new File(['x'.repeat(100000)], 'é "%22".txt'));
            form.append('empty', new File([], 'empty.bin'));
            return fetch('/upload', {method: 'POST', body: form}).then(answer => answer.text())""")
        self.assertEqual(told, 'te"xt||4\nfile|é """.txt|100000\nempty|empty.bin|0\n')


if missing():
    print(f"{missing()} is not installed")
    sys.exit(77)
unittest.main(argv=sys.argv[:1])
