"""RTSP cameras for tests: real servers in processes of their own, on loopback.

    with RtspServer() as server:             # one H.264 camera, 160x120, 15 frames a second
        play(f"nvurisrcbin uri={server.url} ! fakesink")
        server.kill()                        # as if its plug were pulled; start() brings it back
        server.stall(); server.resume()      # it says nothing, and goes on
        server.resize(320, 240)              # in mid-stream

`silent_port` and `babbling_port` are cameras that never answer, or answer with garbage;
`closed_port` is one that is not there.
"""

import contextlib
import itertools
import json
import random
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass

START_S = 60
_ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={key} threads=1 "
    "! video/x-h264,profile=baseline ! rtph264pay config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={key} "
    "option-string=pools=none:frame-threads=1 log-level=none ! h265parse "
    "! rtph265pay config-interval=-1",
    "mjpeg": "jpegenc ! rtpjpegpay",
}
_AUDIO = (
    "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1"
)


@dataclass(frozen=True)
class Camera:
    """What a server gives, the same on each of its paths.

    Attributes:
        codec: `"h264"`, `"h265"` or `"mjpeg"`.
        width: Pixels.
        height: Pixels.
        fps: Frames a second.
        key: Frames from one key frame to the next.
        audio: Whether it has sound too.
        user: Wanted with `password`; anybody may watch where empty.
        password: See `user`.
        paths: `/cam0`, `/cam1` ...
        transport: What the server offers: `"tcp"`, `"udp"` or `"tcp+udp"`.
        loses: One of so many packets is lost; 0: none.
    """

    codec: str = "h264"
    width: int = 160
    height: int = 120
    fps: int = 15
    key: int = 15
    audio: bool = False
    user: str = ""
    password: str = ""
    paths: int = 1
    transport: str = "tcp+udp"
    loses: int = 0


class RtspServer:
    """A server process; starts with the `with` block and ends with it.

    Args:
        camera: What it gives; by keyword, as the fields of `Camera`.
    """

    def __init__(self, **camera):
        self.camera = Camera(**camera)
        self.port = closed_port()
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_what):
        self.kill()

    @property
    def is_running(self):
        return self._process is not None

    @property
    def url(self):
        return self.url_of(0)

    def url_of(self, number, *, credentials=""):
        """The URL of one of its paths; `credentials` as `"user:password"`."""
        at = f"{credentials}@" if credentials else ""
        return f"rtsp://{at}127.0.0.1:{self.port}/cam{number}"

    def start(self, **changes):
        """Start, or start again on the same port, with other fields of `Camera` where given."""
        assert self._process is None, "it runs"
        self.camera = Camera(**{**asdict(self.camera), **changes})
        words = [sys.executable, __file__, str(self.port), json.dumps(asdict(self.camera))]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        watchdog = threading.Timer(START_S, self._process.kill)
        watchdog.start()
        said = self._process.stdout.readline()
        watchdog.cancel()
        assert said == "ready\n", f"the RTSP server did not start: {said!r}"
        return self

    def kill(self):
        """End it without a word to its clients."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def stall(self):
        """It neither sends nor answers any more; its connections stay."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        """It goes on after `stall`."""
        self._process.send_signal(signal.SIGCONT)

    def resize(self, width, height):
        """Other pictures from now on, on the connections that are."""
        self._tell("resize", width, height)

    def end(self):
        """The pictures end properly: clients get BYE, and EOS."""
        self._tell("end")

    def blind(self):
        """No more pictures; its sound goes on, and so do its connections."""
        self._tell("blind")

    def _tell(self, *words):
        print(*words, file=self._process.stdin, flush=True)


def closed_port():
    """A port of loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def silent_port():
    """A port that takes connections and never answers."""
    with _answering(lambda _client: None) as port:
        yield port


@contextlib.contextmanager
def babbling_port():
    """A port that answers every connection with garbage."""
    noise = random.Random(5).randbytes(20_000)
    with _answering(lambda client: client.sendall(noise)) as port:
        yield port


@contextlib.contextmanager
def _answering(answer):
    clients = []

    def serve():
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = server.accept()
                clients.append(client)
                answer(client)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for client in clients:
        client.close()


def _launch_line(camera):
    encoder = _ENCODERS[camera.codec].format(key=camera.key)
    caps = f"video/x-raw,format=I420,width={camera.width},height={camera.height}"
    video = (
        "videotestsrc name=pictures is-live=true pattern=ball "
        f"! capsfilter name=size caps={caps},framerate={camera.fps}/1 ! {encoder} name=pay0"
    )
    return f"( {video} {_AUDIO if camera.audio else ''} )"


def _lose(media, every):
    """Drop every so many packets on their way out."""
    from gi.repository import Gst

    numbers = itertools.count(1)

    def drop(_pad, _info):
        kinds = Gst.PadProbeReturn
        return kinds.DROP if next(numbers) % every == 0 else kinds.OK

    pad = media.get_element().get_by_name("pay0").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, drop)


def _serve(port, camera):
    import gi  # a server has nothing of Penstock's

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

    Gst.init(None)
    server, medias = GstRtspServer.RTSPServer(), []
    server.props.address, server.props.service = "127.0.0.1", str(port)
    trans = GstRtsp.RTSPLowerTrans
    offered = {"tcp": trans.TCP, "udp": trans.UDP, "tcp+udp": trans.TCP | trans.UDP}
    for number in range(camera.paths):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(_launch_line(camera))
        factory.set_shared(True)
        factory.set_protocols(offered[camera.transport])
        factory.connect("media-configure", lambda _factory, media: medias.append(media))
        if camera.loses:
            factory.connect("media-configure", lambda _factory, media: _lose(media, camera.loses))
        if camera.user:
            _lock(factory, GstRtspServer)
        server.get_mount_points().add_factory(f"/cam{number}", factory)
    if camera.user:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(camera.user, camera.password, token)
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        server.set_auth(auth)
    assert server.attach(None), f"port {port} is taken"

    def obey():
        for line in sys.stdin:
            name, *numbers = line.split()
            for media in medias:
                _change(media.get_element(), name, [int(number) for number in numbers], Gst)
        loop.quit()

    loop = GLib.MainLoop()
    threading.Thread(target=obey, daemon=True).start()
    print("ready", flush=True)
    loop.run()


def _lock(factory, rtsp_server):
    permissions = rtsp_server.RTSPPermissions()
    for right in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", right, True)
    factory.set_permissions(permissions)


def _change(element, name, numbers, gst):
    if name == "resize":
        caps = element.get_by_name("size").get_property("caps").copy()
        for field, number in zip(("width", "height"), numbers, strict=True):
            caps.set_value(field, number)
        element.get_by_name("size").set_property("caps", caps)
    elif name == "blind":
        kinds = gst.PadProbeType.BUFFER | gst.PadProbeType.BUFFER_LIST
        sent = element.get_by_name("pay0").get_static_pad("src")
        sent.add_probe(kinds, lambda *_: gst.PadProbeReturn.DROP)
    else:
        element.get_by_name("pictures").send_event(gst.Event.new_eos())


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Camera(**json.loads(sys.argv[2])))
