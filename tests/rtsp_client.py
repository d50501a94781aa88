"""RTSP clients for tests: a player in a process of its own, and the bare protocol.

with Player(url) as player:
    first, second = player.pictures(2)   # decoded
with Session(url) as session:            # RTP packets in the RTSP connection
    session.play()
    packets = session.packets(10)
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_S = 30


@dataclass(frozen=True)
class Picture:
    """What a player decoded: its size, time, and mean `(red, green, blue)`, 0 to 255."""

    width: int
    height: int
    pts_s: float
    rgb: tuple


class Player:
    """GStreamer's rtspsrc and a decoder.

    Args:
        url: With the password, where it takes one.
        protocols: `"tcp"`, `"udp"`; what both sides like best by default.
        ca: Certificate file by which the server's is checked; by default none is.
        codec: `"h264"` or `"h265"`.
    """

    def __init__(self, url, *, protocols="", ca="", codec="h264"):
        words = [sys.executable, __file__, url, protocols, str(ca), codec]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def pictures(self, count):
        """The next so many."""
        pictures = []
        while len(pictures) < count:
            said = self._read()
            assert "pts_s" in said, said
            pictures.append(Picture(**{**said, "rgb": tuple(said["rgb"])}))
        return pictures

    def ending(self):
        """What it says when it ends: `"end"`, or an error's text."""
        while "ended" not in (said := self._read()):
            pass
        return said["ended"]

    def _read(self):
        watchdog = threading.Timer(PATIENCE_S, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        assert line, "the player said nothing"
        return json.loads(line)

    def stall(self):
        """It reads nothing any more."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        """It goes on after `stall`."""
        self.process.send_signal(signal.SIGCONT)


class Session:
    """One RTSP connection, interleaved; leaves without a word unless it is told to `tear_down`."""

    def __init__(self, url, *, basic=""):
        parts = urlsplit(url)
        self._url, self._number, self._session = url, 0, ""
        encoded = base64.b64encode(basic.encode()).decode()
        self._authorization = f"Authorization: Basic {encoded}\r\n" if basic else ""
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self._file.close()
        self._socket.close()

    def ask(self, method, *, track="", headers=""):
        """Send a request; returns the answer's status and its text."""
        self._number += 1
        session = f"Session: {self._session}\r\n" if self._session else ""
        request = (
            f"{method} {self._url}{track} RTSP/1.0\r\nCSeq: {self._number}\r\n"
            f"{self._authorization}{session}{headers}\r\n"
        )
        self._socket.sendall(request.encode())
        while (first := self._file.read(1)) == b"$":
            self._rest_of_packet()
        head = [first + self._file.readline()]
        while (line := self._file.readline().strip()) != b"":
            head.append(line)
        fields = {k.lower(): v.strip() for k, _, v in (h.decode().partition(":") for h in head)}
        self._session = fields.get("session", self._session).partition(";")[0]
        body = self._file.read(int(fields.get("content-length", 0)))
        return int(head[0].split()[1]), body.decode()

    def play(self):
        """From DESCRIBE to PLAY; returns the description."""
        status, description = self.ask("DESCRIBE", headers="Accept: application/sdp\r\n")
        assert status == 200, status
        transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        assert self.ask("SETUP", track="/stream=0", headers=transport)[0] == 200
        assert self.ask("PLAY")[0] == 200
        return description

    def packets(self, count):
        """The next so many RTP packets: `(marker, timestamp, payload)`."""
        found = []
        while len(found) < count:
            assert self._file.read(1) == b"$"
            channel, data = self._rest_of_packet()
            if channel == 0:
                found.append((data[1] >> 7, int.from_bytes(data[4:8], "big"), data[12:]))
        return found

    def _rest_of_packet(self):
        header = self._file.read(3)
        return header[0], self._file.read(int.from_bytes(header[1:], "big"))

    def tear_down(self):
        """Leave politely."""
        self.ask("TEARDOWN")


def _play(url, protocols, ca, codec):
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import Gio, Gst

    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"rtspsrc name=source latency=0 ! rtp{codec}depay ! {codec}parse "
        f"! avdec_{codec} max-threads=1 "
        "! videoconvert ! video/x-raw,format=RGB ! fakesink name=end sync=false"
    )
    source = pipeline.get_by_name("source")
    source.set_property("location", url)
    if protocols:
        source.set_property("protocols", protocols)
    if ca:
        source.set_property("tls-database", Gio.TlsFileDatabase.new(ca))
    else:
        source.set_property("tls-validation-flags", Gio.TlsCertificateFlags(0))

    def on_buffer(pad, info):
        buffer, caps = info.get_buffer(), pad.get_current_caps().get_structure(0)
        width, height = caps.get_int("width")[1], caps.get_int("height")[1]
        _say(width=width, height=height, pts_s=buffer.pts / 1e9, rgb=_mean(buffer, width, height))
        return Gst.PadProbeReturn.OK

    end = pipeline.get_by_name("end").get_static_pad("sink")
    end.add_probe(Gst.PadProbeType.BUFFER, on_buffer)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    is_end = message.type == Gst.MessageType.EOS
    _say(ended="end" if is_end else message.parse_error()[0].message)
    pipeline.set_state(Gst.State.NULL)


def _mean(buffer, width, height):
    import numpy as np

    rows = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8).reshape(height, -1)
    return rows[:, : width * 3].reshape(-1, 3).mean(0).round(1).tolist()


def _say(**what):
    try:
        print(json.dumps(what), flush=True)
    except BrokenPipeError:
        os._exit(1)  # nobody listens


if __name__ == "__main__":
    _play(*sys.argv[1:])
