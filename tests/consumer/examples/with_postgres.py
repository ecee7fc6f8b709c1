"""with_postgres.py SCHEMA COMMAND... - runs the command beside a PostgreSQL of its own, in a new folder.

NOTES_DATABASE tells the command where the database is, which has the tables of SCHEMA, and the users ada and bob, whose
password is "correct horse". Ends with the command's exit code; with 77 if PostgreSQL is not installed.
"""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile

USERS = """INSERT INTO users (name, password)
    SELECT name, crypt('correct horse', gen_salt('bf', 5)) FROM unnest(ARRAY['ada', 'bob']) name;"""


def main():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        print("no PostgreSQL is installed (apt-get install postgresql)")
        return 77
    programs = os.path.dirname(found[-1])
    # PostgreSQL refuses to run as root.
    prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        if prefix:
            shutil.chown(folder, "nobody", "nogroup")
        data = folder + "/data"
        subprocess.run([*prefix, programs + "/initdb", "-D", data, "-U", "grove", "-A", "trust", "-E", "UTF8",
                        "--locale=C", "-N"], check=True, stdout=subprocess.DEVNULL, cwd="/")
        # Without a port: the socket in the folder is enough.
        server = subprocess.Popen([*prefix, programs + "/postgres", "-D", data, "-k", folder, "-h", "", "-F"],
                                  stderr=subprocess.PIPE, text=True, cwd="/")
        try:
            said = []
            while "ready to accept connections" not in "".join(said[-1:]):
                said.append(server.stderr.readline())
                if not said[-1]:
                    sys.exit("".join(said))
            os.environ["NOTES_DATABASE"] = f"host={folder} user=grove dbname=postgres"
            subprocess.run(["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", os.environ["NOTES_DATABASE"],
                            "-f", sys.argv[1], "-c", USERS], check=True)
            # Its log is of no interest any more, but must not fill the pipe.
            subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL)
            return subprocess.run(sys.argv[2:]).returncode
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()


sys.exit(main())
