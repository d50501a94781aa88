"""Files with the messages of each frame, to look at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

from penstock.errors import ConfigError
from penstock.messages.stamps import now
from penstock.meta import Payload


class DebugFolder:
    """Writes one file for each frame, called `<time>.txt`; frames of one millisecond share theirs.

    Args:
        folder: Where to.
        where: The setting that names it, for messages.

    Raises:
        ConfigError: It is no folder, or nothing can be written there.
    """

    def __init__(self, folder: Path, *, where: str) -> None:
        try:
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise ConfigError(
                f"{where}: wanted a folder to write to, got {folder.absolute()}: {error.strerror}"
            ) from error
        self._folder = folder

    def add(self, payloads: Iterable[Payload]) -> None:
        """Write the messages of a frame; without any, an empty file.

        Raises:
            OSError: They cannot be written.
        """
        with (self._folder / f"{now()}.txt").open("ab") as file:
            file.writelines(payload.data + b" \n" for payload in payloads)
