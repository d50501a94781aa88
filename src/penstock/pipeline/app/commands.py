"""What the keys of the reference application do."""

from __future__ import annotations

from collections.abc import Callable

from penstock.gst import Gst

HELP = """
Keys while it runs:
  h  this help
  q  quit
  p  pause
  r  resume"""
TILED_HELP = """
  z  then a row and a column, 0 to 9, counted from 0: show one source alone
  z  again: all sources"""
_ALL = -1


class Commands:
    """Obeys single keys.

    Args:
        pipeline: What is paused and resumed.
        tiler: What shows one source or all, or none.
        sources: How many there are.
        quit_: Ends the run.
        say: Gets what is said.
    """

    def __init__(
        self,
        pipeline: Gst.Pipeline,
        *,
        tiler: Gst.Element | None,
        sources: int,
        quit_: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._pipeline, self._tiler, self._sources = pipeline, tiler, sources
        self._quit, self._say = quit_, say
        self._row: int | None = None
        self._selecting = False

    @property
    def help(self) -> str:
        """Which keys there are."""
        return f"{HELP}{TILED_HELP if self._tiler is not None else ''}\n"

    def obey(self, key: str) -> None:
        """Do what a key says; a key that says nothing is ignored."""
        if self._selecting and key.isdecimal():
            self._select(int(key))
        elif key == "h":
            self._say(self.help)
        elif key == "q":
            self._pipeline.set_state(Gst.State.PLAYING)  # a paused one cannot come to its end
            self._quit()
        elif key == "p":
            self._pipeline.set_state(Gst.State.PAUSED)
            self._say("Paused")
        elif key == "r":
            self._pipeline.set_state(Gst.State.PLAYING)
            self._say("Resumed")
        elif key == "z" and self._tiler is not None:
            self._choose(self._tiler)

    def _choose(self, tiler: Gst.Element) -> None:
        self._row = None
        if self._selecting or tiler.get_property("show-source") != _ALL:
            self._selecting = False
            tiler.set_property("show-source", _ALL)
            self._say("All sources")
        else:
            self._selecting = True
            self._say("Which source? Type its row, then its column, counted from 0")

    def _select(self, digit: int) -> None:
        tiler = self._tiler
        assert tiler is not None
        what, most = ("row", "rows") if self._row is None else ("column", "columns")
        if digit >= tiler.get_property(most):
            self._say(f"There is no {what} {digit}, try another")
        elif self._row is None:
            self._row = digit
        else:
            number = self._row * tiler.get_property("columns") + digit
            self._row, self._selecting = None, False
            if number < self._sources:
                tiler.set_property("show-source", number)
                self._say(f"Source {number}")
            else:
                self._say(f"There is no source {number}")
