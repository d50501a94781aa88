"""Real message brokers as child processes, which tests may kill and start again."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ports import free_port

READY_S = 30
USER, PASSWORD = "camera", "s3cret;with semicolon"
HOST = "127.0.0.1"


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


@dataclass(frozen=True)
class Certificates:
    """An authority, and what it has signed: PEM files."""

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def certificates(folder):
    """An authority of its own, a server `localhost` or 127.0.0.1, and a client."""
    folder.mkdir(parents=True, exist_ok=True)
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    _openssl(folder, "req -x509 -keyout ca.key -out ca.pem -subj /CN=test-authority", new=True)
    for name in ("server", "client"):
        _openssl(folder, f"req -keyout {name}.key -out {name}.csr -subj /CN={name}", new=True)
        (folder / "names").write_text(names)
        _openssl(
            folder,
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem "
            "-days 2 -extfile names",
        )
    files = ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")
    return Certificates(*(folder / name for name in files))


def _openssl(folder, arguments, *, new=False):
    words = ["openssl", *arguments.split()]
    if new:
        words += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=60)


class Server:
    """A broker on a free port, with its data in a folder that survives `kill`.

    A subclass says `BROKER`, the name in Penstock's table, `PROGRAM`, and `command()`.

    Args:
        folder: For its data, settings and log.
        password: Of the user `USER`, or of everybody where there are no users; None: none needed.
        tls: Speak TLS with these; clients must show a certificate too.
    """

    BROKER = ""
    PROGRAM = ""

    def __init__(self, folder, *, password=None, tls=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.password, self.tls = password, tls
        self.process = None

    @property
    def conn_str(self):
        return f"{HOST};{self.port}"

    def adapter_file(self, **settings):
        """A file for `config`, with TLS as this server has it and more keys, `_` for `-`."""
        lines = [f"{key.replace('_', '-')}={value}" for key, value in settings.items()]
        if self.tls is not None:
            lines += [
                "enable-tls=1",
                f"tls-cafile={self.tls.ca}",
                f"tls-certfile={self.tls.client}",
                f"tls-keyfile={self.tls.client_key}",
            ]
        path = self.folder / "adapter.txt"
        path.write_text("\n".join(["[message-broker]", *lines]) + "\n")
        return path

    def command(self):
        """The program and its arguments."""
        raise NotImplementedError

    def environment(self):
        """What the program needs beyond this process's environment."""
        return {}

    def is_ready(self):
        return answers(self.port)

    def start(self):
        """Start it, the first time or again; returns when it answers."""
        self.kill()
        folders = [Path(sys.executable).parent, os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"]
        program = shutil.which(self.PROGRAM, path=":".join(map(str, folders)))
        assert program, f"{self.PROGRAM} is not installed: make test installs it"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, *self.command()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment()},
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise
        return self

    def _wait(self):
        end_s = time.monotonic() + READY_S
        while not self.is_ready():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < end_s, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def kill(self):
        """SIGKILL it and all that it has started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.kill()


class Redis(Server):
    """Writes every command to its disk before it answers."""

    BROKER, PROGRAM = "redis", "redis-server"

    def command(self):
        port, tls_port = (self.port, 0) if self.tls is None else (0, self.port)
        settings = {
            "bind": HOST,
            "port": port,
            "dir": self.folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
        }
        if self.password is not None:
            settings["requirepass"] = self.password
        if self.tls is not None:
            settings |= {
                "tls-port": tls_port,
                "tls-ca-cert-file": self.tls.ca,
                "tls-cert-file": self.tls.server,
                "tls-key-file": self.tls.server_key,
            }
        return [word for key, value in settings.items() for word in (f"--{key}", str(value))]


class Mosquitto(Server):
    """Saves its database after each change."""

    BROKER, PROGRAM = "mqtt", "mosquitto"

    def command(self):
        lines = [
            "user root",
            f"listener {self.port} {HOST}",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            "max_queued_messages 0",
            "max_inflight_messages 0",
            f"allow_anonymous {'true' if self.password is None else 'false'}",
        ]
        if self.password is not None:
            file = self.folder / "passwords"
            file.touch(mode=0o600)
            words = ["mosquitto_passwd", "-b", str(file), USER, self.password]
            subprocess.run(words, check=True, timeout=60)
            lines.append(f"password_file {file}")
        if self.tls is not None:
            lines += [
                f"cafile {self.tls.ca}",
                f"certfile {self.tls.server}",
                f"keyfile {self.tls.server_key}",
                "require_certificate true",
            ]
        settings = self.folder / "mosquitto.conf"
        settings.write_text("\n".join(lines) + "\n")
        return ["-c", str(settings)]
