"""What can happen to a compressed video on its way: accidents, the same ones for the same seed."""

import random
import re

from footage import gst

_H264 = "x264enc speed-preset=ultrafast key-int-max=3 bframes=1 ! h264parse"
_H265 = "x265enc speed-preset=ultrafast log-level=none key-int-max=3 ! h265parse"
VIDEOS = {
    "h264.es": f"{_H264} ! video/x-h264,stream-format=byte-stream",
    "h265.es": f"{_H265} ! video/x-h265,stream-format=byte-stream",
    "jpeg.es": "jpegenc",
    "h264.mp4": f"{_H264} ! mp4mux",
    "h265.mp4": f"{_H265} ! mp4mux",
    "h264.mkv": f"{_H264} ! matroskamux",
    "h264.ts": f"{_H264} ! mpegtsmux",
    "jpeg.avi": "jpegenc ! avimux",
}
"""`CODEC.CONTAINER`, `es` for none → what makes it of raw pictures."""

_START_CODES = re.compile(rb"(?=\x00\x00\x01)")  # H.264 and H.265
_PICTURES = re.compile(rb"(?=\xff\xd8\xff)")  # JPEG


def make_videos(folder, *, size):
    """Write six frames in each form; returns form → content."""
    width, height = size
    raw = f"video/x-raw,format=I420,width={width},height={height},framerate=25/1"
    for form, encode in VIDEOS.items():
        path = folder / f"{width}-{form}"
        gst(
            f"videotestsrc num-buffers=6 pattern=ball ! {raw} ! {encode} ! filesink location={path}"
        )
    return {form: (folder / f"{width}-{form}").read_bytes() for form in VIDEOS}


def write_damaged(folder, *, seeds):
    """Write a damaged video for every seed, the forms in turn; returns the files."""
    folder.mkdir()
    videos, others = (make_videos(folder.parent, size=size) for size in ((160, 120), (96, 64)))
    paths = []
    for seed in seeds:
        form = list(VIDEOS)[seed % len(VIDEOS)]
        codec, container = form.split(".")
        paths.append(folder / f"{codec}-{seed}.{container}")
        paths[-1].write_bytes(damaged(videos[form], other=others[form], seed=seed))
    return paths


def damaged(data, *, other, seed):
    """`data` after one to three accidents.

    data, other: two videos in the same format, of different sizes.
    """
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 1, 2, 3])):
        accident = chance.choice(ACCIDENTS)
        data = accident(data, other, chance)
    return data


def _place(data, chance):
    """A range of at most a quarter; every fourth one starts in the first bytes, the headers."""
    start = chance.randrange(256 if chance.random() < 0.25 else max(1, len(data)))
    return start, start + chance.randint(1, max(1, len(data) // 4))


def cut(data, _other, chance):
    """The end is missing."""
    return data[: chance.randrange(len(data) + 1)]


def headless(data, _other, chance):
    """The beginning is missing."""
    return data[chance.randrange(len(data) // 2 + 1) :]


def flipped(data, _other, chance):
    """Single bits are wrong."""
    changed = bytearray(data)
    limit = len(data) if chance.random() < 0.7 else min(len(data), 2000)
    for _ in range(chance.choice([1, 3, 10, 100]) if limit else 0):
        changed[chance.randrange(limit)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def zeroed(data, _other, chance):
    """A stretch is lost and filled up."""
    start, end = _place(data, chance)
    return data[:start] + bytes(len(data[start:end])) + data[end:]


def garbled(data, _other, chance):
    """A stretch is noise."""
    start, end = _place(data, chance)
    return data[:start] + chance.randbytes(len(data[start:end])) + data[end:]


def reordered(data, _other, chance):
    """Units come twice, in another order, or not at all."""
    units = _units(data)
    for _ in range(chance.randint(1, 5)):
        at, to = chance.randrange(len(units)), chance.randrange(len(units))
        what = chance.randrange(3)
        if what == 0:
            units.insert(to, units[at])
        elif what == 1:
            units[at], units[to] = units[to], units[at]
        elif len(units) > 1:
            del units[at]
    return b"".join(units)


def spliced(data, other, chance):
    """In the middle another video begins, with another size, and perhaps ends again."""
    units, others = _units(data), _units(other)
    at = chance.randrange(len(units) + 1)
    first = 0 if chance.random() < 0.7 else chance.randrange(len(others))
    length = chance.choice([1, 2, 3, len(others)])
    return b"".join(units[:at] + others[first : first + length] + units[at:])


def stretched(data, _other, chance):
    """Numbers in a header are as large as they can be."""
    start = chance.randrange(min(len(data), 600) or 1)
    return data[:start] + b"\xff" * chance.choice([1, 2, 4]) + data[start + 4 :]


def _units(data):
    """NAL units, pictures or, where there is neither, blocks."""
    for mark in (_START_CODES, _PICTURES):
        units = [unit for unit in mark.split(data) if unit]
        if len(units) > 3:
            return units
    return [data[start : start + 512] for start in range(0, len(data), 512)] or [b""]


ACCIDENTS = [cut, headless, flipped, zeroed, garbled, reordered, spliced, stretched]
