"""Azure IoT Edge, as a module: the environment that the runtime makes says who this is."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from penstock.brokers.azure_hub import (
    HubBroker,
    HubConnection,
    Identity,
    endpoint_of,
    properties_of,
)
from penstock.brokers.base import BrokerAddress, OutgoingMessage
from penstock.brokers.tls import TlsFiles
from penstock.config import Key
from penstock.config.keys import ignored
from penstock.errors import BrokerError, ConfigError

_TIMEOUT_S = 5.0
_VARIABLES = {
    "hub": "IOTEDGE_IOTHUBHOSTNAME",
    "gateway": "IOTEDGE_GATEWAYHOSTNAME",
    "device": "IOTEDGE_DEVICEID",
    "module": "IOTEDGE_MODULEID",
    "generation": "IOTEDGE_MODULEGENERATIONID",
    "uri": "IOTEDGE_WORKLOADURI",
}
_API_VERSION = "2019-01-30"

KEYS: Mapping[str, Key] = {
    "custom_msg_properties": Key(
        "set on every message, `name=value;name=value`", "none", "properties", properties_of
    ),
    "connection_str": ignored("a device's connection string", "the runtime says who a module is"),
    "cleanup-timeout": ignored("time for the last messages", "nvmsgbroker has flush-timeout"),
    "share-connection": ignored("one connection for several", "each element has its own"),
}


@dataclass(frozen=True)
class Workload:
    """What the IoT Edge runtime does for a module: it signs, and tells whom to trust.

    Args:
        uri: `unix:///path/of/socket` or `http://host:port`.
        module: This one.
        generation: Of the module, as the environment tells it.
    """

    uri: str
    module: str
    generation: str

    def sign(self, text: str) -> str:
        """Base64 HMAC-SHA256 with the module's key, which the runtime keeps.

        Raises:
            BrokerError: The runtime does not.
        """
        data = base64.b64encode(text.encode()).decode()
        asked = {"keyId": "primary", "algo": "HMACSHA256", "data": data}
        path = (
            f"/modules/{quote(self.module, safe='')}/genid/{quote(self.generation, safe='')}/sign"
        )
        return self._ask("POST", path, "digest", body=json.dumps(asked))

    def authorities(self) -> str:
        """Certificates, PEM, that the hub of this device shows one of.

        Raises:
            BrokerError: The runtime does not tell.
        """
        return self._ask("GET", "/trust-bundle", "certificate")

    def _ask(self, method: str, path: str, wanted: str, *, body: str | None = None) -> str:
        connection = _connection(self.uri)
        target = f"{path}?api-version={os.environ.get('IOTEDGE_APIVERSION') or _API_VERSION}"
        try:
            connection.request(method, target, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer: Any = json.loads(response.read())
            if response.status // 100 == 2:
                return str(answer[wanted])
            raise ValueError(f"{response.status}: {answer.get('message', '')}")
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
            raise BrokerError(
                f"azure: the IoT Edge runtime at {self.uri} does not do {path.rpartition('/')[2]} "
                f"for module {self.module!r}: {error}"
            ) from error
        finally:
            connection.close()


class AzureEdgeBroker(HubBroker):
    """Sends a module's messages through the device's hub; the topic is the module's output.

    Args:
        address: Only its topic counts.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        if not address.topic:
            raise ConfigError("topic: wanted the name of the module's output, got nothing")
        self._workload, identity = _module()
        simulator = os.environ.get("EdgeModuleCACertificateFile")  # noqa: SIM112
        connection = HubConnection(
            identity, TlsFiles(Path(simulator) if simulator else None).context()
        )
        super().__init__(connection, identity, address.config.settings(KEYS).get("properties", {}))

    def connect(self) -> None:
        """Learn whom to trust, and connect."""
        if self._workload is not None:
            context = ssl.create_default_context(cadata=self._workload.authorities())
            self._connection.trust(context)
        super().connect()

    def _bag(self, message: OutgoingMessage) -> str:
        return f"%24.on={quote(message.topic, safe='')}&{super()._bag(message)}"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(self._path)


def _connection(uri: str) -> http.client.HTTPConnection:
    url = urlsplit(uri)
    if url.scheme == "unix":
        return _UnixConnection(url.path)
    return http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=_TIMEOUT_S)


def _module() -> tuple[Workload | None, Identity]:
    """This module, and the runtime that signs for it; none where a simulator gives a key."""
    simulated = os.environ.get("EdgeHubConnectionString")  # noqa: SIM112 - it is called so
    if simulated:
        return None, Identity.of(simulated, where="EdgeHubConnectionString")
    found = {name: os.environ.get(variable, "") for name, variable in _VARIABLES.items()}
    missing = [variable for name, variable in _VARIABLES.items() if not found[name]]
    if missing:
        raise ConfigError(
            "azure-edge: wanted the environment of an IoT Edge module, "
            f"got none with {', '.join(missing)}; run it as a module, or use azure"
        )
    workload = Workload(found["uri"], found["module"], found["generation"])
    endpoint = endpoint_of(found["gateway"])
    identity = Identity(found["hub"], endpoint, found["device"], found["module"])
    return workload, replace(identity, sign=workload.sign)
