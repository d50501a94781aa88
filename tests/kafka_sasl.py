"""The mock cluster behind a door that wants a login, as a Kafka broker's SASL listener does.

librdkafka's mock knows neither SASL nor TLS. So the door does what comes before the first request
of an application: TLS, the list of versions, the choice of a mechanism, the login itself.
"""

import base64
import hashlib
import hmac
import os
import ssl
import struct

from broker_servers import USER
from kafka_cluster import KafkaCluster, framed, packet

API_VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
UNSUPPORTED_MECHANISM, UNSUPPORTED_VERSION, AUTHENTICATION_FAILED = 33, 35, 58
ROUNDS = 4096


class LockedKafka(KafkaCluster):
    """Lets in who is `USER` with the password.

    Attributes:
        password: What is right at the moment.
        mechanisms: What a client may choose from; none: nobody needs a login.
        knocks: How many connections there were.
        refused: How many logins were wrong.

    Args:
        mechanisms: As above.
        tls: Speak TLS with these, and want a client's certificate, too; None: plain.
    """

    def __init__(self, *, mechanisms=("PLAIN", "SCRAM-SHA-256"), tls=None):
        self.password, self.mechanisms = "psst", mechanisms
        self.knocks = self.refused = 0
        self._tls, self._context = tls, None
        if tls is not None:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.ca)
            self._context.load_cert_chain(tls.server, tls.server_key)
            self._context.verify_mode = ssl.CERT_REQUIRED
        super().__init__()

    def trust(self, authority):
        """Let in whom another authority has signed, too."""
        self._context.load_verify_locations(cafile=authority.ca)

    def options(self):
        """What librdkafka must be told to be let in, by the first of the mechanisms."""
        protocol = ("SASL_" if self.mechanisms else "") + ("SSL" if self._tls else "PLAINTEXT")
        found = {"security.protocol": protocol}
        if self.mechanisms:
            found["sasl.mechanism"] = self.mechanisms[0]
            found |= {"sasl.username": USER, "sasl.password": self.password}
        if self._tls is not None:
            found["ssl.ca.location"] = str(self._tls.ca)
            found["ssl.certificate.location"] = str(self._tls.client)
            found["ssl.key.location"] = str(self._tls.client_key)
        return found

    def let_in(self, client, server):
        """First TLS, then the login, each where wanted."""
        self.knocks += 1
        if self._context is not None:
            client = self._context.wrap_socket(client, server_side=True)
        try:
            if self.mechanisms:
                self._log_in(client, _Login(self.mechanisms, self.password, _versions_of(server)))
        except BaseException:
            client.close()
            raise
        return client

    def _log_in(self, client, login):
        while not login.is_over:
            request = packet(client)
            key, version, number, name = struct.unpack_from(">hhih", request)
            answer = struct.pack(">i", number) + login.answer(key, version, request[10 + name :])
            client.sendall(framed(answer))
        if not login.is_right:
            self.refused += 1
            raise EOFError


class _Login:
    """A connection that is not let in yet."""

    def __init__(self, mechanisms, password, versions):
        self.is_over = self.is_right = False
        self._names, self._password, self._versions = mechanisms, password, versions
        self._name, self._steps = "", None

    def answer(self, key, version, body):
        """What a broker says to a request; raises `EOFError` where it just hangs up."""
        if key == API_VERSIONS:
            # Who asks for a later version of the list is told to take this one.
            return struct.pack(">h", UNSUPPORTED_VERSION if version else 0) + self._versions
        if key == HANDSHAKE:
            return self._choose(body[2:].decode())
        if key == AUTHENTICATE and self._steps is not None:
            return self._go_on(body[4:]) + b"\0" * (8 if version else 0)  # how long it is good for
        raise EOFError  # a request of an application, without a login

    def _choose(self, name):
        self.is_over = name not in self._names
        error = UNSUPPORTED_MECHANISM if self.is_over else 0
        if not self.is_over:
            kind = name.removeprefix("SCRAM-").replace("-", "").lower()
            self._name, self._steps = name, self._plain() if kind == "plain" else self._scram(kind)
            next(self._steps)
        names = b"".join(_string(each) for each in self._names)
        return struct.pack(">hi", error, len(self._names)) + names

    def _go_on(self, data):
        try:
            said = self._steps.send(data)
        except StopIteration as end:
            self.is_over, self.is_right, said = True, end.value is not None, end.value
        if said is not None:
            return struct.pack(">hhi", 0, -1, len(said)) + said
        text = f"Authentication failed: invalid credentials with SASL mechanism {self._name}"
        return struct.pack(">h", AUTHENTICATION_FAILED) + _string(text) + struct.pack(">i", 0)

    def _plain(self):
        """RFC 4616. Returns the last answer, None where the login is wrong."""
        _, user, password = (yield).decode().split("\0")
        return b"" if (user, password) == (USER, self._password) else None

    def _scram(self, kind):
        """RFC 5802, the server's side; returns as `_plain` does."""
        hello = (yield).decode().removeprefix("n,,")
        asked = dict(part.split("=", 1) for part in hello.split(","))
        salt, nonce = os.urandom(16), asked["r"] + os.urandom(12).hex()
        challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i={ROUNDS}"
        proven = (yield challenge.encode()).decode()
        claim, _, proof = proven.rpartition(",p=")
        talk = f"{hello},{challenge},{claim}".encode()
        salted = hashlib.pbkdf2_hmac(kind, self._password.encode(), salt, ROUNDS)
        client_key = hmac.digest(salted, b"Client Key", kind)
        signature = hmac.digest(hashlib.new(kind, client_key).digest(), talk, kind)
        right = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        if asked["n"] != USER or base64.b64decode(proof) != right or f"r={nonce}" not in claim:
            return None
        server_key = hmac.digest(salted, b"Server Key", kind)
        return b"v=" + base64.b64encode(hmac.digest(server_key, talk, kind))


def _versions_of(server):
    """The cluster's own list of what it understands, and the two requests of a login."""
    server.sendall(framed(struct.pack(">hhih", API_VERSIONS, 0, 0, 0)))
    answer = packet(server)
    (count,) = struct.unpack_from(">i", answer, 6)
    login = struct.pack(">6h", HANDSHAKE, 0, 1, AUTHENTICATE, 0, 1)
    return struct.pack(">i", count + 2) + answer[10:] + login


def _string(text):
    return struct.pack(">h", len(text)) + text.encode()
