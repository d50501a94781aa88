"""A real server, real clients, on loopback."""

import gc
import os
import subprocess
import threading
import weakref
from contextlib import contextmanager
from itertools import pairwise

import pytest

from penstock.errors import ConfigError
from penstock.pipeline.rtsp_address import RtspAddress
from penstock.pipeline.rtsp_certificate import read_certificate
from penstock.pipeline.rtsp_server import RtspServer
from rtsp_client import PATIENCE_S, Player, Session
from streams import Gst

ENCODE = (
    "nvvideoconvert ! nvv4l2h264enc name=encoder iframeinterval=10000 idrinterval=10000 "
    "insert-sps-pps=true bitrate={bitrate} "
    "! video/x-h264,stream-format=byte-stream,alignment=au "
    "! fakesink name=out sync=false async=false"
)
VALVE = "valve name=valve drop=true drop-mode=forward-sticky-events"
RED = "videotestsrc is-live=true pattern=red"


class Counter:
    """Counts the buffers on a pad, for who waits for more."""

    def __init__(self, pad):
        self._changed = threading.Condition()
        self.count = 0
        pad.add_probe(Gst.PadProbeType.BUFFER, self._on_buffer)

    def _on_buffer(self, _pad, _info):
        with self._changed:
            self.count += 1
            self._changed.notify_all()
        return Gst.PadProbeReturn.OK

    def wait(self, more):
        with self._changed:
            target = self.count + more
            assert self._changed.wait_for(lambda: self.count >= target, PATIENCE_S), "it stopped"


class Served:
    """A playing pipeline and its server."""

    def __init__(self, pipeline, server, stream):
        self.pipeline, self.server, self.stream = pipeline, server, stream
        self.taken, self.encoded = (
            Counter(pipeline.get_by_name(name).get_static_pad(pad))
            for name, pad in (("valve", "sink"), ("encoder", "src"))
        )

    @property
    def url(self):
        return str(self.server.address)

    def url_for(self, user):
        return self.url.replace("://", f"://{user}@")


@contextmanager
def served(
    address="rtsp://127.0.0.1:0/ds",
    *,
    source=RED,
    size=(160, 120),
    bitrate=1_000_000,
    certificate=None,
    clock=None,
):
    pipeline = Gst.parse_launch(
        f"{source} ! video/x-raw,width={size[0]},height={size[1]},framerate=25/1 "
        f"! {VALVE} ! {ENCODE.format(bitrate=bitrate)}"
    )
    if clock is not None:
        pipeline.use_clock(clock)
    with RtspServer(RtspAddress.parse(address), certificate=certificate) as server:
        stream = server.publish(pipeline.get_by_name("out"), valve=pipeline.get_by_name("valve"))
        it = Served(pipeline, server, stream)
        pipeline.set_state(Gst.State.PLAYING)
        try:
            yield it
        finally:
            pipeline.set_state(Gst.State.NULL)


def is_red(picture):
    red, green, blue = picture.rgb
    return red > 200 and max(green, blue) < 60


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    file, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    return file, key


def test_two_clients_at_once_get_the_pictures_of_one_encoder():
    with (
        served() as it,
        Player(it.url, protocols="tcp") as one,
        Player(it.url, protocols="udp") as two,
    ):
        for player in (one, two):
            pictures = player.pictures(40)[20:]  # whoever joins between key frames starts in gray
            assert all((p.width, p.height) == (160, 120) and is_red(p) for p in pictures)
            steps = [b.pts_s - a.pts_s for a, b in pairwise(pictures)]
            assert 0.03 < sum(steps) / len(steps) < 0.05
        before = it.encoded.count
        it.taken.wait(10)
        assert it.encoded.count - before < 15  # not one for each client


def test_nothing_is_encoded_while_nobody_watches():
    with served() as it:
        it.taken.wait(5)
        assert it.encoded.count == 0
        with Session(it.url) as session:
            session.play()
            session.packets(10)
            session.tear_down()
        it.taken.wait(10)  # what was on its way
        before = it.encoded.count
        it.taken.wait(10)
        assert it.encoded.count == before > 0


def test_who_joins_late_gets_a_key_frame_at_once():
    with served() as it, Session(it.url) as first:
        first.play()
        first.packets(30)
        for _ in range(2):  # the second while the first's key frame has just been
            with Session(it.url) as late:
                late.play()
                kinds = [payload[0] & 0x1F for _, _, payload in late.packets(60)]
                assert 7 in kinds or 24 in kinds, kinds  # headers, alone or in an aggregate


def test_the_time_stamps_are_the_pictures_not_those_of_their_arrival():
    with served() as it, Session(it.url) as session:
        session.play()
        packets = session.packets(40)
    stamps = sorted({stamp for _, stamp, _ in packets})
    steps = {b - a for a, b in pairwise(stamps)}
    assert steps <= {3599, 3600, 3601}, steps  # of 90,000 a second


def test_a_pipeline_may_have_a_clock_of_its_own():
    with served(clock=Gst.SystemClock(clock_type=Gst.ClockType.REALTIME)) as it:
        with Session(it.url) as session:
            session.play()
            stamps = sorted({stamp for _, stamp, _ in session.packets(40)})
        mean = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
        assert mean == pytest.approx(3600, rel=0.1)


def test_a_client_that_pauses_goes_on_where_the_others_are():
    with served() as it, Session(it.url) as session:
        session.play()
        before = session.packets(10)[-1][1]
        assert session.ask("PAUSE")[0] == 200
        it.taken.wait(50)
        assert session.ask("PLAY")[0] == 200
        _, after, _ = session.packets(100)[-1]  # the first few had been waiting
        assert after - before > 50 * 3600


def test_a_client_that_stops_reading_slows_nobody():
    noise = "videotestsrc is-live=true pattern=snow"
    with (
        served(source=noise, size=(640, 360), bitrate=40_000_000) as it,
        Player(it.url, protocols="tcp") as stalled,
        Player(it.url, protocols="tcp") as other,
    ):
        for player in (stalled, other):
            player.pictures(5)
        stalled.stall()
        start = it.taken.count
        other.pictures(120)  # 20 MB are more than sockets hold
        assert it.taken.count - start < 170
        stalled.resume()
        stalled.pictures(30)


@pytest.mark.parametrize("protocols", ["tcp", "udp"])
def test_the_clients_are_told_that_it_ends(protocols):
    with served() as it, Player(it.url, protocols=protocols) as player:
        player.pictures(3)
        it.server.__exit__(None, None, None)
        assert not it.stream.watched
        assert player.ending() == "end"


def test_a_password_is_wanted_and_the_wrong_one_refused():
    with served("rtsp://eve:s3cret@127.0.0.1:0/ds") as it:
        for words, status in (("", 401), ("eve:wrong", 401), ("bob:s3cret", 401)):
            with Session(it.url, basic=words) as session:
                assert session.ask("DESCRIBE")[0] == status
        with Session(it.url, basic="eve:s3cret") as session:
            session.play()
            assert session.packets(3)
        with Player(it.url_for("eve:wrong")) as player:
            assert "Unauthorized" in player.ending()
        with Player(it.url_for("eve:s3cret")) as player:
            assert is_red(player.pictures(1)[0])
        assert "s3cret" not in f"{it.server.address} {it.server.address!r}"


def test_a_certificate_that_is_given_is_the_one_that_clients_see(certificate):
    file, key = certificate
    given = read_certificate(file, key=key)
    with served("rtsps://127.0.0.1:0/ds", certificate=given) as it:
        with Player(it.url, ca=file) as player:
            assert is_red(player.pictures(1)[0])
        with (
            Player(it.url, protocols="udp", ca=file) as player,
            pytest.raises(AssertionError, match="ended"),
        ):
            player.pictures(1)  # they go encrypted or not at all


def test_a_certificate_that_was_made_is_not_trusted_by_who_looks(certificate):
    with served("rtsps://ann:pw@127.0.0.1:0/ds") as it:
        with Player(it.url_for("ann:pw"), ca=certificate[0]) as player:
            assert player.ending() != "end"
        with Player(it.url_for("ann:pw")) as player:
            assert is_red(player.pictures(1)[0])
        with Player(it.url_for("ann:no")) as player:
            assert "Unauthorized" in player.ending()


def secure_camera(url, **properties):
    """The third frame's number, or why there is none."""
    pipeline = Gst.parse_launch("nvurisrcbin name=camera ! fakesink")
    camera = pipeline.get_by_name("camera")
    for name, value in {"uri": url, **properties}.items():
        camera.set_property(name.replace("_", "-"), value)
    pipeline.set_state(Gst.State.PLAYING)
    bus, message = pipeline.get_bus(), None
    while message is None and camera.get_property("frames-received") < 3:
        message = bus.timed_pop_filtered(Gst.SECOND // 20, Gst.MessageType.ERROR)
    received = camera.get_property("frames-received")
    pipeline.set_state(Gst.State.NULL)
    return received if message is None else message.parse_error()[0].message


def test_a_secure_camera_is_watched_where_its_certificate_is_trusted(certificate, tmp_path):
    file, key = certificate
    with served("rtsps://127.0.0.1:0/ds", certificate=read_certificate(file, key=key)) as it:
        assert secure_camera(it.url, tls_ca_file=str(file)) >= 3
        assert secure_camera(it.url, tls_check=False) >= 3
        assert (
            "its certificate is refused: nobody whom this system trusts has signed it; name one to "
            "be trusted with tls-ca-file, or do without the check with tls-check=false"
        ) in secure_camera(it.url)
        empty = tmp_path / "empty.pem"
        assert f"wanted a PEM file of certificates, got {empty}" in secure_camera(
            it.url, tls_ca_file=str(empty)
        )


def test_a_certificate_that_does_not_fit_is_refused(certificate, tmp_path):
    file, key = certificate
    empty = tmp_path / "empty.pem"
    empty.write_text("none")
    with pytest.raises(ConfigError, match=f"tls file {tmp_path}/no cannot be read: No such file"):
        read_certificate(tmp_path / "no")
    with pytest.raises(ConfigError, match=f"tls certificate {empty}: .*wanted a certificate"):
        read_certificate(empty)
    with pytest.raises(ConfigError, match=f"{file} with key {empty}: "):
        read_certificate(file, key=empty)
    both = tmp_path / "both.pem"
    both.write_text(file.read_text() + key.read_text())
    read_certificate(both)


def test_a_port_that_is_taken_is_named():
    with served() as it:
        port = it.server.address.port
        with pytest.raises(ConfigError) as caught, served(f"rtsp://u:pw@127.0.0.1:{port}/other"):
            pass
    assert str(caught.value) == (
        f"output rtsp://127.0.0.1:{port}/other: port {port} is taken by another program; "
        "give another, or 0 for any"
    )


def test_a_host_that_is_not_this_machine_is_named():
    with pytest.raises(ConfigError, match=r"cannot be served at 198\.51\.100\.7, port 8554: "):
        RtspServer(RtspAddress.parse("rtsp://198.51.100.7/ds"))


def resources():
    with open("/proc/self/statm") as file:
        resident_mb = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), resident_mb


def test_nothing_of_a_stream_outlives_its_server():
    pipeline = Gst.parse_launch("fakesrc ! fakesink name=out")
    with RtspServer(RtspAddress("127.0.0.1", 0)) as server:
        stream = weakref.ref(server.publish(pipeline.get_by_name("out")))
        assert stream() is not None
    del server
    gc.collect()
    assert stream() is None


def test_fifty_clients_leave_nothing_behind():
    def connect(number):
        with Session(it.url) as session:
            session.play()
            session.packets(3)
            if number % 2:
                session.tear_down()  # the others just go

    with served() as it:
        for number in range(10):
            connect(number)
        before = resources()
        for number in range(50):
            connect(number)
        it.taken.wait(25)
        after = resources()
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 2
    assert after[2] < before[2] + 12
