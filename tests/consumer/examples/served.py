"""served.py - the example, served on a port of the kernel's choice, in a folder of the test's."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent


class Served:
    """what: ["grove", BINARY, FOLDER OF PLUGINS] or ["flask"]. Ends with its block; that must be a clean end."""

    def __init__(self, what, folder):
        environment = dict(os.environ, NOTES_KEY="0123456789abcdef0123456789abcdef", LISTEN="127.0.0.1:0")
        if what[0] == "grove":
            shutil.copytree(HERE / "notes/site", folder + "/site")
            os.symlink(what[2], folder + "/build")
            config = (HERE / "notes/notes.json").read_text()
            with open(folder + "/notes.json", "w") as file:  # another site's page may use it
                file.write(config.replace('"origins": []', '"origins": ["https://a.test"]'))
            command = [what[1], "serve", folder + "/notes.json"]
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

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            print(pathlib.Path(self.log).read_text(), file=sys.stderr)
        self.process.terminate()
        if self.process.wait(60) != 0 and not kind:
            sys.exit(f"the server ended with {self.process.returncode}: " + pathlib.Path(self.log).read_text())
