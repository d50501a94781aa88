"""The way to a server: questions, answers, and patience while it is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tritonclient import grpc as client
from tritonclient.utils import InferenceServerException

from penstock.backends.patience import LONGEST_PAUSE_S, Patience, Watch
from penstock.errors import ModelError

_LARGEST = 2**31 - 1
_CHANNEL = (
    ("grpc.max_send_message_length", _LARGEST),
    ("grpc.max_receive_message_length", _LARGEST),
    # gRPC waits up to two minutes between two attempts to connect; a restart takes less.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Each model its own connection: what one of them is told must not end the others'.
    ("grpc.use_local_subchannel_pool", 1),
)
_LOOK_S = 0.1
_AWAY = ("StatusCode.UNAVAILABLE", "StatusCode.CANCELLED")  # the latter from one that is ending
_LATE = "StatusCode.DEADLINE_EXCEEDED"


class Line:
    """A connection for the questions about one model. Any number of threads may use it.

    Args:
        url: `host:port` of the server.
        model: Name of the model.
        version: -1: the server chooses.
        timeout_s: How long one answer may take, and how long the server may be away.
        watch: Hears of absences, and can end the waiting.
    """

    def __init__(
        self, url: str, model: str, version: int, *, timeout_s: float, watch: Watch
    ) -> None:
        self._url, self._model = url, model
        self._version = "" if version == -1 else str(version)
        self._timeout_s, self._watch = timeout_s, watch
        self._client = client.InferenceServerClient(url, channel_args=list(_CHANNEL))

    def wait(self) -> None:
        """Wait until the server and the model are ready.

        Raises:
            ModelError: They were not in time, or the server does not know the model.
        """
        patience = Patience(self._timeout_s, self._watch)
        while True:
            reason = self._not_ready(patience)
            if reason is None:
                return
            if not patience.pause():
                raise self._error(f"not ready within {self._timeout_s:g} s: {reason}")

    def metadata(self) -> Any:
        """The protocol's description of the model."""
        return self._ask(self._client.get_model_metadata)

    def config(self) -> Any | None:
        """Triton's configuration of the model; nothing where the server has no such thing."""
        try:
            return self._ask(self._client.get_model_config).config
        except ModelError:
            return None

    def infer(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """The answer to one question.

        Raises:
            ModelError: There was none in time, or the server refused.
        """
        patience = Patience(self._timeout_s, self._watch)
        away = ""
        while True:
            answer = self._once(inputs, outputs, patience.left_s)
            if not isinstance(answer, InferenceServerException):
                return answer.get_response()
            if answer.status() == _LATE and not away:
                raise self._error(f"no answer within {self._timeout_s:g} s") from answer
            # While a server starts, it may know nothing of the model.
            if answer.status() not in _AWAY and not away:
                raise self._error(f"the server refused: {answer.message()}") from answer
            if not away:
                away = str(answer.message())
                self._watch.interrupted(
                    f"the server at {self._url} went away ({away}); waiting up to "
                    f"{self._timeout_s:g} s for it"
                )
            self._come_back(patience, away)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _come_back(self, patience: Patience, reason: str) -> None:
        """Wait until the server is ready again."""
        while True:
            if not patience.pause():
                raise self._error(
                    f"the server went away and was not back within {self._timeout_s:g} s: {reason}"
                )
            found = self._not_ready(patience)
            if found is None:
                return
            reason = found

    def _not_ready(self, patience: Patience) -> str | None:
        """Why the model cannot be asked now; `None` if it can."""
        limit = min(patience.left_s, LONGEST_PAUSE_S)
        try:
            if not self._client.is_server_ready(client_timeout=limit):
                return "the server is starting"
            if self._client.is_model_ready(self._model, self._version, client_timeout=limit):
                return None
            return f"the server has no model {self._model!r} that is ready"
        except InferenceServerException as error:
            return str(error.message())

    def _once(self, inputs: Sequence[Any], outputs: Sequence[Any], timeout_s: float) -> Any:
        """One question: its answer, or the exception that came in its place."""
        answers: list[Any] = []
        done = threading.Event()

        def keep(result: Any, error: Any) -> None:
            answers.append(error or result)
            done.set()

        call = self._client.async_infer(
            self._model,
            list(inputs),
            keep,
            self._version,
            outputs=list(outputs),
            client_timeout=timeout_s,
        )
        while not done.wait(_LOOK_S):
            if self._watch.is_stopped:
                call.cancel()
                raise self._error("stopped while waiting for an answer")
        return answers[0]

    def _ask(self, question: Callable[..., Any]) -> Any:
        try:
            return question(self._model, self._version, client_timeout=self._timeout_s)
        except InferenceServerException as error:
            raise self._error(f"the server refused: {error.message()}") from error

    def _error(self, text: str) -> ModelError:
        version = f" version {self._version}" if self._version else ""
        return ModelError(f"{self._model}{version} at {self._url}: {text}")
