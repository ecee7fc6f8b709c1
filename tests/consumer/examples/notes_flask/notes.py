"""The notes of ../notes in Flask: the same routes, page and tables. Run it, and it serves."""
import gzip
import hmac
import json
import os
import pathlib
import secrets
import select
import threading
import time
import urllib.parse

import psycopg2
import psycopg2.extensions
import psycopg2.pool
from flask import Flask, Response, abort, jsonify, request, send_file, send_from_directory, session
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

LARGEST_TEXT, LARGEST_FILE = 10_000, 10 << 20
DATABASE = os.environ.get("NOTES_DATABASE", "dbname=notes")
FILES = pathlib.Path(os.environ.get("NOTES_FILES", "files"))
ORIGINS = os.environ.get("NOTES_ORIGINS", "").split()
SITE = pathlib.Path(__file__).parent.parent / "notes/site"

app = Flask(__name__, static_folder=None)
app.config.update(SECRET_KEY=os.environ["NOTES_KEY"], MAX_CONTENT_LENGTH=LARGEST_FILE + 65536,
                  SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
FILES.mkdir(parents=True, exist_ok=True)


# The database.
class Pool(psycopg2.pool.ThreadedConnectionPool):
    """Waits for a connection, where psycopg2's own pool throws."""

    def __init__(self, size):
        super().__init__(0, size, DATABASE)
        self.free = threading.Semaphore(size)

    def query(self, sql, *values):
        if not self.free.acquire(timeout=5):
            abort(503)
        try:
            connection = self.getconn()
            try:
                with connection, connection.cursor() as cursor:
                    cursor.execute(sql, values)
                    return cursor.fetchall() if cursor.description else []
            except (psycopg2.DataError, ValueError):  # a NUL, or no UTF-8
                abort(400, "that is not text\n")
            finally:
                self.putconn(connection, close=connection.closed != 0)
        finally:
            self.free.release()


pool = Pool(8)


class Changes:
    """Tells the pages that are open that their user's notes have changed, in any process."""

    def __init__(self):
        self.lock = threading.Lock()
        self.followers = []

    def tell(self, user=None):
        with self.lock:
            for name, changed in self.followers:
                if user in (None, name):
                    changed.set()

    def listen(self):
        while True:
            try:
                connection = psycopg2.connect(DATABASE)
                connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
                connection.cursor().execute("LISTEN notes")
                self.tell()
                while True:
                    select.select([connection], [], [])
                    connection.poll()
                    while connection.notifies:
                        self.tell(connection.notifies.pop(0).payload)
            except psycopg2.Error as error:
                app.logger.warning("%s", error)
                time.sleep(1)

    def follow(self, user):
        changed = threading.Event()
        changed.set()
        follower = (user, changed)
        with self.lock:
            self.followers.append(follower)
        try:
            while True:
                yield "data: changed\n\n" if changed.wait(15) else ":\n\n"
                changed.clear()
        finally:
            with self.lock:
                self.followers.remove(follower)


changes = Changes()


class Buckets:
    """A token bucket for each client."""

    def __init__(self, rate, burst, size=65536):
        self.rate, self.burst, self.size = rate, burst, size
        self.lock = threading.Lock()
        self.clients = {}

    def take(self):
        now = time.monotonic()
        with self.lock:
            left, then = self.clients.pop(request.remote_addr, (self.burst, now))
            left = min(self.burst, left + (now - then) * self.rate)
            self.clients[request.remote_addr] = (max(left - 1, left % 1), now)
            if len(self.clients) > self.size:
                del self.clients[next(iter(self.clients))]
        if left < 1:
            abort(Response("slower\n", 429, {"Retry-After": str(int((1 - left) / self.rate) + 1)}))


requests, guesses = Buckets(20, 100), Buckets(0.2, 5)


# What stands around all requests.
@app.before_request
def admit():
    requests.take()
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response(status=204)
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    if request.method == "POST" and request.path == "/api/session":
        guesses.take()
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
    if origin not in ORIGINS and (site not in ("same-origin", "none") or
                                  origin not in (None, request.host_url.rstrip("/"))):
        abort(403, "this request comes from another site's page\n")
    token = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(token.encode(), session.get("token", secrets.token_hex()).encode()):
        abort(403, "load the page again\n")
    return None


@app.after_request
def add_fields(response):
    for name, value in (("X-Content-Type-Options", "nosniff"),
                        ("Referrer-Policy", "strict-origin-when-cross-origin"),
                        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")):
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=63072000"
    response.vary.add("Origin")
    if request.headers.get("Origin") in ORIGINS:
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Allow-Credentials"] = "true"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, DELETE"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, X-CSRF-Token"
    return compress(response)


def compress(response):
    """Not with a cookie, or for another site's page: the size would tell of secrets (BREACH)."""
    kind = response.mimetype
    if kind in ("application/json", "application/javascript") or kind.startswith("text/"):
        response.vary.add("Accept-Encoding")
    else:
        return response
    if (request.accept_encodings["gzip"] > 0 and not response.is_streamed and response.status_code == 200 and
            "Set-Cookie" not in response.headers and len(response.data) >= 1024 and
            request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none") and not session.modified):
        response.data = gzip.compress(response.data)
        response.headers["Content-Encoding"] = "gzip"
    return response


@app.errorhandler(HTTPException)
def tell_error(error):
    return error.response or Response(error.description, error.code, content_type="text/plain; charset=utf-8")


# The session.
def user():
    if "user" not in session:
        abort(401, "log in first\n")
    return session["user"]


def plain(text):
    if not isinstance(text, str) or "\0" in text:
        abort(400, "that is not text\n")
    return text


@app.get("/api/session")
def tell_session():
    session.setdefault("token", secrets.token_hex())
    response = jsonify(user=session.get("name"), token=session["token"])
    response.headers["Cache-Control"] = "no-store"
    return response


@app.post("/api/session")
def log_in():
    if (request.content_length or 0) > 4096:
        abort(413)
    asked = request.get_json(force=True)
    if not isinstance(asked, dict):
        abort(400, "want {\"name\": TEXT, \"password\": TEXT}\n")
    name, password = plain(asked.get("name")), plain(asked.get("password"))
    # An unknown name takes as long, so that nobody learns which names there are.
    (number, fits), = pool.query(
        "SELECT id, crypt(%s, coalesce(password, gen_salt('bf', 10))) = password AS fits "
        "FROM (SELECT %s::text AS name) asked LEFT JOIN users USING (name)", password, name)
    if not fits:
        abort(401, "name or password is wrong\n")
    session.clear()
    session.update(user=str(number), name=name)
    return tell_session()


@app.delete("/api/session")
def log_out():
    session.clear()
    return tell_session()


# The notes.
@app.get("/api/notes")
def show_notes():
    rows = pool.query("SELECT id, text, file FROM notes WHERE user_id = %s ORDER BY id DESC LIMIT 100", user())
    listed = [{"id": number, "text": text, "file": file} for number, text, file in rows]
    return Response(json.dumps(listed), 200, {"Cache-Control": "no-store"}, content_type="application/json")


@app.post("/api/notes")
def add():
    owner = user()
    text, file = plain(request.form.get("text", "")), request.files.get("file")
    if not text:
        abort(400, "a note needs a text\n")
    if len(text.encode()) > LARGEST_TEXT:
        abort(413)
    (number,), = pool.query("SELECT nextval('notes_id_seq')")
    path = FILES / str(number)
    name = os.path.basename(file.filename.replace("\\", "/")) if file else None
    try:
        if name:
            file.save(path)
            if path.stat().st_size > LARGEST_FILE:
                abort(413)
        pool.query("INSERT INTO notes (id, user_id, text, file) VALUES (%s, %s, %s, %s)", number, owner, text,
                   name or None)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return {"id": number}, 201


@app.delete("/api/notes/<int:number>")
def remove(number):
    if not pool.query("DELETE FROM notes WHERE id = %s AND user_id = %s RETURNING id", number, user()):
        abort(404, "there is no such note\n")
    (FILES / str(number)).unlink(missing_ok=True)
    return "", 204


@app.get("/api/notes/<int:number>/file")
def download(number):
    found = pool.query("SELECT file FROM notes WHERE id = %s AND user_id = %s AND file IS NOT NULL", number, user())
    if not found:
        abort(404, "there is no such file\n")
    response = send_file((FILES / str(number)).resolve(), mimetype="application/octet-stream")
    name = urllib.parse.quote(found[0][0], safe="")
    response.headers["Content-Disposition"] = "attachment; filename*=UTF-8''" + name
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@app.get("/api/events")
def events():
    return Response(changes.follow(user()), content_type="text/event-stream",
                    headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


# The page, at each address of its own.
@app.get("/", defaults={"path": "index.html"})
@app.get("/<path:path>")
def page(path):
    is_page = request.accept_mimetypes["text/html"] > 0 and "text/html" in request.headers.get("Accept", "")
    if not (SITE / path).is_file() and is_page:
        path = "index.html"
    return send_from_directory(SITE, path)


if __name__ == "__main__":
    import signal
    import sys
    threading.Thread(target=changes.listen, daemon=True).start()
    host, port = os.environ.get("LISTEN", "127.0.0.1:8000").rsplit(":", 1)
    server = make_server(host, int(port), app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(f"listening on http://{host}:{server.port}", file=sys.stderr, flush=True)
    server.serve_forever()
