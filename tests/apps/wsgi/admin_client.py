#!/usr/bin/python3
"""admin_client.py URL - what a user of Django's admin does there, with cookies, tokens and files."""
import html.parser
import io
import pathlib
import sys
import unittest

import django.contrib.admin
import requests

URL = sys.argv.pop(1)
STATIC = pathlib.Path(django.contrib.admin.__file__).parent / "static"


class Page(html.parser.HTMLParser):
    """The inputs of its forms, and the style sheets and scripts that it names."""

    def __init__(self, text):
        super().__init__()
        self.inputs, self.parts = {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "input":
            self.inputs[attributes.get("name")] = attributes.get("value", "")
        part = attributes.get({"link": "href", "script": "src"}.get(tag))
        if part:
            self.parts.append(part)


class Admin(unittest.TestCase):
    def setUp(self):
        self.session = requests.Session()
        self.addCleanup(self.session.close)

    def ask(self, method, path, status=200, **more):
        answer = self.session.request(method, URL + path, timeout=20, allow_redirects=False, **more)
        self.assertEqual(status, answer.status_code, f"{method} {path}")
        return answer

    def token(self, path):
        return Page(self.ask("GET", path).text).inputs["csrfmiddlewaretoken"]

    def log_in(self):
        known = {"username": "ada", "password": "lovelace", "csrfmiddlewaretoken": self.token("/admin/login/")}
        return self.ask("POST", "/admin/login/?next=/admin/", 302, data=known)

    def test_who_is_not_known_must_log_in(self):
        answer = self.ask("GET", "/admin/auth/user/", 302)
        self.assertEqual("/admin/login/?next=/admin/auth/user/", answer.headers["Location"])

    def test_a_login_needs_the_token_of_its_page(self):
        known = {"username": "ada", "password": "lovelace"}
        self.ask("POST", "/admin/login/", 403, data=known)
        token = self.token("/admin/login/")
        self.ask("POST", "/admin/login/", 403, data=known)
        self.ask("POST", "/admin/login/", 403, data={**known, "csrfmiddlewaretoken": token[::-1]})
        self.session.cookies.clear()  # a token without its cookie is nobody's
        self.ask("POST", "/admin/login/", 403, data={**known, "csrfmiddlewaretoken": token})
        self.assertNotIn("sessionid", self.session.cookies)

        self.assertEqual("/admin/", self.log_in().headers["Location"])
        self.assertIn("sessionid", self.session.cookies)
        self.assertIn("Site administration", self.ask("GET", "/admin/").text)

    def test_a_wrong_password_is_told_of(self):
        wrong = {"username": "ada", "password": "byron", "csrfmiddlewaretoken": self.token("/admin/login/")}
        self.assertIn("Please enter the correct username and password", self.ask("POST", "/admin/login/", data=wrong).text)
        self.ask("GET", "/admin/", 302)

    def test_who_has_logged_out_must_log_in_again(self):
        self.log_in()
        self.ask("POST", "/admin/logout/", data={"csrfmiddlewaretoken": self.token("/form")})
        self.ask("GET", "/admin/", 302)

    def test_a_user_is_added_listed_and_deleted(self):
        self.log_in()
        add = "/admin/auth/user/add/"
        new = {"username": "gr\u00e4ce", "password1": "of the test 1", "password2": "of the test 1"}
        self.ask("POST", add, 403, data=new)
        changed = self.ask("POST", add, 302, data={**new, "csrfmiddlewaretoken": self.token(add)}).headers["Location"]
        self.assertIn("gr\u00e4ce", self.ask("GET", "/admin/auth/user/?q=gr%C3%A4ce").text)
        delete = changed.replace("/change/", "/delete/")
        self.ask("POST", delete, 302, data={"post": "yes", "csrfmiddlewaretoken": self.token(delete)})
        self.assertNotIn("gr\u00e4ce", self.ask("GET", "/admin/auth/user/?all=").text.split("was deleted successfully")[-1])

    def test_a_form_with_a_file_needs_its_token(self):
        for size in 0, 100, 65536, 300_000, 2_000_000:
            with self.subTest(size):
                files = {"file": ("caf\u00e9.bin", io.BytesIO(b"f" * size))}
                self.ask("POST", "/form", 403, files=files)
                files["file"][1].seek(0)
                sent = self.ask("POST", "/form", files=files, data={"csrfmiddlewaretoken": self.token("/form")})
                self.assertEqual(f"caf\u00e9.bin {size} {'Temporary' if size > 1000 else 'InMemory'}UploadedFile", sent.text)

    def test_the_static_files_of_its_pages_are_served_beside_it(self):
        self.log_in()
        parts = {part for path in ("/admin/", "/admin/auth/user/add/") for part in Page(self.ask("GET", path).text).parts}
        files = sorted(part for part in parts if part.startswith("/static/"))
        self.assertIn("/static/admin/css/base.css", files)
        for path in files:
            with self.subTest(path):
                answer = self.ask("GET", path)
                self.assertEqual((STATIC / path[len("/static/"):]).read_bytes(), answer.content)
                self.ask("GET", path, 304, headers={"If-None-Match": answer.headers["ETag"]})
        self.assertIn("text/css", self.ask("GET", "/static/admin/css/base.css").headers["Content-Type"])
        self.ask("GET", "/static/admin/no_such_file.css", 404)


if __name__ == "__main__":
    unittest.main()
