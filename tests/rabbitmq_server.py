"""A real RabbitMQ as a child process, with an Erlang port mapper of its own."""

import contextlib
import socket
import subprocess

from broker_servers import HOST, PASSWORD, USER, Server, free_port

# Debian's /usr/sbin/rabbitmq-server changes the user to one that cannot write where tests do.
PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"


class RabbitMq(Server):
    """What queues hold is on disk before it is confirmed.

    With `tls` it listens at two ports, `port` and `tls_port`: it starts too slowly to do so twice.
    """

    BROKER, PROGRAM = "amqp", PROGRAM

    def __init__(self, folder, **options):
        super().__init__(folder, **options)
        self.tls_port, self._mapper_port, self._node_port = free_port(), free_port(), free_port()
        self._mapper = None

    def command(self):
        lines = [
            f"listeners.tcp.1 = {HOST}:{self.port}",
            f"default_user = {USER if self.password is not None else 'guest'}",
            f"default_pass = {PASSWORD if self.password is not None else 'guest'}",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
            "disk_free_limit.absolute = 1MB",
        ]
        if self.tls is not None:
            lines += [
                f"listeners.ssl.1 = {HOST}:{self.tls_port}",
                f"ssl_options.cacertfile = {self.tls.ca}",
                f"ssl_options.certfile = {self.tls.server}",
                f"ssl_options.keyfile = {self.tls.server_key}",
                "ssl_options.verify = verify_peer",
                "ssl_options.fail_if_no_peer_cert = true",
            ]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (self.folder / "enabled_plugins").write_text("[].\n")
        return []

    def environment(self):
        return {
            "HOME": str(self.folder),  # where Erlang's cookie goes
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "queues"),
            "RABBITMQ_NODENAME": f"penstock{self.port}@localhost",
        }

    def is_ready(self):
        """It listens a moment before it speaks."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection((HOST, self.port), timeout=1) as client,
        ):
            client.sendall(b"AMQP\0\0\x09\x01")
            return client.recv(1) == b"\x01"
        return False

    def start(self):
        # As a daemon of Erlang's own it would outlive the test.
        self._mapper = self._mapper or subprocess.Popen(
            ["epmd", "-port", str(self._mapper_port), "-address", HOST]
        )
        return super().start()

    def __exit__(self, *error):
        super().__exit__(*error)
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
            self._mapper = None
