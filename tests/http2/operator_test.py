#!/usr/bin/python3
"""operator_test.py GROVE PLUGINS UNRULY - what the built binary tells its operator of requests over HTTP/2: each is named with
its stream. PLUGINS and UNRULY are folders of plugins. H2-064, H2-077"""
import re
import sys
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "clients"))
from beginning_test import run
from hyperframe.frame import HeadersFrame
from raw_client import Client
from served import Served

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def served(*folders, **members):
    return Served(folders[0], folders[1:], [{"app": "unruly"}], workers=1,
                  listen=[{"address": "127.0.0.1:0", "h2c": True}], http2={}, **members)


def client_of(server):
    return Client(("127.0.0.1", server.port))


def matches(pattern, text):
    assert re.search(pattern, text), f"{text!r} has no {pattern}"


@test
def h2_077_a_greenlet_is_shown_with_its_request(*folders):
    with served(*folders, admin={"address": "127.0.0.1:0"}) as server, client_of(server) as client:
        admin = re.search(r"http://\S+", server.line_with("admin"))[0]
        client.request(1, path="/sleep")
        assert client.outcome() == "alive"
        with urllib.request.urlopen(admin + "/greenlets") as answer:
            text = answer.read().decode()
        matches(r"\n    \d+ serves GET /sleep \(request [0-9a-f]+, stream 1\)\n", text)
        matches(r"\n    \d+ serves GET /greenlets\n", text)  # of HTTP/1.1, by a server without ids


@test
def h2_077_a_crash_names_the_stream(*folders):
    with served(*folders) as server, client_of(server) as client:
        client.request(1, path="/pid")
        assert client.answer()[0] == "200"
        client.request(3, path="/abort")
        matches(r"while it ran GET /abort, stream 3, with 1 request in flight", server.line_with("/abort"))


@test
def h2_064_a_request_that_is_cut_is_named_with_its_stream(*folders):
    with served(*folders, timeouts={"shutdown": 0.2}) as server, client_of(server) as client:
        client.request(1, path="/sleep")
        client.request(3, path="/sleep")
        assert client.outcome() == "alive"
        server.process.terminate()
        lines = [server.line_with("cut: "), server.line_with("cut: ")]
        matches(r"cut: GET /sleep, stream 1, \d+ ms old, ", lines[0])
        matches(r"cut: GET /sleep, stream 3, \d+ ms old, ", lines[1])
        answers = {one.stream_id: dict(one.fields)[":status"] for one in client.frames() if isinstance(one, HeadersFrame)}
        assert answers == {1: "503", 3: "503"}, answers


if __name__ == "__main__":
    sys.exit(run(TESTS, *sys.argv[1:]) != 0)
