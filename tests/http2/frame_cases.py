"""Starting HTTP/2, and frames: RFC 9113, sections 3, 4 and 6, and RFC 7541. H2-005, H2-006, H2-010, H2-013, H2-046"""
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame

from raw_client import PREFACE, Client, case, connection_error, raw_frame, sends, stream_error

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, WITH_PRIORITY, ACK = 0x1, 0x4, 0x8, 0x20, 0x1
PROTOCOL = connection_error("PROTOCOL_ERROR")
FRAME_SIZE = connection_error("FRAME_SIZE_ERROR")
COMPRESSION = connection_error("COMPRESSION_ERROR")
FLOW = connection_error("FLOW_CONTROL_ERROR")
ANSWERED = {"answered"}
ALIVE = {"alive"}


def word(number):
    return number.to_bytes(4, "big")


def setting(key, value):
    return key.to_bytes(2, "big") + word(value)


@case("3.4", "the server's preface is SETTINGS")
def server_preface(address, tls):
    with Client(address, tls) as client:
        assert isinstance(client.seen[0], SettingsFrame) and "ACK" not in client.seen[0].flags


@case("3.4", "a preface that comes in 24 pieces")
def preface_in_pieces(address, tls):
    with Client(address, tls, greets=False) as client:
        for at in range(len(PREFACE)):
            client.send(PREFACE[at:at + 1])
        client.send(SettingsFrame(), client.headers())
        assert client.outcome(ping=False) == "answered"


@case("3.4", "a wrong preface")
def wrong_preface(address, tls):
    with Client(address, tls, greets=False) as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nXM\r\n\r\n")
        # With prior knowledge it may be HTTP/1.1 of a kind: then its answer is one of HTTP/1.1.
        head = client.read_exactly(9)
        answered = head is not None and head.startswith(b"HTTP/1.1 ")
        if head is not None and not answered:
            client.input = head + client.input
            outcome = client.outcome()
            assert outcome in PROTOCOL, outcome


@case("3.4", "another frame in place of the client's SETTINGS")
def without_settings(address, tls):
    with Client(address, tls, greets=False) as client:
        client.send(PREFACE, PingFrame(opaque_data=b"12345678"))
        outcome = client.outcome()
        assert outcome in PROTOCOL, outcome


for flags, title in ((0, "an unknown type is ignored"), (0xff, "an unknown type with flags is ignored")):
    @sends("4.1", title, ALIVE)
    def unknown_type(client, flags=flags):
        client.send(raw_frame(0xf0, flags, 0, b"what"), raw_frame(0xf0, flags, 1, b"what"))


@case("4.1", "flags without a meaning are ignored")
def odd_flags(address, tls):
    with Client(address, tls) as client:
        client.send(raw_frame(PING, 0xfe, 0, b"12345678"))
        assert client.wait_for(PingFrame, flag="ACK").opaque_data == b"12345678"


@case("4.1", "the reserved bit is ignored")
def reserved_bit(address, tls):
    with Client(address, tls) as client:
        client.send(raw_frame(PING, 0, 0x80000000, b"12345678"))
        assert client.wait_for(PingFrame, flag="ACK").opaque_data == b"12345678"


@sends("4.2", "DATA of 16,384 bytes", {"answered", "RST_STREAM NO_ERROR"})
def largest_data(client):
    client.send(client.headers(fields=client.fields("POST"), end=False), client.data(data=b"x" * 16384))


@sends("4.2", "DATA of 16,385 bytes", stream_error("FRAME_SIZE_ERROR"))
def too_large_data(client):
    client.send(client.headers(fields=client.fields("POST"), end=False),
                raw_frame(DATA, END_STREAM, 1, b"x" * 16385))


@sends("4.2", "HEADERS of 16,385 bytes", FRAME_SIZE)
def too_large_headers(client):
    block = client.encoder.encode(client.fields())
    client.send(raw_frame(HEADERS, END_STREAM | END_HEADERS, 1, block + b"x" * (16385 - len(block))))


@sends("4.2", "SETTINGS of 16,386 bytes", FRAME_SIZE)
def too_large_settings(client):
    client.send(raw_frame(SETTINGS, 0, 0, setting(0xff, 1) * 2731))


@sends("4.3", "a field block that is none", COMPRESSION)
def bad_block(client):
    client.send(client.headers(block=b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))


def cut_headers(client, stream=1):
    block = client.encoder.encode(client.fields())
    return raw_frame(HEADERS, END_STREAM, stream, block[:2]), raw_frame(CONTINUATION, END_HEADERS, stream, block[2:])


for section, kind, title, payload, on in (
        ("4.3", PRIORITY, "PRIORITY", b"\0\0\0\0\x10", 1), ("4.3", HEADERS, "HEADERS of another stream", b"\x82", 3),
        ("6.2", DATA, "DATA", b"x", 1), ("6.2", PING, "PING", b"12345678", 0),
        ("5.5", 0xf0, "a frame of unknown type", b"what", 1), ("6.10", SETTINGS, "SETTINGS", b"", 0),
        ("6.10", CONTINUATION, "CONTINUATION of another stream", b"\x82", 3),
        ("6.10", WINDOW_UPDATE, "WINDOW_UPDATE", word(1), 0)):
    @sends(section, title + " within a field block", PROTOCOL)
    def within_block(client, kind=kind, payload=payload, on=on):
        begin, end = cut_headers(client)
        client.send(begin, raw_frame(kind, END_HEADERS if kind in (HEADERS, CONTINUATION) else 0, on, payload), end)


# On the wrong stream
for section, kind, title, payload in (
        ("6.1", DATA, "DATA on stream 0", b"x"), ("6.2", HEADERS, "HEADERS on stream 0", b"\x82\x84\x86"),
        ("6.3", PRIORITY, "PRIORITY on stream 0", b"\0\0\0\0\x10"),
        ("6.4", RST_STREAM, "RST_STREAM on stream 0", word(8)),
        ("6.10", CONTINUATION, "CONTINUATION on stream 0", b"\x82")):
    @sends(section, title, PROTOCOL)
    def on_none(client, kind=kind, payload=payload):
        client.send(raw_frame(kind, END_HEADERS, 0, payload))

for section, kind, title, payload in (
        ("6.5", SETTINGS, "SETTINGS on a stream", setting(3, 100)), ("6.7", PING, "PING on a stream", b"12345678"),
        ("6.8", GOAWAY, "GOAWAY on a stream", word(0) + word(0))):
    @sends(section, title, PROTOCOL)
    def on_one(client, kind=kind, payload=payload):
        client.send(client.headers(fields=client.fields("POST"), end=False), raw_frame(kind, 0, 1, payload))

# Of the wrong length
for section, kind, title, on, lengths in (
        ("6.4", RST_STREAM, "RST_STREAM", 1, (0, 3, 5)), ("6.5", SETTINGS, "SETTINGS", 0, (1, 3, 7)),
        ("6.7", PING, "PING", 0, (0, 7, 9)), ("6.9", WINDOW_UPDATE, "WINDOW_UPDATE", 0, (0, 3, 5)),
        ("6.9", WINDOW_UPDATE, "WINDOW_UPDATE of a stream", 1, (3, 5)), ("6.8", GOAWAY, "GOAWAY", 0, (0, 7))):
    for length in lengths:
        @sends(section, f"{title} of {length} bytes", FRAME_SIZE)
        def of_length(client, kind=kind, length=length, on=on):
            client.send(client.headers(fields=client.fields("POST"), end=False), raw_frame(kind, 0, on, b"\1" * length))


@sends("6.3", "PRIORITY of 4 bytes", stream_error("FRAME_SIZE_ERROR"))
def short_priority(client):
    client.send(client.headers(fields=client.fields("POST"), end=False), raw_frame(PRIORITY, 0, 1, b"\0" * 4))


@sends("6.5", "an acknowledgement with a payload", FRAME_SIZE)
def full_ack(client):
    client.send(raw_frame(SETTINGS, ACK, 0, setting(3, 100)))


for kind, title in ((DATA, "DATA"), (HEADERS, "HEADERS")):
    for padding in ("as long as the payload", "without a length"):
        @sends("6.1" if kind == DATA else "6.2", f"{title} with padding {padding}",
               PROTOCOL | FRAME_SIZE if padding == "without a length" else PROTOCOL)
        def padded(client, kind=kind, padding=padding):
            payload = b"" if padding == "without a length" else b"\x06abcde"
            if kind == DATA:
                client.send(client.headers(fields=client.fields("POST"), end=False))
            client.send(raw_frame(kind, PADDED | END_STREAM | END_HEADERS if kind == HEADERS else PADDED, 1, payload))


@sends("6.2", "HEADERS with padding and a priority", ANSWERED)
def with_padding(client):
    block = client.encoder.encode(client.fields())
    client.send(raw_frame(HEADERS, END_STREAM | END_HEADERS | PADDED | WITH_PRIORITY, 1,
                          b"\x04" + word(0) + b"\x10" + block + b"\0" * 4))


for key, value, codes in ((2, 2, PROTOCOL), (2, 0xffffffff, PROTOCOL), (4, 0x80000000, FLOW),
                          (4, 0xffffffff, FLOW), (5, 16383, PROTOCOL), (5, 1 << 24, PROTOCOL)):
    @sends("6.5.2", f"setting {key} is {value}", codes)
    def bad_setting(client, key=key, value=value):
        client.send(raw_frame(SETTINGS, 0, 0, setting(key, value)))


@sends("6.5.2", "an unknown setting is ignored", ALIVE)
def unknown_setting(client):
    client.send(raw_frame(SETTINGS, 0, 0, setting(0xff, 1)))


@case("6.5.3", "SETTINGS are acknowledged")
def settings_ack(address, tls):
    with Client(address, tls) as client:
        client.wait_for(SettingsFrame, flag="ACK")
        client.send(SettingsFrame(settings={4: 100}))
        client.wait_for(SettingsFrame, flag="ACK")


def first_data(client):
    return len(client.wait_for(DataFrame, 1).data)


@case("6.5.3", "values are taken in their order")
def settings_in_order(address, tls):
    with Client(address, tls) as client:
        client.send(raw_frame(SETTINGS, 0, 0, setting(4, 100) + setting(4, 1)), client.headers())
        assert first_data(client) == 1


@case("6.7", "PING is acknowledged, an acknowledgement is not")
def ping(address, tls):
    with Client(address, tls) as client:
        client.send(PingFrame(opaque_data=b"noanswer", flags=["ACK"]), PingFrame(opaque_data=b"12345678"))
        assert client.wait_for(PingFrame).opaque_data == b"12345678"


for stream, allowed in ((0, PROTOCOL), (1, stream_error("PROTOCOL_ERROR"))):
    @sends("6.9", f"an increment of 0 on stream {stream}", allowed)
    def no_increment(client, stream=stream):
        client.send(client.headers(fields=client.fields("POST"), end=False),
                    raw_frame(WINDOW_UPDATE, 0, stream, word(0)))


@case("6.9.1", "no more is sent than the stream's window")
def small_window(address, tls):
    with Client(address, tls, {4: 1}) as client:
        client.request()
        assert first_data(client) == 1
        client.open_window(2, 1)
        assert first_data(client) == 2


@sends("6.9.1", "a connection's window above 2^31-1", FLOW)
def large_window(client):
    client.send(raw_frame(WINDOW_UPDATE, 0, 0, word(0x7fffffff)) * 2)


@sends("6.9.1", "a stream's window above 2^31-1", stream_error("FLOW_CONTROL_ERROR"))
def large_stream_window(client):
    client.send(client.headers(fields=client.fields("POST"), end=False),
                raw_frame(WINDOW_UPDATE, 0, 1, word(0x7fffffff)) * 2)


@case("6.9.2", "a changed initial window changes that of open streams")
def window_changes(address, tls):
    with Client(address, tls, {4: 0}) as client:
        client.request()
        client.wait_for(HeadersFrame, 1)
        client.send(SettingsFrame(settings={4: 1}))
        assert first_data(client) == 1


@case("6.9.2", "a window that has become negative")
def negative_window(address, tls):
    with Client(address, tls, {4: 3}) as client:
        client.request()
        assert first_data(client) == 3
        client.send(SettingsFrame(settings={4: 2}))
        client.wait_for(SettingsFrame, flag="ACK")
        client.send(PingFrame(opaque_data=b"negative"))
        client.open_window(2, 1)
        assert first_data(client) == 1


@sends("6.9.2", "a change that takes a stream's window above 2^31-1", FLOW, settings={4: 0})
def overflowing_change(client):
    client.send(client.headers(fields=client.fields("POST"), end=False),
                raw_frame(WINDOW_UPDATE, 0, 1, word(0x7fffffff)), SettingsFrame(settings={4: 1}))


@sends("6.10", "several CONTINUATIONs", ANSWERED)
def continuations(client):
    block = client.encoder.encode(client.fields())
    client.send(raw_frame(HEADERS, END_STREAM, 1, block[:1]), raw_frame(CONTINUATION, 0, 1, block[1:2]),
                raw_frame(CONTINUATION, 0, 1), raw_frame(CONTINUATION, END_HEADERS, 1, block[2:]))


@sends("6.10", "CONTINUATION after a whole HEADERS", connection_error("PROTOCOL_ERROR", "STREAM_CLOSED"))
def late_continuation(client):
    client.send(client.headers(fields=client.fields("POST"), end=False),
                raw_frame(CONTINUATION, END_HEADERS, 1, b"\x82"))


@sends("6.10", "CONTINUATION after the last CONTINUATION", connection_error("PROTOCOL_ERROR", "STREAM_CLOSED"))
def second_continuation(client):
    block = client.encoder.encode(client.fields("POST"))
    client.send(raw_frame(HEADERS, 0, 1, block[:2]), raw_frame(CONTINUATION, END_HEADERS, 1, block[2:]),
                raw_frame(CONTINUATION, END_HEADERS, 1, b"\x82"))


@sends("6.10", "CONTINUATION after DATA", connection_error("PROTOCOL_ERROR", "STREAM_CLOSED"))
def continuation_after_data(client):
    client.send(client.headers(fields=client.fields("POST"), end=False), client.data(data=b"x", end=False),
                raw_frame(CONTINUATION, END_HEADERS, 1, b"\x82"))


@sends("7", "an unknown error code in RST_STREAM", ALIVE, stream=3)
def unknown_reset(client):
    client.send(client.headers(fields=client.fields("POST"), end=False), RstStreamFrame(1, error_code=0xff))


@sends("7", "an unknown error code in GOAWAY", {"alive", "closed", "GOAWAY NO_ERROR"})
def unknown_goaway(client):
    client.send(raw_frame(GOAWAY, 0, 0, word(0) + word(0xff)))


# RFC 7541. A block that begins with a whole request, and then is wrong.
GET = b"\x82\x84\x86\x41\x01a"
for section, title, wrong in (
        ("2.3.3", "an index of a field beyond both tables", b"\xc8"),
        ("2.3.3", "an index of a name beyond both tables", b"\x7f\x09\x01a"),
        ("4.2", "a size of the table after a field", b"\x20"),
        ("5.1", "an integer without an end", b"\xff" + b"\xff" * 20),
        ("5.2", "a string that is longer than the block", b"\x40\x05a"),
        ("5.2", "Huffman padding of more than 7 bits", b"\x40\x82\x1f\xff\x01a"),
        ("5.2", "Huffman padding that is not EOS", b"\x40\x81\x18\x01a"),
        ("5.2", "Huffman coded EOS", b"\x40\x84\xff\xff\xff\xff\x01a"),
        ("6.1", "index 0", b"\x80")):
    @sends("RFC 7541 " + section, title, COMPRESSION)
    def bad_field(client, wrong=wrong):
        client.send(client.headers(block=GET + wrong))


@sends("RFC 7541 6.3", "a table that is larger than the server's setting", COMPRESSION)
def large_table(client):
    client.send(client.headers(block=b"\x3f\xe1\xff\x03" + GET))


@sends("RFC 7541 4.2", "two sizes of the table before the fields", ANSWERED)
def two_sizes(client):
    client.send(client.headers(block=b"\x20\x3f\xe1\x1f" + GET))
