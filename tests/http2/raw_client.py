"""An HTTP/2 client that sends whatever it is told to, and tells what came of it."""
import select
import socket
import ssl
import struct
import time

import hpack
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame,
                              RstStreamFrame, SettingsFrame, WindowUpdateFrame)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SECONDS = 10  # for a peer that owes an answer; none waits for it in vain
CODES = ("NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
         "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY "
         "HTTP_1_1_REQUIRED").split()


def code_name(code):
    return CODES[code] if code < len(CODES) else str(code)


def raw_frame(kind, flags, stream, payload=b"", length=None):
    """Any frame, also one that no library would make."""
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def knows_http2():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


class Client:
    """One connection. `tls`: by ALPN; else with prior knowledge. `cipher`: by TLS 1.2, with this one. `room`: so many
    bytes wait in the kernel."""

    def __init__(self, address, tls=False, settings=None, greets=True, cipher=None, room=None):
        self.asked = 0
        self.socket = socket.socket()
        if room is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.settimeout(SECONDS)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = knows_http2()
            if cipher is not None:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.set_ciphers(cipher)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == "h2"
        self.begin(PREFACE if greets else None, settings)

    @classmethod
    def over(cls, connection, preface):
        """Over what is open, and has sent all but this of the preface."""
        client = cls.__new__(cls)
        client.socket = connection
        client.begin(preface, None)
        return client

    def begin(self, preface, settings):
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 24
        self.input = b""
        self.seen = []  # every frame that has come
        self.settings = {}  # of the server
        if preface is not None:
            self.send(preface, SettingsFrame(settings=settings or {}))
            self.frame()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # A peer that has closed already cannot be sent more; what it said before is still to be read.
    def send(self, *frames):
        data = b"".join(one if isinstance(one, bytes) else one.serialize() for one in frames)
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def fields(self, method="GET", path="/", more=(), without=()):
        """Those of a request, in order."""
        pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        return [field for field in pseudo if field[0] not in without] + list(more)

    def headers(self, stream=1, fields=None, end=True, flags=("END_HEADERS",), block=None):
        frame = HeadersFrame(stream)
        frame.data = self.encoder.encode(self.fields() if fields is None else fields) if block is None else block
        for flag in flags:
            frame.flags.add(flag)
        if end:
            frame.flags.add("END_STREAM")
        return frame

    def data(self, stream=1, data=b"", end=True):
        return DataFrame(stream, data=data, flags=["END_STREAM"] if end else [])

    def request(self, stream=1, **fields):
        self.send(self.headers(stream, self.fields(**fields)))

    def read_exactly(self, size):
        while len(self.input) < size:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError, OSError) as error:
                if isinstance(error, TimeoutError):
                    raise
                piece = b""
            if not piece:
                return None
            self.input += piece
        piece, self.input = self.input[:size], self.input[size:]
        return piece

    def frame(self, until=None):
        """The next frame, its acknowledgement sent; None: the connection has ended. Raises TimeoutError."""
        left = (until or time.monotonic() + SECONDS) - time.monotonic()
        self.socket.settimeout(max(left, 0.001))
        head = self.read_exactly(9)
        if head is None:
            return None
        frame, length = Frame.parse_frame_header(memoryview(head))
        body = self.read_exactly(length)
        if body is None:
            return None
        frame.parse_body(memoryview(body))
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.settings.update(frame.settings)
            self.send(SettingsFrame(flags=["ACK"]))
        if isinstance(frame, (HeadersFrame, ContinuationFrame)):
            frame.fields = self.decoder.decode(frame.data) if "END_HEADERS" in frame.flags else []
        self.seen.append(frame)
        return frame

    def frames(self):
        """Until the connection ends."""
        until = time.monotonic() + SECONDS
        while (frame := self.frame(until)) is not None:
            yield frame

    def wait_for(self, kind, stream=None, flag=None):
        for frame in self.frames():
            if isinstance(frame, kind) and stream in (None, frame.stream_id) and (flag is None or flag in frame.flags):
                return frame
        raise AssertionError(f"the connection ended without a {kind.__name__}")

    def answer(self, stream=1):
        """Status and body of a stream's answer."""
        status, body = None, b""
        for frame in self.frames():
            if isinstance(frame, GoAwayFrame):
                raise AssertionError("GOAWAY " + code_name(frame.error_code))
            if frame.stream_id != stream:
                continue
            if isinstance(frame, RstStreamFrame):
                raise AssertionError("RST_STREAM " + code_name(frame.error_code))
            if isinstance(frame, HeadersFrame):
                status = status or dict(frame.fields).get(":status")
            if isinstance(frame, DataFrame):
                body += frame.data
            if "END_STREAM" in frame.flags:
                return status, body
        raise AssertionError("the connection ended without an answer")

    def outcome(self, stream=1, ping=True):
        """What ends the stream or the connection: "GOAWAY code", "RST_STREAM code" or "closed"; else "alive" once
        PING was acknowledged twice: the first time it may overtake an error. Without `ping`: else "answered" at the end
        of the stream's answer."""
        self.asked += 2  # an earlier call may not have seen its acknowledgements
        pings = [b"%08d" % (self.asked + i) for i in range(2)] if ping else []
        for data in pings[:1]:
            self.send(PingFrame(opaque_data=data))
        for frame in self.frames():
            if isinstance(frame, GoAwayFrame):
                return "GOAWAY " + code_name(frame.error_code)
            if isinstance(frame, RstStreamFrame) and frame.stream_id == stream:
                return "RST_STREAM " + code_name(frame.error_code)
            if isinstance(frame, PingFrame) and pings and frame.opaque_data == pings[0]:
                del pings[0]
                if not pings:
                    return "alive"
                self.send(PingFrame(opaque_data=pings[0]))
            if not ping and frame.stream_id == stream and "END_STREAM" in frame.flags:
                return "answered"
        return "closed"

    def ends(self):
        """How, without reading what has come: "reset"."""
        kernel = select.poll()
        kernel.register(self.socket.fileno(), 0)
        events = kernel.poll(SECONDS * 1000)
        return "reset" if events and events[0][1] & select.POLLERR else f"{events}"

    def open_window(self, size=1 << 20, stream=0):
        self.send(WindowUpdateFrame(stream, window_increment=size))


class Late:
    """A connection that is accepted, and half through what makes it one of HTTP/2: its handshake, or its preface."""

    def __init__(self, address, tls):
        self.socket = socket.create_connection(address, timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = None
        if tls:
            self.came, self.goes = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = knows_http2().wrap_bio(self.came, self.goes, server_hostname="localhost")
            self.shake()
            self.socket.sendall(self.goes.read())
            self.came.write(self.socket.recv(65536))  # the server's hello
        else:
            self.socket.sendall(PREFACE[:10])

    def shake(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def goes_on(self):
        """A Client over it, which has sent its preface and SETTINGS."""
        if self.tls is None:
            return Client.over(self.socket, PREFACE[10:])
        while not self.shake():
            self.came.write(self.socket.recv(65536))
        return Client.over(Tunnel(self), PREFACE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Tunnel:
    """A Late's TLS, as the Client uses a socket."""

    def __init__(self, late):
        self.late = late
        self.settimeout = late.socket.settimeout
        self.close = late.socket.close

    def sendall(self, data):
        self.late.tls.write(data)
        self.late.socket.sendall(self.late.goes.read())

    def recv(self, size):
        while True:
            try:
                return self.late.tls.read(size)
            except ssl.SSLWantReadError:
                data = self.late.socket.recv(65536)
                if not data:
                    return b""
                self.late.came.write(data)


def connection_error(*codes):
    """The outcomes of a connection error: a peer may close without GOAWAY (5.4.1)."""
    return {"closed"} | {"GOAWAY " + code for code in codes}


def stream_error(*codes):
    """Those of a stream error, which may be taken for a connection error (5.4)."""
    return connection_error(*codes) | {"RST_STREAM " + code for code in codes}


CASES = []  # (name, function)


def case(section, title):
    """A case of `section`: is given an address and whether it is TLS, and raises AssertionError."""
    def add(function):
        CASES.append((f"{section}: {title}", function))
        return function
    return add


def sends(section, title, allowed, stream=1, settings=None):
    """A case whose function sends something to a fresh Client; then one of the allowed outcomes must be seen. Where
    "answered" is none of them, an answer is nothing: some servers do not wait for a request's end."""
    def add(function):
        @case(section, title)
        def run(address, tls):
            with Client(address, tls, settings) as client:
                function(client)
                outcome = client.outcome(stream, ping="answered" not in allowed)
                assert outcome in allowed, f"{outcome}, not one of {sorted(allowed)}"
        return function
    return add
