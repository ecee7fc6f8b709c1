"""served_test.py grove BINARY PLUGINS | readme BINARY PLUGINS | flask - the example, served, and driven by curl.

"readme" serves it by the commands of its README. NOTES_DATABASE is of with_postgres.py. Ends with 77 if what it needs is
not installed."""
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

from served import Served

ADA = json.dumps({"name": "ada", "password": "correct horse"})


class Client:
    """curl with a jar of cookies, and the token that the page has."""

    def __init__(self, served, jar):
        self.served, self.jar = served, jar
        self.learn(self.ask("/api/session"))

    def command(self, path, *arguments):
        return ["curl", "-sS", "--max-time", "60", "-b", self.jar, "-c", self.jar, *arguments, self.served.url + path]

    def ask(self, path, *arguments):
        """Status, fields by their lower-case names, and body; an encoding is undone."""
        told = subprocess.run(self.command(path, "--compressed", "-D", self.jar + ".head", *arguments), check=True,
                              stdout=subprocess.PIPE).stdout.decode()
        with open(self.jar + ".head") as head:
            lines = head.read().split("\n\n")[-2].splitlines()  # after those of "100 Continue"
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        return int(lines[0].split()[1]), fields, told

    def learn(self, answer):
        self.token = json.loads(answer[2])["token"] if answer[0] == 200 else self.token
        return answer

    def change(self, path, *arguments):
        return self.ask(path, "-H", "X-CSRF-Token: " + self.token, *arguments)


def expect(what, wanted, got):
    if wanted != got:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def check_login(client):
    expect("notes without a log-in", 401, client.ask("/api/notes")[0])
    expect("a log-in without a token", 403, client.ask("/api/session", "-d", ADA)[0])
    expect("a token of another site's page", 403, client.change("/api/session", "-d", ADA, "-H",
                                                                "Sec-Fetch-Site: cross-site")[0])
    expect("a log-in", 200, client.learn(client.change("/api/session", "-d", ADA))[0])


def check_notes(client, folder):
    content = os.urandom(1_000_000)
    with open(folder + "/upload", "wb") as file:
        file.write(content)
    form = ("-F", "text=a note", "-F", f"file=@{folder}/upload;filename=a b.bin")
    expect("an upload without a token", 403, client.ask("/api/notes", *form)[0])
    status, _, body = client.change("/api/notes", *form)
    expect("an upload", 201, status)
    note = "/api/notes/%d" % json.loads(body)["id"]
    subprocess.run(client.command(note + "/file", "-o", folder + "/download"), check=True)
    with open(folder + "/download", "rb") as file:
        expect("the file is what was uploaded", True, file.read() == content)
    fields = client.ask(note + "/file", "-o", "/dev/null")[1]
    expect("the file is not shown", "attachment; filename*=UTF-8''a%20b.bin", fields["content-disposition"])
    expect("the note is listed", "a note", json.loads(client.ask("/api/notes")[2])[0]["text"])

    large = ("-F", "text=large", "-F", "file=@/dev/stdin;filename=large")
    expect("too large a file", "413", subprocess.run(
        client.command("/api/notes", "-H", "X-CSRF-Token: " + client.token, "-o", "/dev/null", "-w", "%{http_code}",
                       *large), input=bytes(10_500_000), stdout=subprocess.PIPE).stdout.decode())
    expect("a note removed", 204, client.change(note, "-X", "DELETE")[0])
    expect("a note removed twice", 404, client.change(note, "-X", "DELETE")[0])


def check_events(client):
    """Each change is told to whoever listens, in whatever worker: two connections need not reach the same one."""
    streams = [subprocess.Popen(client.command("/api/events", "-N"), stdout=subprocess.PIPE, text=True)
               for _ in range(4)]
    try:
        watchdog = threading.Timer(60, lambda: [stream.kill() for stream in streams])
        watchdog.start()

        def next_event(stream):
            return next((line for line in stream.stdout if line.startswith("data:")), "the end")

        for stream in streams:
            expect("an event at once", "data: changed\n", next_event(stream))
        expect("a note", 201, client.change("/api/notes", "-F", "text=" + "long " * 1000)[0])
        for stream in streams:
            expect("an event of the change", "data: changed\n", next_event(stream))
        watchdog.cancel()
    finally:
        for stream in streams:
            stream.kill()
            stream.wait()


def check_answers(client):
    fields = client.ask("/api/notes")[1]
    expect("compression", True, fields.get("content-encoding") in ("br", "zstd", "gzip"))
    expect("no sniffing", "nosniff", fields["x-content-type-options"])
    expect("a policy", True, "default-src 'self'" in fields["content-security-policy"])

    preflight = ("-X", "OPTIONS", "-H", "Access-Control-Request-Method: DELETE", "-H")
    status, fields, _ = client.ask("/api/notes/1", *preflight, "Origin: https://a.test")
    expect("a preflight", (204, "https://a.test", "true"), (status, fields.get("access-control-allow-origin"),
                                                              fields.get("access-control-allow-credentials")))
    fields = client.ask("/api/notes/1", *preflight, "Origin: https://b.test")[1]
    expect("a preflight of another site", None, fields.get("access-control-allow-origin"))

    page = client.ask("/")
    expect("the page", True, page[0] == 200 and "<title>Notes</title>" in page[2])
    expect("a page of the page's own", page[2], client.ask("/notes/7", "-H", "Accept: text/html")[2])
    expect("a script that is not there", 404, client.ask("/none.js", "-H", "Accept: */*")[0])


def check_limit(client):
    """Each worker counts for itself, so twice as many guesses may pass."""
    for _ in range(30):
        status, fields, _ = client.change("/api/session", "-d", ADA.replace("correct", "wrong"))
        if status == 429:
            break
        expect("a guess", 401, status)
    expect("guesses come to an end", (429, True), (status, int(fields["retry-after"]) > 0))


def main():
    if not shutil.which("curl"):
        print("curl is not installed (apt-get install curl)")
        return 77
    if sys.argv[1] == "flask" and not (importlib.util.find_spec("flask") and importlib.util.find_spec("psycopg2")):
        print("Flask or psycopg2 is not installed (apt-get install python3-flask python3-psycopg2)")
        return 77
    with tempfile.TemporaryDirectory() as folder, Served(sys.argv[1:], folder) as served:
        client = Client(served, folder + "/jar")
        check_login(client)
        check_notes(client, folder)
        check_events(client)
        check_answers(client)
        expect("a log-out", 200, client.learn(client.change("/api/session", "-X", "DELETE"))[0])
        expect("notes after it", 401, client.ask("/api/notes")[0])
        check_limit(client)
    return 0


sys.exit(main())
