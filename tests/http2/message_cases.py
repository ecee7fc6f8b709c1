"""Requests: RFC 9113, section 8. H2-010, H2-013, H2-020, H2-022, H2-025, H2-027"""
from frame_cases import END_HEADERS, PROTOCOL, PUSH_PROMISE, word
from raw_client import Client, case, raw_frame, sends, stream_error

MALFORMED = stream_error("PROTOCOL_ERROR")
REFUSED = MALFORMED | {"answered"}  # with 400


def malformed(section, title, fields):
    """A request of these is malformed; a server may answer 400 before it resets the stream (8.1.1)."""
    @case(section, title)
    def run(address, tls):
        with Client(address, tls) as client:
            client.send(client.headers(fields=fields(client)))
            outcome = client.outcome(ping=False)
            if outcome == "answered":
                statuses = [dict(one.fields).get(":status") for one in client.seen if hasattr(one, "fields")]
                assert statuses == ["400"], statuses
            else:
                assert outcome in MALFORMED, outcome
        with Client(address, tls) as client:  # 8.1.1: of a stream, where the server takes it for one
            client.request()
            assert client.answer()[0] == "200"


for name, value in (("Accept", "*/*"), ("x-\x7f", "a"), ("a b", "c"), ("a:b", "c"), ("", "x"), ("n\xe9", "a")):
    malformed("8.2.1", f"a field's name is {name!r}", lambda client, field=(name.encode("latin1"), value):
              client.fields(more=[field]))
for value in ("a\0b", "a\rb", "a\nb", " a", "a ", "\ta", "a\t"):
    malformed("8.2.1", f"a field's value is {value!r}",
              lambda client, value=value: client.fields(more=[("x-value", value)]))
for name, value in (("connection", "keep-alive"), ("keep-alive", "timeout=5"), ("proxy-connection", "close"),
                    ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("te", "gzip"), ("te", "trailers, deflate")):
    malformed("8.2.2", f"{name}: {value}", lambda client, field=(name, value): client.fields(more=[field]))
malformed("8.3", "an unknown pseudo-field", lambda client: client.fields(more=[(":test", "1")]))
malformed("8.3", "one of an answer", lambda client: client.fields(more=[(":status", "200")]))
malformed("8.3", "one after a field", lambda client: [("x-first", "1")] + client.fields())
for name in (":method", ":scheme", ":path"):
    malformed("8.3.1", f"no {name}", lambda client, name=name: client.fields(without=[name]))
    malformed("8.3.1", f"{name} twice", lambda client, name=name:
              [one for one in client.fields() if one[0] == name] + client.fields())
malformed("8.3.1", "an empty :path", lambda client: client.fields(path=""))
malformed("8.3.1", "a :path that begins with no slash", lambda client: client.fields(path="nowhere"))
malformed("8.3.1", ":authority twice", lambda client: [(":authority", "other")] + client.fields())
malformed("8.3.1", "Host that is not :authority", lambda client: client.fields(more=[("host", "other")]))


@sends("8.2.2", "te: trailers", {"answered"})
def te_trailers(client):
    client.send(client.headers(fields=client.fields(more=[("te", "trailers")])))


@sends("8.3.1", "Host in place of :authority", {"answered"})
def host_alone(client):
    client.send(client.headers(fields=client.fields(more=[("host", "localhost")], without=[":authority"])))


@sends("8.1", "a second HEADERS that does not end the stream", MALFORMED)
def second_headers(client):
    client.send(client.headers(fields=client.fields("POST"), end=False),
                client.headers(fields=[("x-test", "ok")], end=False))


@sends("8.1", "a pseudo-field in trailers", MALFORMED)
def pseudo_trailer(client):
    client.send(client.headers(fields=client.fields("POST"), end=False), client.data(data=b"x", end=False),
                client.headers(fields=[(":method", "GET"), ("x-test", "ok")]))


@sends("8.1", "trailers", {"answered"})
def trailers(client):
    client.send(client.headers(fields=client.fields("POST"), end=False), client.data(data=b"x", end=False),
                client.headers(fields=[("x-test", "ok")]))


for length, pieces in ((1, ("test",)), (8, ("test",)), (1, ("te", "st")), (8, ("te", "st")), (1, ())):
    @sends("8.1.1", f"content-length {length}, DATA {' + '.join(pieces) or 'none'}", MALFORMED if pieces else REFUSED)
    def mismatch(client, length=length, pieces=pieces):
        fields = client.fields("POST", more=[("content-length", str(length))])
        client.send(client.headers(fields=fields, end=not pieces))
        for at, piece in enumerate(pieces, 1):
            client.send(client.data(data=piece.encode(), end=at == len(pieces)))


@sends("8.4", "PUSH_PROMISE of a client", PROTOCOL)
def push(client):
    client.send(client.headers(fields=client.fields("POST"), end=False),
                raw_frame(PUSH_PROMISE, END_HEADERS, 1, word(3) + client.encoder.encode(client.fields())))


for method in ("GET", "HEAD", "POST"):
    @case("8.1", f"{method} is answered")
    def answered(address, tls, method=method):
        with Client(address, tls) as client:
            client.send(client.headers(fields=client.fields(method)))
            status, body = client.answer()
            assert status is not None
            assert method != "HEAD" or body == b""


@case("8.1", "a request of HEADERS, DATA and an empty DATA")
def whole(address, tls):
    with Client(address, tls) as client:
        client.send(client.headers(fields=client.fields("POST"), end=False), client.data(data=b"x", end=False),
                    client.data())
        assert client.answer()[0] is not None
