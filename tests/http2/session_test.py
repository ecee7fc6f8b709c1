#!/usr/bin/python3
"""session_test.py PROGRAM [--tls] [--sanitized] - what grove's server does with the requests of a connection, seen frame
by frame. PROGRAM is http2_server."""
import argparse
import contextlib
import json
import re
import socket
import ssl
import sys
from pathlib import Path

import conformance_test
from hyperframe.frame import (ContinuationFrame, DataFrame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame,
                              RstStreamFrame, SettingsFrame, WindowUpdateFrame)
from raw_client import PREFACE, Client, Late, code_name, raw_frame

TESTS = []
LAST_OF_ALL = 2**31 - 1


class Server(tuple):
    """An address and whether it is TLS, as Client takes them; and what can be done with the program."""

    def __new__(cls, address, tls, process, sanitized):
        server = super().__new__(cls, (address, tls))
        server.process = process
        server.stop = process.stdin.close
        server.sanitized = sanitized
        return server

    def retire(self):
        self.process.stdin.write("retire\n")
        self.process.stdin.flush()

    def resident(self):
        """Bytes of the program's memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096


def test(*options):
    """Of a server with these options."""
    def add(function):
        TESTS.append((function, options))
        return function
    if options and callable(options[0]):
        function, options = options[0], ()
        return add(function)
    return add


def expect(seen, wanted):
    assert seen == wanted, f"{seen!r}, not {wanted!r}"


def get(client, stream, path, **more):
    client.request(stream, path=path, **more)
    return client.answer(stream)


def environ_of(client, stream=1, path="/environ", **more):
    status, body = get(client, stream, path, **more)
    expect(status, "200")
    return dict(line.split("=", 1) for line in body.decode().splitlines() if "=" in line)


@test
def h2_003_a_preface_may_come_byte_by_byte(server):
    with Client(*server, greets=False) as client:
        request = PREFACE + SettingsFrame().serialize() + client.headers(1).serialize()
        for byte in request:
            client.send(bytes([byte]))
        expect(client.answer(1), ("200", b"hello\n"))


@test
def h2_021_the_environ_is_that_of_http_1_but_for_the_protocol(server):
    address, tls = server
    with Client(address, tls) as client:
        environ = environ_of(client, path="/environ?a=b%20c")
    expect(environ["SERVER_PROTOCOL"], "HTTP/2.0")
    expect(environ["REQUEST_METHOD"], "GET")
    expect(environ["PATH_INFO"], "/environ")
    expect(environ["QUERY_STRING"], "a=b%20c")
    expect(environ["wsgi.url_scheme"], "https" if tls else "http")
    expect(environ["HTTP_HOST"], "localhost")
    expect(environ["REMOTE_ADDR"], "127.0.0.1")
    expect(environ["SERVER_PORT"], str(address[1]))


@test
def h2_022_the_host_is_the_authority_and_only_one(server):
    hosts = {(("x.org",), ()): "200", ((), ("x.org",)): "200", (("x.org",), ("y.org",)): "400"}
    with Client(*server) as client:
        for number, ((authority, host), status) in enumerate(hosts.items()):
            fields = client.fields(path="/environ", without=(":authority",))
            fields += [(":authority", one) for one in authority] + [("host", one) for one in host]
            client.send(client.headers(1 + 2 * number, fields))
            seen, body = client.answer(1 + 2 * number)
            expect(seen, status)
            assert status == "400" or b"HTTP_HOST=x.org\n" in body, body
        client.send(client.headers(101, client.fields(without=(":authority",))))
        expect(client.answer(101)[0], "400")
        client.send(client.headers(103, client.fields(without=(":authority",), more=[(":authority", "a b")])))
        expect(client.answer(103)[0], "400")
        expect(get(client, 105, "/"), ("200", b"hello\n"))


@test
def h2_023_crumbs_of_a_cookie_are_joined(server):
    with Client(*server) as client:
        crumbs = [("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")]
        expect(environ_of(client, more=crumbs)["HTTP_COOKIE"], "a=1; b=2; c=3")


@test
def h2_024_a_target_is_judged_as_in_http_1(server):
    targets = {"/a#b": "400", "/%00": "400", "a": "400", "http://localhost/": "400", "*": "400", "/a b": "400",
               "/\x7f": "400", "/\xe9": "400", "/ HTTP/1.1\r\nx: y": "400", "/\0": "400", "/": "200"}
    with Client(*server) as client:
        for number, (target, status) in enumerate(targets.items()):
            expect((target, get(client, 1 + 2 * number, target)[0]), (target, status))
        expect(get(client, 101, "/", method="BREW")[0], "501")
        expect(get(client, 103, "/"), ("200", b"hello\n"))


@test
def h2_024_a_refused_request_need_not_send_its_body(server):
    with Client(*server) as client:
        client.send(client.headers(1, client.fields("POST", "nowhere"), end=False))
        expect(client.answer(1)[0], "400")
        expect(code_name(client.wait_for(RstStreamFrame, 1).error_code), "NO_ERROR")
        expect(get(client, 3, "/"), ("200", b"hello\n"))


@test
def h2_026_a_head_over_the_limit_is_refused_alone(server):
    with Client(*server) as client:
        expect(get(client, 1, "/", more=[(f"x-{i}", "y") for i in range(101)])[0], "431")
        expect(get(client, 3, "/", more=[("x-long", "y" * 4000)] * 9)[0], "431")  # of header_bytes; few in HPACK
        expect(environ_of(client, 5, more=[("x-long", "y" * 4000)])["HTTP_X_LONG"], "y" * 4000)


@test
def h2_031_streams_end_in_any_order(server):
    with Client(*server) as client:
        client.request(1, path="/hangs")
        expect(get(client, 3, "/"), ("200", b"hello\n"))


def upload(client, stream, body, path, room=0):
    """Sent as the windows allow it. The answer, for which there is `room` more."""
    client.send(client.headers(stream, client.fields("POST", path), end=False))
    if room:
        client.open_window(room, stream)
    at, window, whole = 0, 65536, 1048576 - 65536  # that others may have used
    while at != len(body):
        size = min(16384, len(body) - at, window, whole)
        if size == 0:
            frame = client.wait_for(WindowUpdateFrame)
            whole += frame.window_increment if frame.stream_id == 0 else 0
            window += frame.window_increment if frame.stream_id == stream else 0
            continue
        client.send(client.data(stream, body[at:at + size], end=at + size == len(body)))
        at, window, whole = at + size, window - size, whole - size
    return client.answer(stream)


@test
def h2_032_a_window_opens_as_the_body_is_read(server):
    with Client(*server) as client:
        client.open_window(1 << 20)
        body = bytes(i % 251 for i in range(300_000))
        status, echoed = upload(client, 1, body, "/echo", room=1 << 20)
        expect(status, "200")
        assert echoed == body, f"{len(echoed)} bytes, or others"


@test
def h2_032_an_unread_body_holds_no_other_stream(server):
    with Client(*server) as client:
        client.send(client.headers(1, client.fields("POST", "/hangs"), end=False))
        for _ in range(4):
            client.send(client.data(1, bytes(16383), end=False))
        expect(get(client, 3, "/"), ("200", b"hello\n"))


@test
def h2_033_no_more_is_sent_than_the_window_allows(server):
    with Client(*server, settings={4: 1000}) as client:
        client.request(1, path="/bytes/100000")
        client.request(3, path="/pieces")
        status, pieces = client.answer(3)
        expect((status, pieces), ("200", b"".join(b"piece %d\n" % i for i in range(10))))
        sent = sum(len(one.data) for one in client.seen if isinstance(one, DataFrame) and one.stream_id == 1)
        assert sent <= 1000, sent
        client.open_window(1 << 20, 1)
        client.open_window(1 << 20)
        _, rest = client.answer(1)
        seen = [one for one in client.seen if isinstance(one, DataFrame) and one.stream_id == 1]
        expect(sum(len(one.data) for one in seen), 100000)


@test
def h2_034_reset_requests_that_run_on_are_counted(server):
    with Client(*server) as client:
        for number in range(100):
            client.request(1 + 2 * number, path="/hangs")
        expect(client.outcome(1), "alive")  # so all have begun
        for number in range(100):
            client.send(RstStreamFrame(1 + 2 * number, error_code=8))
        client.request(201)
        expect(client.outcome(201), "RST_STREAM REFUSED_STREAM")


@test
def h2_038_a_body_that_is_too_short_is_an_error(server):
    with Client(*server) as client:
        client.request(1, path="/short")
        expect(client.outcome(1), "RST_STREAM INTERNAL_ERROR")
        expect(get(client, 3, "/"), ("200", b"hello\n"))


@test
def h2_039_a_body_that_nobody_reads_need_not_come(server):
    with Client(*server) as client:
        client.send(client.headers(1, client.fields("POST", "/"), end=False))
        client.send(client.data(1, bytes(100), end=False))
        expect(client.answer(1), ("200", b"hello\n"))
        expect(code_name(client.wait_for(RstStreamFrame, 1).error_code), "NO_ERROR")
        expect(get(client, 3, "/"), ("200", b"hello\n"))


def order_of(server, *priorities):
    """The streams of the DATA that comes of two answers of 300,000 bytes, without what repeats."""
    with Client(*server) as client:
        waits_for_window(client)
        for stream, priority in zip((3, 5), priorities):
            client.request(stream, path="/bytes/300000", more=[("priority", priority)])
        expect(get(client, 7, "/pieces", method="HEAD")[0], "200")  # so all have begun
        order, left = [], {3, 5}
        while left:
            client.open_window(20_000)
            for stream in (3, 5):
                client.send(WindowUpdateFrame(stream, window_increment=20_000))
            client.send(PingFrame(0, opaque_data=b"12345678"))
            while not isinstance(frame := client.frame(), PingFrame):
                if isinstance(frame, DataFrame):
                    order += [frame.stream_id] * (order[-1:] != [frame.stream_id])
                    if "END_STREAM" in frame.flags:
                        left.discard(frame.stream_id)
        return order


@test
def h2_050_answers_share_if_they_are_of_use_in_parts(server):
    expect(order_of(server, "u=3", "u=3"), [3, 5])
    order = order_of(server, "u=3, i", "u=3, i")
    assert len(order) > 4, order
    expect(order_of(server, "u=3, i", "u=3"), [5, 3])


@test
def h2_070_a_client_is_told_to_continue_at_the_first_read(server):
    with Client(*server) as client:
        fields = client.fields("POST", "/echo", more=[("expect", "100-continue"), ("content-length", "3")])
        client.send(client.headers(1, fields, end=False))
        expect(dict(client.wait_for(HeadersFrame, 1).fields)[":status"], "100")
        client.send(client.data(1, b"abc"))
        expect(client.answer(1), ("200", b"abc"))


@test
def h2_071_an_answer_to_head_ends_with_its_head(server):
    with Client(*server) as client:
        client.request(1, method="HEAD", path="/bytes/10")
        frame = client.wait_for(HeadersFrame, 1)
        assert "END_STREAM" in frame.flags, frame
        expect(dict(frame.fields)["content-length"], "10")


@test
def h2_081_the_id_of_a_request_takes_no_room_in_the_clients_table(server):
    with Client(*server) as client:
        client.request(1)
        fields = {name: field for field in client.wait_for(HeadersFrame, 1).fields for name in field[:1]}
        expect({name: fields[name].indexable for name in ("content-type", "date", "x-request-id")},
               {"content-type": True, "date": True, "x-request-id": False})


def ask_in_http_1(server, request):
    """All that comes, in reply to bytes of which each leaves by itself."""
    address, tls = server
    with socket.create_connection(address, timeout=10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl._create_unverified_context()
            context.set_alpn_protocols(["http/1.1"])
            client = context.wrap_socket(client, server_hostname="localhost")
        for byte in request:
            client.sendall(bytes([byte]))
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


@test
def h2_074_trailers_end_an_answer(server):
    for kind, body in (("text", b"abc"), ("generator", b"abc"), ("empty", b"")):
        with Client(*server) as client:
            expect(get(client, 1, "/trailed/" + kind), ("200", body))
            heads = [frame for frame in client.seen if isinstance(frame, HeadersFrame)]
            expect([dict(heads[-1].fields), "END_STREAM" in heads[-1].flags], [{"checked": "1", "x-sum": "7"}, True])
            expect(len(heads), 2)
            expect(get(client, 3, "/"), ("200", b"hello\n"))


@test
def h2_074_an_answer_without_a_body_has_no_trailers(server):
    with Client(*server) as client:
        expect(get(client, 1, "/trailed/text", method="HEAD"), ("200", b""))
        expect(len([frame for frame in client.seen if isinstance(frame, HeadersFrame)]), 1)


@test
def h2_074_trailers_that_would_frame_the_answer_are_refused(server):
    with Client(*server) as client:
        expect(get(client, 1, "/trailed/wrong")[0], "500")
        expect(get(client, 3, "/"), ("200", b"hello\n"))


@test
def h2_074_trailers_of_a_request_are_there_once_its_body_was_read(server):
    with Client(*server) as client:
        for stream, more in ((1, []), (3, [("content-length", "3")])):
            client.send(client.headers(stream, client.fields("POST", "/trailers", more=more), end=False),
                        client.data(stream, b"abc", end=False))
            client.send(client.headers(stream, [("checked", "1"), ("x-sum", "7")]))
            expect(client.answer(stream), ("200", b"0\nchecked=1\nx-sum=7\n"))
        client.request(5, method="POST", path="/trailers")
        expect(client.answer(5), ("200", b"0\n"))


@test
def h2_074_trailers_over_the_limit_are_refused(server):
    with Client(*server) as client:
        client.send(client.headers(1, client.fields("POST", "/trailers"), end=False))
        client.send(client.headers(1, [("x-field", str(number)) for number in range(101)]))
        expect(code_name(client.wait_for(RstStreamFrame, 1).error_code), "PROTOCOL_ERROR")
        expect(get(client, 3, "/"), ("200", b"hello\n"))


@test
def h2_074_over_http_1_trailers_are_for_clients_that_take_them(server):
    for kind, chunks in (("text", b"3\r\nabc\r\n"), ("generator", b"3\r\nabc\r\n"), ("empty", b"")):
        ask = f"GET /trailed/{kind} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n".encode()
        head, _, body = ask_in_http_1(server, ask % b"TE: gzip, trailers\r\n").partition(b"\r\n\r\n")
        assert b"Transfer-Encoding: chunked" in head, head
        expect(body, chunks + b"0\r\nChecked: 1\r\nX-Sum: 7\r\n\r\n")
        assert b"Checked" not in ask_in_http_1(server, ask % b"TE: gzip\r\n")


@test
def h2_074_over_http_1_a_request_has_trailers_behind_its_chunks(server):
    answer = ask_in_http_1(server, b"POST /trailers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nChecked:  1 \r\nX-Sum: 7\r\n\r\n")
    expect(answer.partition(b"\r\n\r\n")[2], b"0\nChecked=1\nX-Sum=7\n")


@test
def h2_072_the_fields_of_a_connection_are_the_servers(server):
    with Client(*server) as client:
        expect(get(client, 1, "/hop")[1].count(b"is the server's to set"), 2)
        fields = [name for frame in client.seen if isinstance(frame, HeadersFrame) for name, _ in frame.fields]
        expect([name for name in fields if name != name.lower()], [])


@test
def h2_072_connection_close_is_a_goaway_after_the_answer(server):
    with Client(*server) as client:
        expect(get(client, 1, "/"), ("200", b"hello\n"))
        client.request(3, path="/close")
        status, body, last = None, b"", None
        for frame in client.frames():
            if isinstance(frame, HeadersFrame):
                status = dict(frame.fields)
            if isinstance(frame, DataFrame):
                body += frame.data
            if isinstance(frame, PingFrame) and "ACK" not in frame.flags:
                client.send(PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"]))
            if isinstance(frame, GoAwayFrame):
                last = (frame.last_stream_id, code_name(frame.error_code))
        expect((status[":status"], "connection" in status, body, last), ("200", False, b"hello\n", (3, "NO_ERROR")))


def calm(server, frames, path="/"):
    with Client(*server) as client:
        client.request(1, path=path)
        client.send(*frames(client))
        seen = [one for one in client.frames() if isinstance(one, GoAwayFrame)]
        expect([code_name(one.error_code) for one in seen[-1:]], ["ENHANCE_YOUR_CALM"])


@test
def h2_040_rapid_resets_end_the_connection(server):
    calm(server, lambda client: [one for i in range(1, 600) for one in (
        client.headers(1 + 2 * i), RstStreamFrame(1 + 2 * i, error_code=8))])


@test
def h2_042_a_flood_of_settings_ends_the_connection(server):
    calm(server, lambda client: [SettingsFrame()] * 300)


@test
def h2_042_a_flood_of_pings_ends_the_connection(server):
    calm(server, lambda client: [PingFrame()] * 2000)


@test
def h2_043_a_flood_of_empty_data_ends_the_connection(server):
    def frames(client):
        return [client.headers(3, client.fields("POST", "/echo"), end=False)] + [client.data(3, b"", end=False)] * 2000
    calm(server, frames)


@test
def h2_043_a_flood_of_priorities_ends_the_connection(server):
    calm(server, lambda client: [PriorityFrame(1, depends_on=0, stream_weight=1)] * 3000)


@test
def h2_043_a_dribble_of_windows_ends_the_connection(server):
    calm(server, lambda client: [WindowUpdateFrame(0, window_increment=1)] * 3000)


def calm_after(server, request):
    """Requests one after another, each answered or reset; about 200 of those that are refused are borne."""
    with Client(*server) as client:
        borne = 0
        while (outcome := request(client, 1 + 2 * borne)) != "GOAWAY ENHANCE_YOUR_CALM":
            assert not outcome.startswith("GOAWAY") and outcome != "closed" and borne < 1000, (borne, outcome)
            borne += 1
        assert 198 <= borne, borne  # SETTINGS have cost as much as two


@test
def h2_026_heads_that_are_refused_again_and_again_end_the_connection(server):
    def too_large(client, stream):
        client.request(stream, more=[(f"x-{i}", "y") for i in range(101)])
        return client.outcome(stream, ping=False)
    calm_after(server, too_large)


@test
def h2_044_malformed_requests_again_and_again_end_the_connection(server):
    def malformed(client, stream):
        client.request(stream, more=[("connection", "close")])
        return client.outcome(stream, ping=False)
    calm_after(server, malformed)


@test
def h2_021_a_body_needs_no_content_length(server):
    with Client(*server) as client:
        fields = client.fields("POST", "/echo", more=[("x-content-length", "0")])
        client.send(client.headers(1, fields, end=False), client.data(1, b"abc"))
        expect(client.answer(1), ("200", b"abc"))


def waits_for_window(client):
    """All that the connection's window allows is used up, by stream 1."""
    client.request(1, path="/bytes/65535")
    expect(client.answer(1)[0], "200")


@test
def h2_050_an_urgent_answer_has_the_window_first(server):
    with Client(*server) as client:
        waits_for_window(client)
        for stream, urgency in ((3, "u=7"), (5, "u=0"), (7, "i")):
            client.request(stream, path="/bytes/30000", more=[("priority", urgency)])
        expect(client.outcome(7), "alive")  # so all have begun
        for stream in (5, 7, 3):
            client.open_window(30_000)
            expect(client.wait_for(DataFrame, flag="END_STREAM").stream_id, stream)


@test
def h2_050_priority_update_makes_an_answer_urgent(server):
    with Client(*server) as client:
        waits_for_window(client)
        client.request(3, path="/bytes/30000")
        client.request(5, path="/bytes/30000")
        client.send(raw_frame(16, 0, 0, (5).to_bytes(4, "big") + b"u=1"))
        expect(client.outcome(5), "alive")
        client.open_window(30_000)
        expect(client.wait_for(DataFrame, flag="END_STREAM").stream_id, 5)


@test
def h2_041_continuations_without_end_end_the_connection(server):
    with Client(*server) as client:
        client.send(client.headers(1, flags=()), *[ContinuationFrame(1, data=b"")] * 100)
        codes = [code_name(one.error_code) for one in client.frames() if isinstance(one, GoAwayFrame)]
        expect(codes[-1:], ["ENHANCE_YOUR_CALM"])


@test
def h2_004_an_upgrade_is_answered_in_http_1(server):
    address, tls = server
    if tls:
        return  # ALPN has chosen there
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
                       b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"hello\n"), answer


@test
def h2_060_a_request_between_the_two_goaways_is_served(server):
    with Client(*server) as client:
        expect(get(client, 1, "/"), ("200", b"hello\n"))
        server.stop()
        first = client.wait_for(GoAwayFrame)
        expect((code_name(first.error_code), first.last_stream_id), ("NO_ERROR", LAST_OF_ALL))
        client.request(3)
        ping = [one for one in client.seen if isinstance(one, PingFrame)][-1]
        client.send(PingFrame(opaque_data=ping.opaque_data, flags=["ACK"]))
        after = list(client.frames())
        expect([one.stream_id for one in after if isinstance(one, HeadersFrame)], [3])
        expect(b"".join(one.data for one in after if isinstance(one, DataFrame)), b"hello\n")
        last = [one for one in after if isinstance(one, GoAwayFrame)][0]
        expect((code_name(last.error_code), last.last_stream_id), ("NO_ERROR", 3))


@test
def h2_032_at_most_a_window_of_a_body_is_kept(server):
    """What has come may not come again before it is read, whoever has it: the stream, or the request that waits for it."""
    with Client(*server) as client:
        client.send(client.headers(1, client.fields("POST", "/hangs"), end=False))
        client.send(*[client.data(1, bytes(16384), end=False)] * 4)
        expect(client.outcome(1), "alive")
        expect([one for one in client.seen if isinstance(one, WindowUpdateFrame) and one.stream_id == 1], [])
        expect(upload(client, 3, bytes(10 << 20), "/length"), ("200", b"%d\n" % (10 << 20)))
        expect([one for one in client.seen if isinstance(one, WindowUpdateFrame) and one.stream_id == 1], [])


@test
def h2_032_a_body_whose_padding_uses_the_window_up_comes_whole(server):
    with Client(*server) as client:
        fields = client.fields("POST", "/length", more=[("content-length", "65536")])
        client.send(client.headers(1, fields, end=False))
        left, window = 65536, 65536
        while left:
            size = min(left, 1000, window - 256)
            if size <= 0:
                frame = client.wait_for(WindowUpdateFrame, 1)
                window += frame.window_increment
                continue
            left, window = left - size, window - size - 256
            client.send(raw_frame(0, 0x8 | (left == 0), 1, b"\xff" + bytes(size) + bytes(255)))
        expect(client.answer(1), ("200", b"65536\n"))


@test
def h2_035_one_request_too_many_is_refused_alone(server):
    """Also once the client has told that it knows the limit."""
    with Client(*server) as client:
        expect(client.settings[3], 100)
        expect(get(client, 1, "/"), ("200", b"hello\n"))
        for stream in range(3, 203, 2):
            client.request(stream, path="/hangs")
        for stream in 203, 205:
            client.request(stream)
            expect(client.outcome(stream), "RST_STREAM REFUSED_STREAM")
        client.send(RstStreamFrame(3, error_code=8))
        client.request(207)  # the request that was reset runs on
        expect(client.outcome(207), "RST_STREAM REFUSED_STREAM")


@test
def h2_035_answers_that_wait_for_their_client_count(server):
    with Client(*server, settings={4: 0}) as client:
        for stream in range(1, 203, 2):
            client.request(stream)
        expect(client.outcome(201), "RST_STREAM REFUSED_STREAM")
        client.open_window(100, 1)
        expect(client.wait_for(DataFrame, 1, "END_STREAM").data, b"hello\n")
        client.request(203)
        expect(client.outcome(203), "alive")


def last_line(client, stream, path, begin):
    return [line for line in get(client, stream, path)[1].decode().splitlines() if line.startswith(begin)][-1]


@test
def h2_075_the_access_log_names_version_and_stream(server):
    with Client(*server) as client:
        expect(get(client, 1, "/")[0], "200")
        expect(get(client, 3, "nowhere")[0], "400")
        expect(get(client, 5, "/", method="BREW")[0], "501")
        expect(get(client, 7, "/", more=[(f"x-{i}", "y") for i in range(101)])[0], "431")
        lines = get(client, 9, "/access")[1].decode().splitlines()
    for line, text in zip(lines[::2], ("GET / HTTP/2.0\" 200 6", "GET nowhere HTTP/2.0\" 400", "BREW / HTTP/2.0\" 501",
                                       "GET / HTTP/2.0\" 431"), strict=True):
        assert f'"{text} ' in line, line
    told = [json.loads(line) for line in lines[1::2]]
    expect([(one["stream"], one["method"], one["target"], one["protocol"]) for one in told],
           [(1, "GET", "/", "HTTP/2.0"), (3, "GET", "nowhere", "HTTP/2.0"), (5, "BREW", "/", "HTTP/2.0"),
            (7, "GET", "/", "HTTP/2.0")])


@test
def h2_077_a_request_that_runs_is_named_with_its_stream(server):
    with Client(*server) as client:
        client.request(1, path="/hangs")
        expect(get(client, 3, "/running"), ("200", b"GET /hangs 1\nGET /running 3\n"))


@test("--request=300")
def h2_077_a_time_out_names_the_stream(server):
    with Client(*server) as client:
        client.request(1)
        client.request(3, path="/hangs")
        expect(client.answer(3)[0], "503")
        said = get(client, 5, "/errors")[1].decode()
    line = r'GET /hangs \(request [0-9a-f]{16}, stream 3, greenlet "[^"]+", .*\): cut off by timeouts.request'
    assert re.search(line, said), said


def counts(client, stream):
    return dict(line.split("=") for line in get(client, stream, "/counts")[1].decode().splitlines())


@test
def h2_076_connections_and_their_ends_are_counted(server):
    with Client(*server) as idle, Client(*server) as client:
        expect(idle.outcome(), "alive")
        client.request(1, path="/hangs")
        expect(counts(client, 3), {"connections": "2", "idle": "1", "in_flight": "2", "http2": "2", "refused": "0",
                                   "client_resets": "0", "server_resets": "0", "goaways": "0", "calm": "0"})
        client.send(RstStreamFrame(1, error_code=8))
        for stream in range(5, 205, 2):
            client.request(stream, path="/hangs")
        expect(client.outcome(203), "RST_STREAM REFUSED_STREAM")  # one of those that are reset runs on
        seen = counts(idle, 1)
        expect({name: seen[name] for name in ("client_resets", "refused", "server_resets", "in_flight")},
               {"client_resets": "1", "refused": "1", "server_resets": "1", "in_flight": "101"})
        client.send(*[PingFrame()] * 2000)
        expect([code_name(one.error_code) for one in client.frames() if isinstance(one, GoAwayFrame)],
               ["ENHANCE_YOUR_CALM"])
        expect(counts(idle, 3)["calm"], "1")


@test
def h2_076_a_connection_that_ends_is_no_request(server):
    with Client(*server) as client:
        client.request(1, path="/hangs")
        expect(client.outcome(), "alive")
        server.retire()
        client.wait_for(GoAwayFrame)
        seen = counts(client, 3)
        expect((seen["in_flight"], seen["goaways"]), ("2", "0"))


@test
def h2_061_a_connection_that_begins_while_the_server_retires_is_retired(server):
    """It was accepted before: its first bytes come afterwards, or TLS is agreed on then."""
    with Client(*server) as busy, Late(*server) as late:
        busy.request(1, path="/hangs")
        expect(busy.outcome(), "alive")
        server.retire()
        busy.wait_for(GoAwayFrame)
        client = late.goes_on()
        first = client.wait_for(GoAwayFrame)
        expect((code_name(first.error_code), first.last_stream_id), ("NO_ERROR", LAST_OF_ALL))
        client.request(1)
        seen = list(client.frames())
        expect([one.stream_id for one in seen if isinstance(one, HeadersFrame)], [1])
        last = [one for one in seen if isinstance(one, GoAwayFrame)]
        expect([(code_name(one.error_code), one.last_stream_id) for one in last], [("NO_ERROR", 1)])


@test("--write=500")
def h2_047_who_reads_nothing_costs_little_and_is_reset(server):
    clients, streams = 4, 100
    before = server.resident()
    stuck = [Client(*server, settings={4: LAST_OF_ALL}, room=4096) for _ in range(clients)]
    for client in stuck:
        client.open_window(LAST_OF_ALL - 65535)
        for stream in range(1, 2 * streams, 2):
            client.request(stream, path="/file/1048576")
    most = before
    with contextlib.ExitStack() as open_ones:
        for client in stuck:
            open_ones.enter_context(client)
        with Client(*server) as other:
            other.open_window(LAST_OF_ALL - 65535)
            stream = 1
            while counts(other, stream)["in_flight"] != "1":  # until all are reset
                most = max(most, server.resident())
                stream += 2
        for client in stuck:
            expect(client.ends(), "reset")
    # A sanitizer keeps what was freed.
    assert server.sanitized or most - before <= clients * (2 << 20), f"{(most - before) // clients} bytes a connection"


@test("--write=500")
def h2_047_who_stops_reading_is_reset_though_the_kernel_has_taken_all(server):
    with Client(*server, settings={4: LAST_OF_ALL}, room=4096) as client, Client(*server) as other:
        client.open_window(LAST_OF_ALL - 65535)
        other.open_window(LAST_OF_ALL - 65535)
        for stream in range(1, 41, 2):
            client.request(stream, path="/file/1048576")
        stream = 1
        while counts(other, stream)["in_flight"] != "1" or stream == 1:  # until the kernel has all
            for _ in range(32):
                client.frame()
            stream += 2
        expect(client.ends(), "reset")


def run(program, tls, only, sanitized):
    failed = 0
    tests = [(one, options) for one, options in TESTS if only in one.__name__]
    for one, options in tests:
        try:
            server = conformance_test.Program(program, tls, *options)
            with server as address:
                one(Server(address, tls, server.process, sanitized))
        except (AssertionError, OSError, ValueError) as error:
            failed += 1
            print(f"FAILED {one.__name__}: {type(error).__name__}: {error}")
    return len(tests), failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--sanitized", action="store_true")
    arguments = parser.parse_args()
    count, failed = run(arguments.program, arguments.tls, arguments.only, arguments.sanitized)
    print(f"{count} tests, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main() != 0)
