#!/usr/bin/python3
"""beginning_test.py PROGRAM - how a connection of grove's server comes to speak HTTP/2, or does not: by openssl, by curl,
and frame by frame. PROGRAM is http2_server. H2-001 to H2-006"""
import socket
import ssl
import subprocess
import sys

from conformance_test import Program
from hyperframe.frame import Frame, GoAwayFrame, SettingsFrame, WindowUpdateFrame
from raw_client import PREFACE, SECONDS, Client, code_name

TESTS = []
FIRST_LINE = b"PRI * HTTP/2.0\r\n\r\n"
LISTED = "AES128-SHA"  # in RFC 9113's appendix A
UNLISTED = "ECDHE-RSA-AES128-GCM-SHA256"


def test(function):
    TESTS.append(function)
    return function


def expect(seen, wanted):
    assert seen == wanted, f"{seen!r}, not {wanted!r}"


def output_of(*command, stdin=""):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, errors="replace",
                          timeout=60)
    return done.stdout + done.stderr


def agreed(address, offered):
    """What openssl says of the offer: the protocol, or the alert."""
    said = output_of("openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-alpn", offered)
    if "alert no application protocol" in said:
        return "alert"
    return next(line.removeprefix("ALPN protocol: ") for line in said.splitlines() if line.startswith("ALPN protocol: "))


def curl(address, *options, scheme="https"):
    """What it got, and by which version of HTTP."""
    return output_of("curl", "-s", "-k", "--max-time", "30", "-w", "%{http_code} HTTP/%{http_version}", *options,
                     f"{scheme}://{address[0]}:{address[1]}/")


def received(connection, sent=b""):
    """All that comes until the peer's end, which is not to be a reset."""
    connection.settimeout(SECONDS)
    connection.sendall(sent)
    came = b""
    while piece := connection.recv(65536):
        came += piece
    return came


def frames_of(data):
    frames = []
    while data:
        frame, length = Frame.parse_frame_header(memoryview(data[:9]))
        frame.parse_body(memoryview(data[9:9 + length]))
        frames.append(frame)
        data = data[9 + length:]
    return frames


def expect_wrong_preface(frames):
    expect([type(one) for one in frames], [SettingsFrame, WindowUpdateFrame, GoAwayFrame])
    expect((code_name(frames[-1].error_code), frames[-1].last_stream_id), ("PROTOCOL_ERROR", 0))


@test
def h2_001_http_2_is_offered_first(program):
    with Program(program, True) as address:
        for offered, chosen in (("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1"),
                                ("http/1.0", "http/1.0"), ("spdy/3,h2", "h2"), ("spdy/3", "alert")):
            expect((offered, agreed(address, offered)), (offered, chosen))


@test
def h2_001_without_http_2_only_http_1_is_offered(program):
    with Program(program, True, "--without-http2") as address:
        for offered, chosen in (("h2,http/1.1", "http/1.1"), ("h2", "alert")):
            expect((offered, agreed(address, offered)), (offered, chosen))


@test
def h2_001_curl_speaks_what_was_agreed_on(program):
    with Program(program, True) as address:
        expect(curl(address, "--http2"), "hello\n200 HTTP/2")
        expect(curl(address, "--http1.1"), "hello\n200 HTTP/1.1")
    with Program(program, True, "--without-http2") as address:
        expect(curl(address, "--http2"), "hello\n200 HTTP/1.1")


@test
def h2_002_a_listed_cipher_is_not_enough(program):
    with Program(program, True, f"--ciphers={LISTED}:{UNLISTED}") as address:
        with Client(address, True, cipher=LISTED, greets=False) as client:
            client.send(PREFACE, SettingsFrame(), client.headers())
            frames = list(client.frames())
            expect([type(one) for one in frames], [SettingsFrame, GoAwayFrame])
            expect((code_name(frames[-1].error_code), frames[-1].last_stream_id), ("INADEQUATE_SECURITY", 0))
        with Client(address, True, cipher=UNLISTED) as client:
            client.request()
            expect(client.answer(), ("200", b"hello\n"))
        expect(curl(address, "--http1.1", "--tls-max", "1.2", "--ciphers", LISTED), "hello\n200 HTTP/1.1")


@test
def h2_002_no_older_tls_is_spoken(program):
    with Program(program, True, "--ciphers=DEFAULT:@SECLEVEL=0") as address:
        said = output_of("openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-alpn", "h2", "-tls1_1",
                         "-cipher", "DEFAULT:@SECLEVEL=0")
        assert "alert protocol version" in said, said


@test
def h2_003_the_preface_chooses_where_h2c_is_allowed(program):
    with Program(program, False) as address:
        expect(curl(address, "--http2-prior-knowledge", scheme="http"), "hello\n200 HTTP/2")
        expect(curl(address, "--http1.1", scheme="http"), "hello\n200 HTTP/1.1")


@test
def h2_003_without_h2c_the_preface_is_an_unknown_method(program):
    for option in "--without-h2c", "--without-http2":
        with Program(program, False, option) as address:
            for pieces in [PREFACE], [PREFACE[at:at + 1] for at in range(len(PREFACE))]:
                with socket.create_connection(address) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for piece in pieces:
                        connection.sendall(piece)
                    came = received(connection)
                assert came.startswith(b"HTTP/1.1 501 "), came
            assert " 200 " not in curl(address, "--http2-prior-knowledge", scheme="http")


@test
def h2_003_a_preface_is_known_wherever_it_is_cut(program):
    with Program(program, False) as address:
        for cut in range(1, len(PREFACE)):
            with Client(address, greets=False) as client:
                client.send(PREFACE[:cut])
                client.send(PREFACE[cut:], SettingsFrame(), client.headers())
                expect((cut, client.answer()), (cut, ("200", b"hello\n")))


@test
def h2_004_curl_that_asks_for_an_upgrade_is_answered_in_http_1(program):
    with Program(program, False) as address:
        expect(curl(address, "--http2", scheme="http"), "hello\n200 HTTP/1.1")


@test
def h2_005_a_wrong_preface_is_told_of_before_the_end(program):
    """A megabyte that nobody reads is on its way then: without lingering, a reset would take GOAWAY away."""
    with Program(program, False) as address, socket.create_connection(address) as connection:
        expect_wrong_preface(frames_of(received(connection, FIRST_LINE + b"XM\r\n\r\n" + bytes(1 << 20))))


@test
def h2_005_http_1_where_http_2_was_agreed_on_is_a_wrong_preface(program):
    with Program(program, True) as address, Client(address, True, greets=False) as client:
        expect_wrong_preface(frames_of(received(client.socket, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")))


@test
def h2_006_the_servers_preface_waits_for_nothing(program):
    """One SETTINGS, and the window of the connection: as soon as it is clear that the client speaks HTTP/2."""
    for tls in True, False:
        with Program(program, tls) as address, Client(address, tls, greets=False) as client:
            if not tls:
                client.send(FIRST_LINE)
            expect([type(client.frame()), type(client.frame())], [SettingsFrame, WindowUpdateFrame])
            expect(client.seen[0].settings, {3: 100, 4: 65536, 6: 32768 + 32 * 100, 9: 1})
            expect((client.seen[1].stream_id, client.seen[1].window_increment), (0, 1048576 - 65535))
            with Client(address, tls) as other:
                other.request()
                expect(other.answer(), ("200", b"hello\n"))
                told = [one for one in other.seen if isinstance(one, SettingsFrame) and "ACK" not in one.flags]
                expect(len(told), 1)


def run(tests, *arguments):
    """Each of them; @return how many have failed."""
    failed = 0
    for one in tests:
        try:
            one(*arguments)
        except (AssertionError, OSError, ValueError, StopIteration, ssl.SSLError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED {one.__name__}: {type(error).__name__}: {error}")
    print(f"{len(tests)} tests, {failed} failed")
    return failed


if __name__ == "__main__":
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    sys.exit(run([one for one in TESTS if only in one.__name__], sys.argv[1]) != 0)
