#!/usr/bin/python3
"""Measures the plugin wsgi beside gunicorn, uWSGI, waitress and mod_wsgi: the tables of apps/wsgi/README.md, "Figures".

    tests/bench/load/python.py [--build DIR] [--only bare,flask,p99,idle,memory] [--rounds 5] [--seconds 2]

Builds a Release first, unless --build names one. The peers are Debian's; whichever is not installed is left out
(gunicorn python3-gevent uwsgi-core uwsgi-plugin-python3 python3-waitress libapache2-mod-wsgi-py3 apache2-bin). Each
server has one worker of 8 threads on core 0 and is started anew for each run, wrk with 16 connections on core 1; the
servers take turns within a round. The figure is the CPU time of all the server's processes, divided by the requests.
Behind a peer's figure is grove's as a part of it, the median of the rounds' ratios.
"""
import argparse, grp, json, os, pwd, resource, shutil, socket, statistics, subprocess, sys, tempfile, time

from run import ROOT, build, measure, ratio
from scenarios import CLOSE, Requests, open_idle, wrk
from servers import Server, Workshop, free_port

APPLICATIONS = {
    "bare": """def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
""",
    "reader": """def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
""",
    "hello": """from flask import Flask
application = Flask(__name__)
@application.route("/")
def hello():
    return "Hello, World!"
"""}
DJANGO = os.path.join(ROOT, "tests", "apps", "wsgi")
DJANGO_HOST = 'wrk.headers["Host"] = "x"\n'
APACHE = "/usr/lib/apache2/modules"
PATIENCE = 3  # seconds that a new client waits for an answer


class PythonWorkshop(Workshop):
    """Servers of Python applications. app: the module; threads, workers: of each server."""

    def __init__(self, folder, grove):
        super().__init__(folder, grove, "")
        os.chmod(folder, 0o755)  # Apache's children are another user's
        for name, text in APPLICATIONS.items():
            with open(self.path(name + ".py"), "w") as file:
                file.write(text)
        self.env = {**os.environ, "PYTHONPATH": f"{folder}:{DJANGO}", "PYTHONDONTWRITEBYTECODE": "1"}

    def grove(self, app, threads=8, workers=1):
        port = free_port()
        config = {"listen": [f"127.0.0.1:{port}"], "workers": workers, "pool": 5000, "max_connections": 5000,
                  "plugin_path": [os.path.join(self.build, "lib", "grove", "apps")],
                  "apps": [{"mount": "/", "app": "wsgi",
                            "config": {"module": app, "path": [self.folder, DJANGO], "threads": threads}}],
                  "log": {"access": "off", "error": "error.log", "level": "error"}}
        with open(self.path("grove.json"), "w") as file:
            json.dump(config, file)
        return self.start([self.grove_binary, "serve", self.path("grove.json")], port)

    def start(self, command, port):
        return Server(command, port, env=self.env)

    def gunicorn(self, app, workers, *more):
        port = free_port()
        return self.start(["gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(workers), "--keep-alive", "600",
                           "--worker-connections", "5000", *more, app], port)

    def gthread(self, app, threads=8, workers=1):
        return self.gunicorn(app, workers, "-k", "gthread", "--threads", str(threads))

    def gevent(self, app, threads=8, workers=1):
        return self.gunicorn(app, workers, "-k", "gevent")

    def preload(self, app, threads=8, workers=1):
        return self.gunicorn(app, workers, "-k", "gthread", "--threads", str(threads), "--preload")

    def uwsgi(self, app, threads, workers, kind, *more):
        port = free_port()
        return self.start(["uwsgi", "--plugins", "http,python3", kind, f"127.0.0.1:{port}", "--module", app, "--master",
                           "--need-app", "--die-on-term", "--disable-logging", "--listen", "1024", "--processes",
                           str(workers), "--threads", str(threads), *more], port)

    def router(self, app, threads=8, workers=1):
        return self.uwsgi(app, threads, workers, "--http", "--http-keepalive")

    def http_socket(self, app, threads=8, workers=1):
        return self.uwsgi(app, threads, workers, "--http-socket")

    def http11_socket(self, app, threads=8, workers=1):
        return self.uwsgi(app, threads, workers, "--http11-socket")

    def waitress(self, app, threads=8, workers=1):
        port = free_port()
        return self.start(["waitress-serve", f"--listen=127.0.0.1:{port}", f"--threads={threads}",
                           "--connection-limit=5000", "--backlog=1024", f"{app}:application"], port)

    def mod_wsgi(self, app, threads=8, workers=1):
        port = free_port()
        entry = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("www-data")
        modules = "\n".join(f"LoadModule {name}_module {APACHE}/mod_{name}.so"
                            for name in ("mpm_event", "authz_core", "wsgi"))
        with open(self.path("apache.conf"), "w") as file:
            file.write(f"""ServerRoot {self.folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {self.path("apache.pid")}
ErrorLog {self.path("apache.log")}
User {entry.pw_name}
Group {grp.getgrgid(entry.pw_gid).gr_name}
{modules}
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 600
WSGISocketPrefix {self.path("wsgi")}
WSGIDaemonProcess app processes={workers} threads={threads} python-path={self.folder}:{DJANGO}
WSGIProcessGroup app
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias / {self.path(app + ".py")}
<Directory {self.folder}>
Require all granted
</Directory>
""")
        return self.start(["apache2", "-DFOREGROUND", "-f", self.path("apache.conf")], port)

    def available(self):
        gevent = subprocess.run(["/usr/bin/python3", "-c", "import gevent"], stderr=subprocess.DEVNULL).returncode == 0
        there = {"gthread": shutil.which("gunicorn"), "gevent": shutil.which("gunicorn") and gevent,
                 "router": shutil.which("uwsgi"), "http_socket": shutil.which("uwsgi"),
                 "http11_socket": shutil.which("uwsgi"), "waitress": shutil.which("waitress-serve"),
                 "mod_wsgi": shutil.which("apache2") and os.path.exists(f"{APACHE}/mod_wsgi.so")}
        return ["grove"] + [name for name, found in there.items() if found]


TITLES = {"gthread": "gunicorn, gthread", "gevent": "gunicorn, gevent", "router": "uWSGI, its http router",
          "http_socket": "uWSGI, http-socket", "http11_socket": "uWSGI, http11-socket"}


class Hello(Requests):
    def round(self, shop, name, how, seconds):
        # An http-socket of uWSGI's closes after each answer, without a word about it.
        self.script = CLOSE if name == "http_socket" else ""
        return super().round(shop, name, how, seconds)


def median(figures, name, figure):
    return statistics.median(figures[name][figure])


def print_costs(shop, names, options):
    asked = {key: Hello("", connections=16, app=app) for key, app in (("bare", "bare"), ("flask", "hello"))
             if key in options.only}
    if not asked:
        return
    results = {key: measure(shop, scenario, names, options.rounds, options.seconds) for key, scenario in asked.items()}
    print("| CPU time a request (grove's as a part of it) | " + " | ".join(asked) + " |\n|" + "---|" * (len(asked) + 1))
    for name in names:
        cells = [f"{median(figures, name, 'us'):.0f} us" + (f" ({ratio(figures, name)})" if name != "grove" else "")
                 for figures in results.values()]
        print(f"| {TITLES.get(name, name)} | " + " | ".join(cells) + " |", flush=True)


def print_latency(shop, options):
    scenario = Requests("", connections=16, only=("grove",), app="hello", beside={"threads": 1})
    figures = measure(shop, scenario, ["grove"], options.rounds, options.seconds)
    print(f"\np99 of Flask on grove: {median(figures, 'grove', 'p99_ms'):.2f} ms with 8 threads, "
          f"{median(figures, 'grove else', 'p99_ms'):.2f} ms with 1 "
          f"({ratio(figures, 'grove else', figure='p99_ms')} times)")


def begun(port, count, text):
    clients = []
    for _ in range(count):
        clients.append(socket.create_connection(("127.0.0.1", port), PATIENCE))
        clients[-1].sendall(text)
    return clients


HALF = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500
IDLE = {
    "1,000 idle": lambda port: open_idle(port, 1000),
    "1,000 silent": lambda port: begun(port, 1000, b""),
    "1,000 half heads": lambda port: begun(port, 1000, b"GET / HTTP/1.1\r\nHost: lo"),
    "200 half bodies": lambda port: begun(port, 200, HALF)}


def answered(port):
    """@return ms until a new client has its answer, or None"""
    began = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return (time.monotonic() - began) * 1e3 if client.recv(1) else None
    except OSError:
        return None


def longest(shop, name, hold):
    """The longest of ten new clients' waits beside those that are held."""
    server = getattr(shop, name)("reader", threads=32)
    try:
        socket.setdefaulttimeout(PATIENCE)
        clients = hold(server.port)
        time.sleep(0.5)
        waits = []
        while len(waits) < 10 and None not in waits:
            waits.append(answered(server.port))
        for client in clients:
            client.close()
        return "no answer" if None in waits else f"{max(waits):.0f} ms"
    except OSError:
        return "no connection"  # its clients of before were not served
    finally:
        socket.setdefaulttimeout(None)
        server.stop()


def print_idle(shop, names):
    print(f"\n| a new client's answer, 32 threads, within {PATIENCE} s | " + " | ".join(IDLE) + " |\n|" + "---|" * 5)
    for name in names:
        cells = [longest(shop, name, hold) for hold in IDLE.values()]
        print(f"| {TITLES.get(name, name)} | " + " | ".join(cells) + " |", flush=True)


def pss_mb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total / 1024


def print_memory(shop, names):
    found = {}
    for name in ["grove"] + [name for name in ("preload", "gthread") if "gthread" in names]:
        server = getattr(shop, name)("django_app", workers=4)
        try:
            wrk(shop.folder, f"http://127.0.0.1:{server.port}/stream", 3, 64, DJANGO_HOST)
            found[name] = pss_mb(server.pids())
        finally:
            server.stop()
    print("\n4 workers with Django's admin, PSS: " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in found.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default="bare,flask,p99,idle,memory", type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    folder = options.build or os.path.join(ROOT, "build", "load")
    if not options.build:
        build(folder, "wsgi")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as scratch:
        shop = PythonWorkshop(scratch, os.path.abspath(f"{folder}/bin/grove"))
        names = shop.available()
        print_costs(shop, names, options)
        if "p99" in options.only:
            print_latency(shop, options)
        if "idle" in options.only:
            print_idle(shop, names)
        if "memory" in options.only:
            print_memory(shop, names)


if __name__ == "__main__":
    sys.exit(main())
