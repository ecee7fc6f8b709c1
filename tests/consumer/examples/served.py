"""served.py - the example, served on a port of the kernel's choice, in a folder of the test's."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent


def readme_commands(folder, binary, environment):
    """Those of notes/README.md as they stand, but that grove is the binary, and that cmake finds what is built."""
    shutil.copy(HERE / "notes/schema.sql", folder)
    os.mkdir(folder + "/bin")
    for name, text in {"cmake": "[ -e build/notes.so ]", "grove": f'echo $$ >pid; exec "{binary}" "$@"'}.items():
        with open(f"{folder}/bin/{name}", "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as file:
            file.write(f"#!/bin/sh\n{text}\n")
    database = dict(word.split("=") for word in environment.pop("NOTES_DATABASE").split())
    environment.update(PATH=f"{folder}/bin:{environment['PATH']}", PGHOST=database["host"], PGUSER=database["user"])
    return ["bash", "-eu", "-c", re.search("```sh\n(.*?)```", (HERE / "notes/README.md").read_text(), re.DOTALL)[1]]


class Served:
    """what: ["grove", BINARY, FOLDER OF PLUGINS], the same with "readme", or ["flask"]. Ends with its block; that must
    be a clean end."""

    def __init__(self, what, folder):
        environment = dict(os.environ, NOTES_KEY="0123456789abcdef0123456789abcdef", LISTEN="127.0.0.1:0")
        if what[0] != "flask":
            shutil.copytree(HERE / "notes/site", folder + "/site")
            os.symlink(what[2], folder + "/build")
            config = (HERE / "notes/notes.json").read_text()
            with open(folder + "/notes.json", "w") as file:  # another site's page may use it
                file.write(config.replace('"origins": []', '"origins": ["https://a.test"]'))
            command = [what[1], "serve", folder + "/notes.json"]
            if what[0] == "readme":
                command = readme_commands(folder, what[1], environment)
        else:
            environment.update(NOTES_FILES=folder + "/files", NOTES_ORIGINS="https://a.test")
            command = [sys.executable, "-B", str(HERE / "notes_flask/notes.py")]
        self.log = folder + "/log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=log)
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+)\n", pathlib.Path(self.log).read_text())):
            if self.process.poll() is not None:
                sys.exit("the server ended: " + pathlib.Path(self.log).read_text())
            time.sleep(0.05)
        self.url = found[1]
        pid = pathlib.Path(folder + "/pid")
        self.pid = int(pid.read_text()) if pid.exists() else self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            print(pathlib.Path(self.log).read_text(), file=sys.stderr)
        os.kill(self.pid, signal.SIGTERM)
        if self.process.wait(60) != 0 and not kind:
            sys.exit(f"the server ended with {self.process.returncode}: " + pathlib.Path(self.log).read_text())
