"""The built binary, serving an application to other people's clients."""
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

PATIENCE = 60  # seconds for whatever must come


def self_signed(folder):
    """@return a certificate for localhost and 127.0.0.1, and its key"""
    names = [str(Path(folder) / name) for name in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", names[0], "-keyout", names[1]],
                   check=True, stderr=subprocess.DEVNULL)
    return names


class Served:
    """`grove serve` with these applications. Ends by TERM, with its block."""

    def __init__(self, grove, plugins, apps, tls=False, **members):
        self.folder = tempfile.TemporaryDirectory()
        listen = {"address": "127.0.0.1:0"}
        if tls:
            listen["tls"] = dict(zip(("certificate", "key"), self_signed(self.folder.name)))
        path = Path(self.folder.name) / "grove.json"
        path.write_text(json.dumps({"listen": [listen], "plugin_path": [os.path.abspath(each) for each in plugins],
                                    "apps": apps, "log": {"access": "off"}, "pid_file": None, **members}))
        self.process = subprocess.Popen([grove, "serve", str(path)], stderr=subprocess.PIPE, text=True)
        self.port = int(self.line_with("listening on").rstrip().rsplit(":", 1)[1])

    def line_with(self, text):
        """The next line of the error log that has it."""
        said = []
        for line in self.process.stderr:
            if text in line:
                return line
            said.append(line)
        raise RuntimeError(f"the server has ended, and not said {text!r}, but {''.join(said[-5:])}")

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def workers(self):
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def stop(self):
        """@return its exit code"""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.stderr.close()
        self.folder.cleanup()
