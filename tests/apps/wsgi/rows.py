"""The application of tests/apps/wsgi_*_test.cpp: each path shows a behaviour. All of it runs inside wsgiref.validate, but
for the paths below /raw, where an application breaks PEP 3333."""
import atexit
import io
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from wsgiref.validate import validator

TEXT = [("Content-Type", "text/plain")]
here = threading.local()
closed = []  # names of bodies, by their close()
kept = {}  # what requests leave behind
entered = threading.Semaphore(0)
gate = threading.Event()


class Pieces:
    """A body that knows when it was closed."""

    def __init__(self, name, pieces):
        self.name, self.pieces = name, iter(pieces)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.pieces)

    def close(self):
        closed.append(self.name)
        if hasattr(self.pieces, "close"):
            self.pieces.close()


def plain(start_response, text, status="200 OK"):
    body = text.encode("utf-8", "surrogateescape")
    start_response(status, TEXT + [("Content-Length", str(len(body)))])
    return [body]


def environ_(environ, start_response):
    environ["its.own"] = "kept"
    lines = [f"{key} {value!r}" for key, value in sorted(environ.items())]
    return plain(start_response, "\n".join([f"dict {type(environ) is dict}", *lines]))


def refused(environ, start_response):
    """start_response refuses at once, in the frame of whoever calls it."""
    lines = []
    bad = [
        (b"200 OK", TEXT), ("200 OK", tuple(TEXT)), ("200 OK", [["Content-Type", "text/plain"]]),
        ("200 OK", [("A", "b", "c")]), ("200 OK", [("A", b"b")]), ("200 OK", [("A", 1)]), ("20 OK", TEXT),
        ("200OK", TEXT), ("200 O\nK", TEXT), ("200 OK", [("A b", "c")]), ("200 OK", [("", "c")]),
        ("200 OK", [("A", "b\r\nC: d")]), ("200 OK", [("A", "\u20ac")]), ("200 \u20ac", TEXT),
        ("200 OK", [("Transfer-Encoding", "chunked")]), ("200 OK", [("Content-Length", "-1")]),
        ("200 OK", [("Content-Length", "1"), ("content-length", "1")]), ("101 Switching Protocols", []),
        ("100 Continue", []),
    ]
    for status, headers in bad:
        try:
            start_response(status, headers)
            lines.append(f"accepted {status!r} {headers!r}")
        except (TypeError, ValueError) as error:
            lines.append(type(error).__name__ + " " + error.__traceback__.tb_frame.f_code.co_name)
    start_response("200 OK", TEXT + [("X-Latin", "caf\xe9")])
    try:
        start_response("200 OK", TEXT)
    except AssertionError as error:
        lines.append(f"second {error}")
    return [" | ".join(lines).encode()]


def replaced(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        raise LookupError("not there")
    except LookupError:
        start_response("404 Not Found", TEXT, sys.exc_info())
    return [b"replaced"]


def replaced_late(environ, start_response):
    """Empty pieces, of write() too, have sent nothing: the head is replaced."""
    start_response("200 OK", TEXT)(b"")
    yield b""
    try:
        raise LookupError("not there")
    except LookupError:
        start_response("404 Not Found", TEXT, sys.exc_info())
    yield b"replaced"


def too_late(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"sent ")
    try:
        raise LookupError("too late")
    except LookupError:
        try:
            start_response("500 Oh", TEXT, sys.exc_info())
        except LookupError as error:
            return [f"raised {error}".encode()]
    return [b"replaced"]


def too_late_for_nothing(environ, start_response):
    """exc_info where nothing was caught."""
    start_response("200 OK", TEXT)(b"sent ")
    try:
        start_response("500 Oh", TEXT, sys.exc_info())
    except TypeError as error:
        return [str(error).encode()]
    return [b"replaced"]


def late_start(environ, start_response):
    """start_response comes in the first next(); empty pieces send nothing."""
    def body():
        yield b""
        yield b""
        start_response("201 Created", TEXT)
        yield b""
        yield b"late"
    return body()


def write_first(environ, start_response):
    write = start_response("200 OK", TEXT)
    for number in range(10000):  # faster than they are sent
        write(b"%04d " % number)
    return Pieces("write", [b"last"])


def listed(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"a", b"", b"bc"]


def tupled(environ, start_response):
    start_response("200 OK", TEXT)
    return (b"tuple",)


class One:
    """A body that knows that it has one piece."""

    def __len__(self):
        return 1

    def __iter__(self):
        yield b"only one"


def one(environ, start_response):
    start_response("200 OK", TEXT)
    return One()


def generated(environ, start_response):
    start_response("200 OK", TEXT)
    return Pieces("generated", [b"a", b"b", b"c"])


def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return Pieces("empty", [])


def length(environ, start_response):
    """Its Content-Length says 4: /length?2 has less, /length?6 more."""
    start_response("200 OK", TEXT + [("Content-Length", "4")])
    return Pieces("length", (b"x" for _ in range(int(environ["QUERY_STRING"]))))


def more_at_once(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "4")])
    return Pieces("more", [b"123456"])


def bodiless(environ, start_response):
    start_response(environ["QUERY_STRING"].replace("+", " "), [])
    return Pieces("bodiless", [b"not", b"sent"])


def head(environ, start_response):
    def pieces():
        for number in range(9):
            closed.append(f"piece {number}")
            yield b"piece"
    start_response("200 OK", TEXT)
    return Pieces("head", pieces())


def raises(environ, start_response):
    raise KeyError("of the application")


def raises_later(environ, start_response):
    def pieces():
        yield b"begun"
        raise KeyError("of the generator")
    start_response("200 OK", TEXT)
    return Pieces("raises_later", pieces())


def raises_in_close(environ, start_response):
    class Bad(Pieces):
        def close(self):
            super().close()
            raise KeyError("of close")
    start_response("200 OK", TEXT)
    return Bad("raises_in_close", [b"whole"])


def hangs_in_close(environ, start_response):
    class Bad(Pieces):
        def close(self):
            time.sleep(60)
    start_response("200 OK", TEXT)
    return Bad("hangs_in_close", [b"whole"])


def closes(environ, start_response):
    names = ",".join(closed)
    closed.clear()
    return plain(start_response, names)


def inputs(environ, start_response):
    """?CALLS: each is a call of wsgi.input, "r5" "l" "l3" "a" (all) "i" (the rest's lines) "L" (readlines)."""
    body, calls = environ["wsgi.input"], {
        "r": lambda n: body.read(n), "l": lambda n: body.readline(n), "a": lambda n: body.read(-1),
        "i": lambda n: list(body), "L": lambda n: body.readlines(n)}
    got = [calls[call[0]](int(call[1:] or -1)) for call in environ["QUERY_STRING"].split(",")]
    return plain(start_response, " ".join(map(repr, got)))


def summed(environ, start_response):
    """How many bytes came, and their sum; memory does not grow with them."""
    total = count = 0
    while piece := environ["wsgi.input"].read(65536):
        count += len(piece)
        total += sum(piece[::4099])
    return plain(start_response, f"{count} {total}")


def streamed(environ, start_response):
    """/streamed?N: N MiB, 64 KiB each."""
    start_response("200 OK", TEXT)
    piece = b"s" * 65536
    return Pieces("streamed", (piece for _ in range(16 * int(environ["QUERY_STRING"]))))


def large(environ, start_response):
    """/large?N: N MiB in one piece."""
    start_response("200 OK", TEXT)
    return [b"l" * (int(environ["QUERY_STRING"]) << 20)]


def events(environ, start_response):
    """An event, then nothing until the gate opens."""
    def pieces():
        try:
            yield b"data: first\n\n"
            gate.wait()
            gate.clear()
            yield b"data: second\n\n"
        finally:
            closed.append("finally")
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    return Pieces("events", pieces())


def opened(environ, start_response):
    gate.set()
    return plain(start_response, "opened")


def endless(environ, start_response):
    """Small pieces for ever: until its client has gone."""
    def pieces():
        try:
            while True:
                time.sleep(0.01)
                yield b"tick"
        finally:
            print("endless: finally")
    start_response("200 OK", TEXT)
    return Pieces("endless", pieces())


def file(environ, start_response):
    """From the second byte on, by wsgi.file_wrapper."""
    made = tempfile.TemporaryFile(buffering=int(environ["QUERY_STRING"]))
    made.write(b"0123456789" * 1000)
    made.seek(1)
    made.close, close = lambda: (closed.append("file"), close()), made.close
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](made, 7)


def real_file(environ, start_response):
    start_response("200 OK", TEXT)
    made = open(__file__, "rb")
    made.seek(3)
    return environ["wsgi.file_wrapper"](made)


def part_of_file(environ, start_response):
    """/part_of_file?N: its Content-Length says N; the file has 7 bytes from where it stands."""
    start_response("200 OK", TEXT + [("Content-Length", environ["QUERY_STRING"])])
    made = tempfile.TemporaryFile()
    made.write(b"0123456789")
    made.seek(3)
    return environ["wsgi.file_wrapper"](made)


def file_of_memory(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](io.BytesIO(b"of memory"), 4)


def loops(environ, start_response):
    """Python that never ends by itself."""
    try:
        print("loops: begun")
        while True:
            pass
    finally:
        print("loops: finally")


def loops_in_body(environ, start_response):
    def pieces():
        yield b"begun"
        while True:
            pass
    start_response("200 OK", TEXT)
    return Pieces("loops_in_body", pieces())


def empty_for_ever(environ, start_response):
    start_response("200 OK", TEXT)
    return itertools.repeat(b"")


def sleeps_at_last(environ, start_response):
    """No Python runs after the call into C: what is thrown meanwhile has nowhere to come."""
    start_response("200 OK", TEXT)
    return map(time.sleep, [2])


def sleeps(environ, start_response):
    """A call into C, which nothing interrupts."""
    print("sleeps: begun")
    time.sleep(float(environ["QUERY_STRING"]))
    print("sleeps: over")
    return plain(start_response, "slept")


def keeps_gil(environ, start_response):
    """A call into C that does not let go of the GIL."""
    import ctypes
    ctypes.PyDLL(None).sleep(60)
    return plain(start_response, "slept")


def reads(environ, start_response):
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        print(f"reads: {type(error).__mro__[1].__name__}")
        raise
    return plain(start_response, "read")


def signals(environ, start_response):
    names = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "PIPE")
    for name in names:
        signal.signal(getattr(signal, "SIG" + name), signal.SIG_IGN)
    child = subprocess.run(["/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"], capture_output=True, text=True)
    told = [line.split(":\t") for line in child.stdout.splitlines()]
    told = "".join(f"{name} {int(bits, 16) & 0x7fffffff:x} " for name, bits in told)  # without the C library's own
    sleeper = subprocess.Popen(["/bin/sleep", "60"])
    sleeper.terminate()
    return plain(start_response, f"{told}{child.stderr}{sleeper.wait()}")


def threads(environ, start_response):
    here.count = getattr(here, "count", 0) + 1
    return plain(start_response, f"{threading.current_thread().name} {here.count}")


def prints(environ, start_response):
    print("printed", end=" ")
    print("by print")
    print("to stderr", file=sys.stderr)
    environ["wsgi.errors"].write("to wsgi.errors \u20ac\n")
    environ["wsgi.errors"].flush()
    return plain(start_response, environ["grove.request_id"])


def keeps(environ, start_response):
    write = start_response("200 OK", TEXT)
    kept["late"] = (environ["wsgi.input"], start_response, write)
    return [b"kept"]


def late(environ, start_response):
    lines = []
    body, start, write = kept["late"]
    for call in (lambda: body.read(1), lambda: start("200 OK", TEXT), lambda: write(b"late")):
        try:
            call()
            lines.append("accepted")
        except (ValueError, RuntimeError) as error:
            lines.append(type(error).__name__)
    return plain(start_response, " ".join(lines))


def two_read(environ, start_response):
    """A thread of the application's own waits in read() when another one comes."""
    got = []
    reader = threading.Thread(target=lambda: got.append(len(environ["wsgi.input"].read(200000))))
    reader.start()
    while reader.is_alive():
        try:
            environ["wsgi.input"].read(0)
        except RuntimeError as error:
            print(f"two_read: {error}")
            reader.join()
    return plain(start_response, str(got))


def forks(environ, start_response):
    """How many listening sockets a forked child has."""
    inside, outside = os.pipe()
    if os.fork() == 0:
        listening = {line.split()[9] for line in open("/proc/net/tcp") if line.split()[3] == "0A"}
        links = (os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if int(fd) != inside
                 and os.path.exists(f"/proc/self/fd/{fd}"))
        os.write(outside, str(sum(link[8:-1] in listening for link in links if link.startswith("socket:["))).encode())
        os._exit(0)
    return plain(start_response, os.read(inside, 9).decode())


def crashes(environ, start_response):
    import ctypes
    ctypes.string_at(0)


def text(environ, start_response):
    start_response("200 OK", TEXT)
    return ["a str"]


def no_start(environ, start_response):
    return [b"no start"]


def at_exit():
    print("rows: atexit")


def waits_for_the_end():
    threading.main_thread().join()
    print("rows: the main thread ends")


atexit.register(at_exit)
threading.Thread(target=waits_for_the_end).start()
VALID = {"/" + name.strip("_"): validator(function) for name, function in list(globals().items())
         if callable(function) and getattr(function, "__code__", None) is not None
         and function.__code__.co_varnames[:2] == ("environ", "start_response")}


def application(environ, start_response):
    path = environ["PATH_INFO"].encode("latin-1").decode()
    if path.startswith("/raw/"):
        return globals()[path[5:]](environ, start_response)
    return VALID["/" + path.split("/")[1]](environ, start_response)


def make(name, *, greeting="hello"):
    def made(environ, start_response):
        return plain(start_response, f"{greeting} {name}")
    return made


class nested:
    class deeper:
        application = staticmethod(make("nested"))
