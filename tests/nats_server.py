"""A real NATS server with JetStream as a child process."""

from broker_servers import HOST, USER, Server


class Nats(Server):
    """Keeps its streams in files, and syncs each message before it acknowledges it."""

    BROKER, PROGRAM = "nats", "nats-server"

    def command(self):
        lines = [
            f"listen: {HOST}:{self.port}",
            f'jetstream {{ store_dir: "{self.folder}/streams", max_file: 1GB',
            "sync_interval: always }",
            "max_payload: 2MB",
        ]
        if self.password is not None:
            lines.append(f'authorization {{ user: "{USER}", password: "{self.password}" }}')
        if self.tls is not None:
            lines.append(
                f'tls {{ cert_file: "{self.tls.server}", key_file: "{self.tls.server_key}", '
                f'ca_file: "{self.tls.ca}", verify: true }}'
            )
        settings = self.folder / "nats.conf"
        settings.write_text("\n".join(lines) + "\n")
        return ["-c", str(settings)]
