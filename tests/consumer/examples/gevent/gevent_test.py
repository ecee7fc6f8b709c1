"""gevent_test.py NAME PROGRAM - what an example prints, how a signal ends it, and how it fails (C-072).

Peers are sockets of the test's own, on loopback and on ports of the kernel's choice. psycopg2_pool runs below
with_postgres.py. Ends with 77 if what it needs is not installed.
"""
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

PROGRAM = sys.argv[2]
TIME = 60
HOME = "127.0.0.1:0"
PLAIN = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever the environment says


def expect(what, wanted, got):
    if wanted != got:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def expect_in(what, wanted, got):
    if wanted not in got:
        sys.exit(f"{what}: wanted {wanted!r} in {got!r}")


def run(*arguments):
    """Exit code, output and error output."""
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIME)
    return done.returncode, done.stdout, done.stderr


class Started:
    """The program, until its block ends: TERM must end it with `code`."""

    def __init__(self, *arguments, code=0):
        self.code = code
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        self.watchdog = threading.Timer(TIME, self.process.kill)
        self.watchdog.start()

    def line(self):
        return self.process.stdout.readline()

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.process.send_signal(signal.SIGTERM)
        self.rest = self.process.stdout.read()
        ended = self.process.wait(TIME)
        self.watchdog.cancel()
        if kind:
            print(self.said(), file=sys.stderr)
        else:
            expect("the end by TERM", self.code, ended)


class Serving(Started):
    """A server, which tells its address first, and that it has stopped last."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        line = self.line()
        expect_in("its first line", "listening on ", line)
        self.address = line.split()[-1]
        if not self.address.startswith("unix:"):
            self.port = int(self.address.rsplit(":", 1)[1])
            self.url = f"http://127.0.0.1:{self.port}/"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), TIME)

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        if not kind:
            expect("its last line", "stopped\n", self.rest.splitlines(True)[-1])

    def refuses_a_second(self, *arguments):
        """The address is taken: that is told, and where."""
        code, _, said = run(*[self.address if word == HOME else word for word in arguments])
        expect("a second at one address", 1, code)
        expect_in("why", self.address, said)


def all_of(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


def reset(connection):
    """Closes it with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def listening():
    return socket.create_server(("127.0.0.1", 0))


def port_of(listener):
    return listener.getsockname()[1]


def nobodys_port():
    with listening() as listener:
        return port_of(listener)


def answering(answer):
    """An HTTP server of the test's: `answer(target)` is all that it sends. Returns its port."""
    listener = listening()

    def serve():
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                target = lines.readline().split()[1].decode()
                for line in lines:
                    if line == b"\r\n":
                        break
                try:
                    connection.sendall(answer(target))
                except ConnectionError:
                    pass  # the program has had enough
    threading.Thread(target=serve, daemon=True).start()
    return port_of(listener)


def page(text, kind="text/html", more=0):
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
        kind.encode(), len(text) + more, text)


def fetch(url, **options):
    try:
        with PLAIN.open(url, timeout=TIME, **options) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def echoserver():
    with Serving(HOME) as server:
        with server.connect() as one, server.connect() as two, one.makefile("rb") as lines, two.makefile("rb") as others:
            expect_in("a welcome", b"Welcome", lines.readline())
            expect_in("a welcome to the other", b"Welcome", others.readline())
            one.sendall(b"he")
            two.sendall(b"other\n")
            expect("the other is not held up", b"other\n", others.readline())
            one.sendall(b"llo\nquit\n")
            expect("its line, then the end", b"hello\n", lines.read())
            two.sendall(b"x" * 10000)
            expect("the end of a line too long", b"", others.read())
        with server.connect() as gone:
            gone.recv(1)
            reset(gone)
        with server.connect() as next_one, next_one.makefile("rb") as lines:
            expect_in("a welcome after a reset", b"Welcome", lines.readline())
            server.refuses_a_second(HOME)
    expect_in("why the line was refused", "8192", server.said())


def unixsocket_server():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/socket"
        with Serving(path) as server:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"good day\n")
                expect("the answer", b"you said good day\n", all_of(client))
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"x" * 2000)
                try:
                    expect("no answer to a line too long", b"", all_of(client))
                except ConnectionResetError:
                    pass  # bytes of the line were still unread
        expect("its file after the end", False, os.path.exists(path))
        expect_in("why the line was refused", "1024", server.said())
        code, _, said = run(folder + "/none/socket")
        expect("a folder that is not there", 1, code)
        expect_in("why", folder + "/none/socket", said)


def unixsocket_client():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = folder + "/socket"
        code, _, said = run(path, "hello")
        expect("nobody there", 1, code)
        expect_in("why", path, said)
        listener.bind(path)
        listener.listen()
        with Started(path, "good day") as client:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                expect("what it says", b"good day\n", lines.readline())
                connection.sendall(b"good evening\n")
                expect("what it prints", "good evening\n", client.line())
                client.process.wait(TIME)
        with Started(path, code=-signal.SIGTERM):
            connection, _ = listener.accept()
            with connection.makefile("rb") as lines:
                expect("while it waits", b"hello\n", lines.readline())


def udp_server():
    with Serving(HOME) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(TIME)
        for data in (b"hello", b"", b"x" * 60000):
            client.sendto(data, ("127.0.0.1", server.port))
            expect("the answer", b"received %d bytes" % len(data), client.recv(100))
            expect_in("what it prints", f"sent {len(data)} bytes", server.line())
        server.refuses_a_second(HOME)


def udp_client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % port_of(server)
        with Started(address, "good day") as client:
            data, peer = server.recvfrom(100)
            expect("what it sends", b"good day", data)
            server.sendto(b"good evening", peer)
            expect("what it prints", address + ": good evening\n", client.line())
            client.process.wait(TIME)
        with Started(address, code=-signal.SIGTERM):
            expect("while it waits", b"hello", server.recv(100))
    code, _, said = run(address)
    expect("nobody there", 1, code)
    expect_in("why", "refused", said)
    expect("an address without a port", 1, run("localhost")[0])


def concurrent_download():
    both = threading.Barrier(2, timeout=TIME)

    def answer(target):
        return page(b"cut", more=10) if target == "/cut" else page(b"x" * int(target[1:]))

    def together(target):
        both.wait()  # neither is answered before the other has asked
        return page(b"together")
    side_by_side = [f"http://127.0.0.1:{answering(together)}/" for _ in range(2)]
    code, told, said = run(*side_by_side)
    expect("pages side by side", (0, sorted(f"{url}: 200, 8 bytes" for url in side_by_side)),
           (code, sorted(told.splitlines())))
    host = f"http://127.0.0.1:{answering(answer)}"
    code, told, said = run(host + "/100000", host + "/cut", f"http://127.0.0.1:{nobodys_port()}/", host + "/20000000")
    expect("a page beside failures", (1, f"{host}/100000: 200, 100000 bytes\n"), (code, told))
    expect("each failure is told", 3, len(said.splitlines()))
    with listening() as mute, Started(f"http://127.0.0.1:{port_of(mute)}/", code=-signal.SIGTERM):
        peer = mute.accept()[0]  # kept: its end would be an answer
        peer.recv(1)


def dns_mass_resolve():
    code, told, _ = run(*["127.0.0.1", "::1"] * 50)
    expect("addresses", 0, code)
    expect("each is told", 50, told.count("127.0.0.1 = 127.0.0.1\n"))
    expect_in("the sum", "100 of 100 found\n", told)
    code, told, _ = run("localhost", "a name with blanks")
    expect("one name that is none", 1, code)
    expect("a name that is in the hosts file", True, bool(re.search(r"^localhost = (127\.0\.0\.1|::1)$", told, re.M)))
    expect_in("why", "a name with blanks failed: ", told)
    expect_in("the sum", "1 of 2 found\n", told)


def geventsendfile():
    with tempfile.TemporaryDirectory() as folder:
        content = os.urandom(3_000_000)
        with open(folder + "/file", "wb") as file:
            file.write(content)
        with Serving(folder + "/file", HOME) as server:
            for _ in range(20):
                gone = server.connect()
                gone.recv(1)
                reset(gone)
            with server.connect() as client:
                expect("the file", True, all_of(client) == content)
            os.remove(folder + "/file")
            with server.connect() as client:
                expect("no file", b"", all_of(client))
            server.refuses_a_second(folder + "/file", HOME)
        expect_in("why", folder + "/file: No such file", server.said())


def portforwarder():
    with listening() as target, Serving(HOME, "127.0.0.1:%d" % port_of(target)) as server:
        with server.connect() as client:
            other, _ = target.accept()
            client.sendall(b"question")
            client.shutdown(socket.SHUT_WR)
            expect("what the target gets, up to its end", b"question", all_of(other))
            other.sendall(b"answer")
            other.close()
            expect("what the client gets after its own end", b"answer", all_of(client))
        with server.connect() as client:
            other, _ = target.accept()
            client.sendall(b"x")
            expect("a byte", b"x", other.recv(1))
            reset(client)
            expect("the target's connection ends when the client is reset", b"", all_of(other))
        target.close()
        with server.connect() as client:
            expect("the end if the target refuses", b"", all_of(client))
        server.refuses_a_second(HOME, "127.0.0.1:1")
    expect_in("why", "refused", server.said())
    expect("no target", 1, run(HOME)[0])


def processes():
    code, told, _ = run("echo one; echo two", "cat /dev/null")
    expect("two commands", 0, code)
    expect_in("the first's lines", "echo one; echo two: one\n", told)
    expect_in("the second line", "echo one; echo two: two\n", told)
    expect_in("the end", "cat /dev/null ended with 0\n", told)
    code, told, _ = run("exit 3", "true")
    expect("one that fails", 1, code)
    expect_in("how", "exit 3 ended with 3\n", told)
    with Started("echo $$; exec sleep 600", code=1) as program:
        pid = int(program.line().split(": ")[1])
        expect("the child lives", True, os.path.exists(f"/proc/{pid}"))
    expect("the child ends with the program", False, os.path.exists(f"/proc/{pid}"))


def threadpool():
    code, told, _ = run("0.2", "0.2", "0.2", "0.2")
    expect("four calls in three threads", (0, 4), (code, told.count("blocked for 0.2 s\n")))
    expect("the hub goes on before the first has ended", True, told.startswith("the hub goes on\n"))
    code, told, said = run("0", "never")
    expect("one that fails", 1, code)
    expect_in("the other's result", "blocked for 0 s\n", told)
    expect_in("why", "threadpool: stod", said)
    with Started("50", code=-signal.SIGTERM) as program:
        expect("the hub goes on", "the hub goes on\n", program.line())


def psycopg2_pool():
    database = os.environ["NOTES_DATABASE"]
    code, told, said = run(database, *["SELECT 'row ' || i FROM generate_series(1, 2) i"] * 4)
    expect("statements", (0, 4, ""), (code, told.count(": row 2\n"), said))
    expect_in("a bound", "3 connections\n", told)
    code, told, said = run(database, "SELECT 1", "SELECT nothing")
    expect("one statement that fails", 1, code)
    expect_in("the other's row", "SELECT 1: 1\n", told)
    expect_in("why", 'column "nothing" does not exist', said)
    code, _, said = run("host=/nowhere dbname=none", "SELECT 1")
    expect("no database", 1, code)
    expect_in("where", "/nowhere", said)
    with Started(database, "SELECT 1", "SELECT pg_sleep(600)", code=-signal.SIGTERM) as program:
        expect("a row beside a statement that takes long", "SELECT 1: 1\n", program.line())


def wsgiserver():
    with Serving(HOME) as server:
        expect("the page", (200, "<b>hello world</b>"), fetch(server.url))
        expect("another path", (404, "<h1>Not Found</h1>"), fetch(server.url + "other"))
        server.refuses_a_second(HOME)


def wsgiserver_ssl():
    if not shutil.which("openssl"):
        print("openssl is not installed (apt-get install openssl)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = folder + "/certificate.pem", folder + "/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                        certificate], check=True, capture_output=True)
        with Serving(certificate, key, HOME) as server:
            https = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=certificate)))
            with https.open(f"https://127.0.0.1:{server.port}/", timeout=TIME) as answer:
                expect("the page", b"<b>hello world</b>", answer.read())
            with server.connect() as plain:
                plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = plain.recv(100)
                expect("no page without TLS", False, b"200 OK" in answer)
        code, _, said = run(certificate, folder + "/none.pem", HOME)
        expect("no key", 1, code)
        expect_in("which", folder + "/none.pem", said)


def webpy():
    with Serving(HOME) as server:
        with server.connect() as slow:
            slow.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
            expect("a request that takes long", "a long request\n", server.line())
            expect("the page meanwhile", (200, 'Hello, world!<br><a href="/long">long</a>'),
                   fetch(server.url))
        expect("another path", 404, fetch(server.url + "none")[0])
        expect("another method", 405, fetch(server.url, data=b"x")[0])
        server.refuses_a_second(HOME)


def webproxy():
    def answer(target):
        if target == "/text":
            return page(b'="/same"', "text/plain")
        if target == "/cut":
            return page(b"cut", "text/plain", more=10)
        if target == "/large":
            return page(b"x" * 2_000_000)
        return page(b'<a href="/a"><a href="http://b.test/c"><a href="//d"><a href="e">' + target.encode())
    with Serving(HOME) as server:
        host = f"127.0.0.1:{answering(answer)}"
        expect("a page, its links lead back",
               (200, f'<a href="/{host}/a"><a href="/b.test/c"><a href="//d"><a href="e">/x?y=%20'),
               fetch(f"{server.url}{host}/x?y=%20"))
        expect("a text, as it is", (200, '="/same"'), fetch(f"{server.url}{host}/text"))
        expect("no host", (200, "Ask for /HOST/PATH\n"), fetch(server.url))
        expect("another method", 405, fetch(f"{server.url}{host}/x", data=b"x")[0])
        status, said = fetch(f"{server.url}127.0.0.1:{nobodys_port()}/")
        expect("nobody there", 502, status)
        expect_in("why", "refused", said)
        expect("too large a page", 502, fetch(f"{server.url}{host}/large")[0])
        with server.connect() as client:
            client.sendall(f"GET /{host}/cut HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            expect("what is cut there is cut here", False, all_of(client).endswith(b"0\r\n\r\n"))
        server.refuses_a_second(HOME)


globals()[sys.argv[1]]()
