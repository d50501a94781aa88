"""What smart recording keeps for the time before a start."""

from pathlib import Path

from penstock.gst import Gst, Recorder, RecordSettings

CACHE_S, RATE = 2, 25


def test_a_camera_that_counts_its_time_anew_is_not_kept_for_ever():
    recorder = Recorder(RecordSettings(Path(), "", 0, CACHE_S, 1), on_done=print, on_trouble=print)
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    recorder.watch(pad)
    pad.set_active(True)
    for begin_s in (3600, 0):
        for number in range(10 * RATE):
            frame = Gst.Buffer.new()
            frame.pts = begin_s * Gst.SECOND + number * Gst.SECOND // RATE
            pad.push(frame)
        assert len(recorder._cache) == CACHE_S * RATE + 1
