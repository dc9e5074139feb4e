"""A PostgreSQL of the tests' own, with a hub in it as `depotd hub` installs it."""

import glob
import os
import pwd
import socket
import subprocess
import time
from pathlib import Path


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Hub:
    """A cluster in a folder, on loopback or in a place of its own (lines.py), run as `postgres` where we are root, because
    it refuses root."""

    def __init__(self, folder, depotd, place=None, settings=()):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1]
        self.folder, self.depotd, self.host = Path(folder), str(depotd), place.address if place else "127.0.0.1"
        self.port, self.prefix = (5432, place.prefix) if place else (free_port(), [])
        self.data, self.settings, self.process, self.user = self.folder / "data", list(settings), None, []
        self.folder.mkdir(parents=True)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            for parent in self.folder.parents:
                if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                    parent.chmod(0o755)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        subprocess.run(
            [*self.user, f"{self.bin}/initdb", "-D", self.data, "-U", "boss", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
             "--no-sync"], check=True, stdout=subprocess.DEVNULL)
        rules = f"local all all trust\nhost all boss {self.host}/32 trust\nhost all all 0.0.0.0/0 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(rules)
        self.start()
        self.run("CREATE DATABASE hub", database="postgres")
        self.call("install")

    def start(self):
        self.process = subprocess.Popen(
            [*self.prefix, *self.user, f"{self.bin}/postgres", "-D", self.data, "-k", self.folder, "-p", str(self.port),
             *[part for one in [f"listen_addresses={self.host}", *self.settings] for part in ("-c", one)]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if self.run("SELECT 1", database="postgres", check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise TimeoutError("PostgreSQL does not answer")

    def stop(self, immediately=False):
        """Ends it with every connection; immediately is what a power cut leaves behind."""
        if self.process:
            self.process.send_signal(3 if immediately else 2)
            self.process.wait()
            self.process = None

    def run(self, sql, database="hub", check=True):
        """Carries SQL out as one who may do everything."""
        return subprocess.run(
            [f"{self.bin}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p",
             str(self.port), "-U", "boss", "-d", database], input=sql, text=True, check=check, capture_output=True)

    def ask(self, sql):
        return self.run(sql).stdout.strip()

    def call(self, *words):
        command = [*self.prefix, self.depotd, "hub", *words, "--url", f"postgresql://boss@{self.host}:{self.port}/hub?sslmode=disable"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def admit(self, depot, folder, port=None, organisation="north"):
        """Lets a depot in. Returns the settings of its box."""
        lines = self.call("depot", depot, "--organisation", organisation).splitlines()
        role, password = (line.split(": ")[1] for line in lines[:2])
        file = Path(folder) / f"{role}.password"
        file.write_text(password + "\n")
        file.chmod(0o600)
        return [f"upstream.url=postgresql://{role}@{self.host}:{port or self.port}/hub?sslmode=disable",
                f"upstream.password_file={file}"]
