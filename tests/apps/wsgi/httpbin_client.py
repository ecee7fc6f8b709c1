#!/usr/bin/python3
"""httpbin_client.py URL - what httpbin answers to python3-requests there."""
import hashlib
import io
import sys
import unittest

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

URL = sys.argv.pop(1)


class Httpbin(unittest.TestCase):
    def setUp(self):
        self.session = requests.Session()
        self.addCleanup(self.session.close)

    def ask(self, method, path, status=200, **more):
        answer = self.session.request(method, URL + path, timeout=20, **more)
        self.assertEqual(status, answer.status_code, path)
        return answer

    def get(self, path, status=200, **more):
        return self.ask("GET", path, status, **more)

    def test_queries_and_fields_arrive_as_they_were_sent(self):
        said = self.get("/get", params={"a": ["1", "2"], "caf\u00e9": "\u20ac & more"}, headers={"X-Own": "its value"}).json()
        self.assertEqual({"a": ["1", "2"], "caf\u00e9": "\u20ac & more"}, said["args"])
        self.assertEqual("its value", said["headers"]["X-Own"])
        self.assertEqual("127.0.0.1", said["origin"])
        self.assertTrue(said["url"].startswith(URL + "/get?"))

    def test_bodies_of_each_method_arrive(self):
        for method in "POST", "PUT", "PATCH", "DELETE":
            with self.subTest(method):
                path = "/" + method.lower()
                self.assertEqual({"a": "b c"}, self.ask(method, path, data={"a": "b c"}).json()["form"])
                self.assertEqual({"n": [1, None]}, self.ask(method, path, json={"n": [1, None]}).json()["json"])

    def test_files_arrive_whole_small_and_large(self):
        for size in 10, 65536, 65537, 3_000_000:
            with self.subTest(size):
                text = "0123456789abcdef" * (size // 16) + "x" * (size % 16)
                said = self.ask("POST", "/post", files={"file": ("f.txt", io.BytesIO(text.encode()))}, data={"k": "v"}).json()
                self.assertEqual(hashlib.sha256(text.encode()).digest(), hashlib.sha256(said["files"]["file"].encode()).digest())
                self.assertEqual({"k": "v"}, said["form"])

    def test_statuses_are_its_own(self):
        for status in 200, 204, 304, 400, 404, 418, 500, 503:
            with self.subTest(status):
                self.get(f"/status/{status}", status)
        self.ask("POST", "/get", 405)
        self.get("/no/such/page", 404)

    def test_redirects_are_followed(self):
        for path in "/redirect/3", "/relative-redirect/3", "/absolute-redirect/3":
            with self.subTest(path):
                answer = self.get(path)
                self.assertEqual(URL + "/get", answer.url)
                self.assertEqual([302] * 3, [step.status_code for step in answer.history])

    def test_cookies_are_set_and_deleted(self):
        self.get("/cookies/set?a=1&b=2")
        self.assertEqual({"a": "1", "b": "2"}, self.get("/cookies").json()["cookies"])
        self.get("/cookies/delete?a")
        self.assertEqual({"b": "2"}, self.get("/cookies").json()["cookies"])

    def test_passwords_are_asked_for(self):
        self.get("/basic-auth/ada/lovelace", 401)
        self.assertTrue(self.get("/basic-auth/ada/lovelace", auth=HTTPBasicAuth("ada", "lovelace")).json()["authenticated"])
        self.get("/digest-auth/auth/ada/lovelace", 401)
        self.get("/digest-auth/auth/ada/lovelace", auth=HTTPDigestAuth("ada", "lovelace"))

    def test_encodings_are_its_own(self):
        self.assertTrue(self.get("/gzip").json()["gzipped"])
        self.assertTrue(self.get("/deflate").json()["deflated"])

    def test_streams_come_whole(self):
        lines = list(self.get("/stream/20", stream=True).iter_lines())
        self.assertEqual(20, len(lines))
        chunked = self.get("/stream-bytes/100000?seed=1&chunk_size=7000", stream=True)
        self.assertEqual("chunked", chunked.headers["Transfer-Encoding"])
        self.assertEqual(100_000, len(chunked.content))
        self.assertEqual(50, len(self.get("/drip?numbytes=50&duration=0.1&delay=0").content))
        self.assertEqual(self.get("/bytes/5000?seed=3").content, self.get("/bytes/5000?seed=3").content)

    def test_parts_and_conditions_are_its_own(self):
        part = self.get("/range/26", 206, headers={"Range": "bytes=3-6"})
        self.assertEqual((b"defg", "bytes 3-6/26"), (part.content, part.headers["Content-Range"]))
        self.assertEqual(b"", self.get("/etag/tag", 304, headers={"If-None-Match": "tag"}).content)

    def test_a_head_has_the_length_and_no_body(self):
        answer = self.ask("HEAD", "/html")
        self.assertEqual((len(self.get("/html").content), b""), (int(answer.headers["Content-Length"]), answer.content))
        self.assertIn("OPTIONS", self.ask("OPTIONS", "/get").headers["Allow"])

    def test_images_are_bytes(self):
        self.assertTrue(self.get("/image/png").content.startswith(b"\x89PNG\r\n\x1a\n"))

    def test_a_connection_is_kept(self):
        for _ in range(20):
            self.get("/get")
        pools = self.session.get_adapter(URL).poolmanager.pools
        self.assertEqual([1], [pools[key].num_connections for key in pools.keys()])


if __name__ == "__main__":
    unittest.main()
