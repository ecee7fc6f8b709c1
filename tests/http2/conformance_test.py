#!/usr/bin/python3
"""conformance_test.py HOST:PORT|nghttpd|PROGRAM|FILE.md [--tls] [--only TEXT] - what RFC 9113 and RFC 7541 ask of a server, case by
case, each named by its section. H2-010

The server must answer GET / by 200 and three bytes or more. Each case has a connection of its own. With
nghttpd in place of an address Debian's is started: that it meets the cases, but for a few, tells that they are right.
FILE.md must have the table of the cases."""
import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "clients"))
import frame_cases  # noqa: F401 (they add to CASES)
import message_cases  # noqa: F401
import stream_cases  # noqa: F401
from raw_client import CASES, SECONDS
from served import self_signed

# What grove does not meet.
OF_GROVE = {
    "6.9.2: a change that takes a stream's window above 2^31-1": "nghttp2 resets the stream alone",
    "5.1: DATA on a stream that the client has reset": "nghttp2 drops it, and tells nobody",
    "5.1: DATA on a stream that was answered": "nghttp2 drops it, and tells nobody",
}
# What nghttpd 1.52 does not meet.
OF_NGHTTPD = {
    "6.9.2: a change that takes a stream's window above 2^31-1": "the stream alone is reset",
    "8.3.1: Host that is not :authority": "it is not compared",
    "5.1.1: a lower number that was passed over": "the request is ignored",
}


def failure_of(function, address, tls):
    """Why the case fails; None: it does not."""
    try:
        function(address, tls)
    except AssertionError as error:
        return str(error) or "an assertion"
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def run(address, tls, not_met, only=""):
    """How many cases ended otherwise than expected: those of `not_met` fail, the others do not."""
    wrong = 0
    cases = [one for one in CASES if only in one[0]]
    for name, function in cases:
        failure = failure_of(function, address, tls)
        if failure is None and name in not_met:
            failure = "is met, but listed as not met"
        elif failure is not None and name in not_met:
            continue
        if failure is not None:
            wrong += 1
            print(f"FAILED {name}: {failure}")
    print(f"{len(cases)} cases, {wrong} failed, {len(not_met)} known")
    return wrong


class Nghttpd:
    """Serves an index.html, plain."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        Path(self.folder.name, "index.html").write_text("hello")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()
        self.process = subprocess.Popen(["nghttpd", "--no-tls", "-a", self.address[0], "-d", self.folder.name,
                                         str(self.address[1])], stdout=subprocess.DEVNULL)

    def __enter__(self):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection(self.address).close()
                return self.address
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError("nghttpd does not listen")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class Program:
    """A server that writes its port, and ends with its standard input: http2_server."""

    def __init__(self, program, tls, *options):
        self.folder = tempfile.TemporaryDirectory()
        files = self_signed(self.folder.name) if tls else []
        self.process = subprocess.Popen([program, *options, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        return "127.0.0.1", int(self.process.stdout.readline())

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        code = self.process.wait(timeout=60)
        self.folder.cleanup()
        assert code == 0, f"the server ended with {code}"


def table():
    """The sections in their order, how many cases each has, and which are not met."""
    def order(section):
        document, numbers = section.rpartition(" ")[::2]
        return document, [int(number) for number in numbers.split(".")]
    names = [name.split(": ", 1) for name, _ in CASES]
    lines = []
    for section in sorted({section for section, _ in names}, key=order):
        titles = [title for one, title in names if one == section]
        missed = [f"{title}: {OF_GROVE[f'{section}: {title}']}" for title in titles if f"{section}: {title}" in OF_GROVE]
        lines.append(f"| {section} | {len(titles)} | {'; '.join(missed)} |\n".replace("|  |", "| |"))
    return "".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    if arguments.server.endswith(".md"):
        found = table() in Path(arguments.server).read_text()
        print("" if found else f"{arguments.server} has not this table:\n{table()}", end="")
        return not found
    if arguments.server == "nghttpd":
        if shutil.which("nghttpd") is None:
            print("skipped: nghttpd is not installed")
            return 0
        with Nghttpd() as address:
            return run(address, False, OF_NGHTTPD, arguments.only)
    if ":" not in arguments.server:
        with Program(arguments.server, arguments.tls) as address:
            return run(address, arguments.tls, OF_GROVE, arguments.only)
    host, port = arguments.server.rsplit(":", 1)
    return run((host, int(port)), arguments.tls, {}, arguments.only)


if __name__ == "__main__":
    sys.exit(main() != 0)
