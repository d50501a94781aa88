"""`common.FPS`: how many frames a second each stream gives."""

from __future__ import annotations

import threading
import time


class GETFPS:
    """The rate of one stream, printed every five seconds.

    Args:
        stream_id: What it is called.
    """

    _EVERY_S = 5.0

    def __init__(self, stream_id: int | str) -> None:
        self.stream_id = stream_id
        self._counting = threading.Lock()
        self._began_s = 0.0
        self._frames = 0

    def update_fps(self) -> None:
        """A frame came."""
        with self._counting:
            if not self._began_s:
                self._began_s = time.monotonic()
            else:
                self._frames += 1

    def get_fps(self) -> float:
        """Frames a second since this was called last; a frame counts here too."""
        self.update_fps()
        if time.monotonic() - self._began_s < self._EVERY_S:
            return 0.0
        rate = self.rate()
        print(f"Fps of stream {self.stream_id} is {rate}")
        return rate

    def rate(self) -> float:
        """Frames a second since this was called last, two decimals."""
        with self._counting:
            now_s = time.monotonic()
            passed_s = now_s - self._began_s
            rate = self._frames / passed_s if self._began_s and passed_s > 0 else 0.0
            if self._began_s:
                self._began_s, self._frames = now_s, 0
        return round(rate, 2)


class PERF_DATA:  # noqa: N801 - the scripts' spelling
    """The rates of all streams.

    Args:
        num_streams: How many there are, `stream0` and so on.
    """

    def __init__(self, num_streams: int = 1) -> None:
        self.perf_dict: dict[str, float] = {}
        self.all_stream_fps = {f"stream{number}": GETFPS(number) for number in range(num_streams)}

    def perf_print_callback(self) -> bool:
        """Print them; made for `GLib.timeout_add`, so it goes on."""
        self.perf_dict = {name: rate.rate() for name, rate in self.all_stream_fps.items()}
        print("\n**PERF: ", self.perf_dict, "\n")
        return True

    def update_fps(self, stream_index: str) -> None:
        """A frame of a stream came; a stream that nobody knew is added."""
        if stream_index not in self.all_stream_fps:
            self.all_stream_fps[stream_index] = GETFPS(stream_index.removeprefix("stream"))
        self.all_stream_fps[stream_index].update_fps()
