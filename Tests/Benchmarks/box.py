"""What bench.py starts and ends: the daemon, the C floors, the load client, and the peers. Everything listens on
loopback, in folders of its own, and is ended by the process that was started."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PADDING = "." * 165  # With t= and k= some 200 bytes, as the target has it.


class Tools:
    """Where the built programs are."""

    def __init__(self, depotd, storebench, tools, emulator):
        self.depotd, self.storebench, self.emulator = map(os.path.abspath, (depotd, storebench, emulator))
        tools = os.path.abspath(tools)
        self.client, self.floor = f"{tools}/client", f"{tools}/floor"
        self.slow = {**os.environ, "LD_PRELOAD": f"{tools}/slowsync.so", "SLOWSYNC_MS": "4"}


class Program:
    """A started program with a folder of its own."""

    def __init__(self, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="depotd-bench-")
        self.is_ours = folder is None
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.is_ours:
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def memory_kib(self, field="RssAnon"):
        """What the program keeps for itself; pages of its file, which the kernel may drop, are left out."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field))


class Depotd(Program):
    """The daemon, unmodified, with the demo depot or with whatever its folder holds."""

    name = "depotd"

    def __init__(self, tools, folder=None, environment=None, port=0, is_secure=False):
        super().__init__(folder)
        self.tools, self.environment, self.port, self.is_secure = tools, environment, port, is_secure
        self.name = "depotd over TLS" if is_secure else "depotd"
        self.token = None

    def start(self):
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [self.tools.depotd, "demo", "--json", "--data", self.folder, "--listen", f"127.0.0.1:{self.port}",
             *(["--set", "tls.listen=127.0.0.1:0"] if self.is_secure else [])],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environment, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.start_ms = (time.monotonic() - begun) * 1000
        self.url, self.people = ready["url"], ready["people"]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.secure_port = int(ready["secureUrl"].rsplit(":", 1)[1]) if self.is_secure else None
        # One key for all its lives: a new one is a Change, and would look like a frame that was lost.
        self.token = self.token or self.managers_key()

    def managers_key(self):
        """A key that may import and is never throttled; the token that the demo prints is a door's."""
        with open(f"{self.folder}/local-access.json") as file:
            token = json.load(file)["adminToken"]
        wanted = {"name": f"bench {time.time()}", "scopes": ["read", "write", "manage", "door", "export"]}
        request = urllib.request.Request(self.url + "/api/v1/keys", json.dumps(wanted).encode(),
                                         {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())["secret"]

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def lines(self, name, values):
        path = f"{self.folder}/{name}"
        with open(path, "w") as file:
            file.write("\n".join(values) + "\n")
        return path

    @property
    def gear(self):
        return [item for item in json.loads(self.get("/api/v1/assets?limit=200"))["items"]
                if item["condition"] == "fit"]

    def subscribing(self):
        subscribe = {"type": "subscribe", "topics": ["assets"]}
        resume = '{"type":"subscribe","topics":["assets"],"since":{"epoch":"%e","seq":%q}}'
        return ["--socket", "/api/v1/live", "--subscribe", json.dumps(subscribe, separators=(",", ":"))], resume

    def publishing(self):
        """A status by hand with a new note: one committed Change, one frame."""
        return ["--method", "PATCH", "--path", "/api/v1/assets/%a/status", "--turns", "in_use,available",
                "--body", '{"status":"%s","note":"t=%t;k=%k"}',
                "--ids", self.lines("ids", [item["id"] for item in self.gear])]

    def scanning(self):
        """Each piece out, then each in again."""
        doors = {door["direction"]: door["id"] for door in json.loads(self.get("/api/v1/doors"))["items"]}
        return ["--method", "POST", "--path", "/api/v1/scans", "--turns", f"{doors['out']},{doors['in']}",
                "--body", '{"code":"%a","door":"%s"}',
                "--ids", self.lines("codes", [item["number"] for item in self.gear])]


class Floor(Program):
    """The bare C broadcaster, which commits a row before it sends."""

    name = "floor"
    token = "-"

    def __init__(self, tools):
        super().__init__()
        self.tools = tools

    def start(self):
        self.process = subprocess.Popen(
            [self.tools.floor, "broadcast", f"{self.folder}/floor.sqlite"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def subscribing(self):
        return ["--socket", "/"], None

    def publishing(self):
        return ["--path", "/", "--body", "t=%t;k=%k;" + PADDING]


class Nchan(Program):
    """nginx with nchan, as Debian has them, one worker as one loop; nothing of it on disk."""

    name = "nchan"
    token = "-"
    port = 18081

    def start(self):
        with open(f"{self.folder}/nginx.conf", "w") as file:
            file.write(f"""
                load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
                daemon off; worker_processes 1; pid {self.folder}/pid; error_log stderr crit;
                worker_rlimit_nofile 20000;
                events {{ worker_connections 20000; }}
                http {{ access_log off; client_body_temp_path {self.folder}/body; keepalive_requests 10000000;
                  proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u;
                  scgi_temp_path {self.folder}/s;
                  server {{ listen 127.0.0.1:{self.port} backlog=4096; tcp_nodelay on;
                    location = /publish {{ nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 100; }}
                    location = /subscribe {{ nchan_subscriber websocket; nchan_channel_id bench;
                      nchan_subscriber_first_message newest; }} }} }}""")
        self.process = subprocess.Popen(
            ["nginx", "-p", self.folder, "-c", f"{self.folder}/nginx.conf"], stderr=subprocess.DEVNULL)
        time.sleep(0.7)

    def memory_kib(self, field="RssAnon"):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            worker = children.read().split()[0]
        with open(f"/proc/{worker}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field))

    def subscribing(self):
        return ["--socket", "/subscribe"], None

    def publishing(self):
        return ["--path", "/publish", "--body", "t=%t;k=%k;" + PADDING]


class UWebSockets(Program):
    """uWebSockets behind its Python face; nothing of it on disk."""

    name = "uwebsockets"
    token = "-"
    port = 18082

    def __init__(self, python):
        super().__init__()
        self.python = python

    def start(self):
        self.process = subprocess.Popen([self.python, f"{HERE}/uwebsockets.py", str(self.port)],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while "ready" not in self.process.stdout.readline():
            pass

    def subscribing(self):
        return ["--socket", "/live"], None

    def publishing(self):
        return ["--path", "/publish", "--body", "t=%t;k=%k;" + PADDING]


class Load:
    """The load client against one program."""

    def __init__(self, tools, program):
        self.tools, self.program = tools, program

    def command(self, *arguments, subscribers=0, resuming=False):
        words = [self.tools.client, "--port", str(self.program.port), "--token", self.program.token]
        if subscribers:
            subscribing, resume = self.program.subscribing()
            words += [*subscribing, "--subscribers", str(subscribers)]
            words += ["--resume", resume] if resuming else []
            words += ["--secure", str(self.program.secure_port)] if getattr(self.program, "is_secure", False) else []
        return [*words, *map(str, arguments)]

    def run(self, *arguments, **options):
        done = subprocess.run(self.command(*arguments, **options), stdout=subprocess.PIPE, text=True, timeout=120)
        return json.loads(done.stdout)

    def broadcast(self, subscribers, rate, seconds, *more, **options):
        return self.run("--publishers", 1, "--rate", rate, "--seconds", seconds, "--ordered",
                        *self.program.publishing(), *more, subscribers=subscribers, **options)

    def holding(self, subscribers, *more):
        """Opens subscribers and keeps them; the caller closes standard input."""
        process = subprocess.Popen(self.command("--hold", *more, subscribers=subscribers), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "holding\n"
        return process
