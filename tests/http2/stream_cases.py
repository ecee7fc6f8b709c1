"""Streams: RFC 9113, section 5. H2-010, H2-011, H2-012, H2-035"""
import struct

from hyperframe.frame import DataFrame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame

from frame_cases import (ALIVE, CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PRIORITY, PROTOCOL, RST_STREAM,
                         SETTINGS, WINDOW_UPDATE, setting, word)
from raw_client import Client, case, connection_error, raw_frame, sends, stream_error

CLOSED = connection_error("STREAM_CLOSED")
STREAM_CLOSED = stream_error("STREAM_CLOSED")
CLOSED_OR_PROTOCOL = connection_error("STREAM_CLOSED", "PROTOCOL_ERROR")

# Idle
for kind, title, payload in ((DATA, "DATA", b"x"), (RST_STREAM, "RST_STREAM", word(8)),
                             (WINDOW_UPDATE, "WINDOW_UPDATE", word(100)), (CONTINUATION, "CONTINUATION", b"\x82")):
    @sends("5.1", title + " on an idle stream", PROTOCOL)
    def on_idle(client, kind=kind, payload=payload):
        client.send(raw_frame(kind, END_HEADERS if kind == CONTINUATION else 0, 1, payload))

# Half-closed by the client: the window is shut, so that the stream stays open.
for kind, title, allowed in ((DATA, "DATA", STREAM_CLOSED), (HEADERS, "HEADERS", STREAM_CLOSED),
                             (CONTINUATION, "CONTINUATION", CLOSED_OR_PROTOCOL)):
    @sends("5.1", title + " on a stream that the client has ended", allowed, settings={4: 0})
    def on_half_closed(client, kind=kind):
        client.request()
        client.wait_for(HeadersFrame, 1)
        payload = b"x" if kind == DATA else client.encoder.encode(client.fields())
        client.send(raw_frame(kind, 0 if kind == DATA else 0x5, 1, payload))

    @sends("5.1", title + " on a stream that the client has reset", allowed, settings={4: 0})
    def on_reset(client, kind=kind):
        client.request()
        client.wait_for(HeadersFrame, 1)
        payload = b"x" if kind == DATA else client.encoder.encode(client.fields())
        client.send(RstStreamFrame(1, error_code=8), raw_frame(kind, 0 if kind == DATA else 0x5, 1, payload))

    @sends("5.1", title + " on a stream that was answered", CLOSED_OR_PROTOCOL if kind == CONTINUATION else CLOSED)
    def on_closed(client, kind=kind):
        client.request()
        client.answer()
        payload = b"x" if kind == DATA else client.encoder.encode(client.fields())
        client.send(raw_frame(kind, 0 if kind == DATA else 0x5, 1, payload))

for kind, title, payload in ((WINDOW_UPDATE, "WINDOW_UPDATE", word(1)), (RST_STREAM, "RST_STREAM", word(8)),
                             (PRIORITY, "PRIORITY", b"\0\0\0\0\x10")):
    @sends("5.1", title + " on a stream that was answered is ignored", ALIVE)
    def late(client, kind=kind, payload=payload):
        client.request()
        client.answer()
        client.send(raw_frame(kind, 0, 1, payload))


@sends("5.1", "PRIORITY on an idle stream", ALIVE)
def early_priority(client):
    client.send(raw_frame(PRIORITY, 0, 1, b"\0\0\0\0\x10"))


@sends("5.1.1", "a stream with an even number", PROTOCOL, stream=2)
def even_stream(client):
    client.send(client.headers(2))


@sends("5.1.1", "a lower number that was passed over", PROTOCOL)
def lower_stream(client):
    client.request(5)
    client.answer(5)
    client.request(3)


@case("5.1.2", "more streams than the server allows")
def too_many(address, tls):
    with Client(address, tls, {4: 0}) as client:
        most = client.settings[3]
        last = 2 * most + 1
        for stream in range(1, last + 1, 2):
            client.request(stream)
        outcome = client.outcome(last)
        assert outcome in stream_error("REFUSED_STREAM", "PROTOCOL_ERROR"), outcome


# RFC 9113 has no dependencies between streams any more, and does not ask for an error.
for kind in (HEADERS, PRIORITY):
    @sends("5.3.1", f"a stream that depends on itself, frame type {kind}",
           stream_error("PROTOCOL_ERROR") | ALIVE)
    def own_parent(client, kind=kind):
        if kind == PRIORITY:
            client.send(client.headers(), raw_frame(kind, 0, 1, word(1) + b"\x10"))
        else:
            client.send(raw_frame(kind, 0x25, 1, word(1) + b"\x10" + client.encoder.encode(client.fields())))


@case("5.4.1", "the connection is closed after GOAWAY, which tells the last stream")
def closed_after_goaway(address, tls):
    with Client(address, tls) as client:
        client.request()
        client.answer()
        client.send(raw_frame(0x6, 0, 0, b"short"))
        goaway = client.wait_for(GoAwayFrame)
        assert (goaway.last_stream_id, goaway.error_code) == (1, 6), goaway
        assert list(client.frames()) == []


@case("5.4.1", "RST_STREAM is not answered by RST_STREAM")
def reset_is_final(address, tls):
    with Client(address, tls, {4: 0}) as client:
        client.request()
        client.wait_for(HeadersFrame, 1)
        client.send(RstStreamFrame(1, error_code=8), PingFrame(opaque_data=b"quietly?"))
        client.wait_for(PingFrame)
        assert not [one for one in client.seen if isinstance(one, RstStreamFrame)]


@sends("5.5", "an unknown setting and an unknown frame before a request", {"answered"})
def extensions(client):
    client.send(raw_frame(SETTINGS, 0, 0, setting(0xbeef, 7)), raw_frame(0x42, 7, 0, b"what"), client.headers())


@sends("6.8", "a request after the client's own GOAWAY", {"answered", "closed", "GOAWAY NO_ERROR"})
def after_goaway(client):
    client.send(raw_frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0)), client.headers())


@case("5.1.2", "streams that have ended do not count")
def one_after_another(address, tls):
    with Client(address, tls) as client:
        for stream in range(1, 2 * client.settings.get(3, 100) + 20, 2):
            client.request(stream)
            client.answer(stream)


@case("5", "answers of several streams")
def several(address, tls):
    with Client(address, tls) as client:
        client.send(*(client.headers(stream) for stream in range(1, 21, 2)))
        ended = set()
        for frame in client.frames():
            if isinstance(frame, (HeadersFrame, DataFrame)) and "END_STREAM" in frame.flags:
                ended.add(frame.stream_id)
            if len(ended) == 10:
                break
        assert ended == set(range(1, 21, 2)), ended
