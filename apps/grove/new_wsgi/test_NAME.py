"""python3 -m unittest: calls the application in process, without a server."""
import unittest

from @NAME@ import app


class Test@NAME@(unittest.TestCase):
    def setUp(self):
        self.client = app.test_client()

    def test_hello(self):
        self.assertEqual(self.client.get("/?name=Ada").text, "Hello, Ada!\n")

    def test_sum(self):
        self.assertEqual(self.client.post("/sum", json={"numbers": [1, 2, 39]}).json, {"sum": 42})
