"""The servers under load: how each is started, and what CPU time its processes have used."""
import getpass, json, os, shutil, signal, socket, subprocess, time

HERE = os.path.dirname(os.path.abspath(__file__))
BODY = b"Hello, World!"
LARGE = 1 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(root):
    """root and all processes that come from it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = open(f"/proc/{name}/stat").read()
            except OSError:
                continue
            parents.setdefault(int(stat[stat.rindex(")") + 2:].split()[1]), []).append(int(name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def cpu_ns(pids):
    """CPU time of all threads, by the scheduler's clock."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                total += int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0])
        except OSError:
            pass
    return total


def user_share(pids):
    """Of the CPU time so far, what was not the kernel's."""
    user = system = 0
    for pid in pids:
        try:
            stat = open(f"/proc/{pid}/stat").read()
        except OSError:
            continue
        ticks = stat[stat.rindex(")") + 2:].split()[11:13]
        user, system = user + int(ticks[0]), system + int(ticks[1])
    return user / max(1, user + system)


def rss_bytes(pids):
    total = 0
    for pid in pids:
        try:
            total += int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
        except OSError:
            pass
    return total


class Server:
    """One server's processes on core 0, answering on .port (and with TLS on .tls_port)."""

    def __init__(self, command, port, tls_port=None, cores="0", env=None):
        self.port, self.tls_port = port, tls_port
        self.process = subprocess.Popen(["taskset", "-c", cores] + command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        deadline = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 5) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    if client.recv(1):  # a connection alone would do for a listener whose worker is not there yet
                        return
                raise OSError("closed")
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"{command[0]} does not answer")
                time.sleep(0.02)

    def pids(self):
        return descendants(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()


class Workshop:
    """Writes the servers' configurations into one folder and starts them."""

    def __init__(self, folder, grove, floor):
        self.folder, self.grove_binary, self.floor_binary = folder, grove, floor
        self.build = os.path.dirname(os.path.dirname(grove))
        os.makedirs(os.path.join(folder, "site"), exist_ok=True)
        with open(os.path.join(folder, "site", "large"), "wb") as file:
            file.write(b"x" * LARGE)
        with open(os.path.join(folder, "site", "hello"), "wb") as file:
            file.write(BODY)
        with open(os.path.join(folder, "site", "small"), "wb") as file:
            file.write(b"x" * 1024)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-days", "2", "-keyout", self.path("key.pem"), "-out",
                        self.path("cert.pem")], check=True, stderr=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def floor(self, close=False, body=len(BODY), cores="0", **_):
        port = free_port()
        return Server([self.floor_binary, str(port), str(body)] + (["close"] if close else []), port, cores=cores)

    def grove(self, log=False, defer=False, workers=1, pool=1000, trusted=(), pieces=False, upstream=None, **_):
        port, tls_port = free_port(), free_port()
        more = [{"mount": "/pieces", "app": "pieces"}] if pieces else []
        if upstream:
            more += [{"mount": "/proxied", "app": "proxy",
                      "config": {"upstreams": [f"127.0.0.1:{upstream}"], "keepalive": 64}}]
        config = {
            "listen": [{"address": f"127.0.0.1:{port}", "defer_accept": defer},
                       {"address": f"127.0.0.1:{tls_port}", "tls": {"certificate": "cert.pem", "key": "key.pem"}}],
            "plugin_path": [os.path.join(self.build, "lib", "grove", "apps"), os.path.join(self.build, "tests", "plugins")],
            "workers": workers, "pool": pool, "max_connections": 18000, "backlog": 4096,
            "apps": [{"mount": "/", "app": "hello"}, {"mount": "/echo", "app": "echo"},
                     {"mount": "/stream", "app": "stream"},
                     {"mount": "/files", "app": "static", "config": {"root": "site"}}] + more,
            "timeouts": {"idle": 600}, **({"trusted_proxies": trusted} if trusted else {}),
            "log": {"access": "access.log" if log else "off", "error": "error.log", "level": "error"}}
        with open(self.path("grove.json"), "w") as file:
            json.dump(config, file)
        return Server([self.grove_binary, "serve", self.path("grove.json")], port, tls_port,
                      "0" if workers == 1 else "0,1")

    def nginx(self, log=False, workers=1, more="", upstream=None, **_):
        """more: directives of the server; PORT is where it answers"""
        port, tls_port = free_port(), free_port()
        if upstream:
            more += """ location /proxied { proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection "";
                proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
                proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
                proxy_buffering off; proxy_request_buffering off; }"""
        behind = f"upstream upstream {{ server 127.0.0.1:{upstream}; keepalive 64; }}" if upstream else ""
        access = f"access_log {self.path('nginx.log')} combined;" if log else "access_log off;"
        with open(self.path("nginx.conf"), "w") as file:
            file.write(f"""daemon off; worker_processes {workers}; user {getpass.getuser()}; pid {self.path('nginx.pid')};
error_log {self.path('nginx-error.log')} error; worker_rlimit_nofile 20000;
events {{ worker_connections 18000; }}
http {{ {access} keepalive_requests 1000000000; keepalive_timeout 600; sendfile on; tcp_nopush on;
  client_body_temp_path {self.path('body')}; default_type text/plain; {behind}
  server {{ listen 127.0.0.1:{port} backlog=4096; listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {self.path('cert.pem')}; ssl_certificate_key {self.path('key.pem')};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:a:1m;
    location / {{ return 200 "{BODY.decode()}"; }}
    location /files/ {{ alias {self.folder}/site/; }} {more.replace("PORT", str(port))} }} }}
""")
        return Server(["nginx", "-c", self.path("nginx.conf"), "-p", self.folder], port, tls_port,
                      "0" if workers == 1 else "0,1")

    def gevent(self, **_):
        port = free_port()
        program = ("from gevent.pywsgi import WSGIServer\n"
                   "def app(environ, start_response):\n"
                   "    environ['wsgi.input'].read()\n"
                   "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                   f"    return [{BODY!r}]\n"
                   f"WSGIServer(('127.0.0.1', {port}), app, log=None, spawn=1000).serve_forever()\n")
        return Server(["/usr/bin/python3", "-c", program], port)

    def available(self):
        names = ["floor", "grove"]
        if shutil.which("nginx"):
            names.append("nginx")
        if subprocess.run(["/usr/bin/python3", "-c", "import gevent"], stderr=subprocess.DEVNULL).returncode == 0:
            names.append("gevent")
        return names
