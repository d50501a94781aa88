"""Sources of one colour each, so that a picture says where it came from."""

import numpy as np

COLOURS = {
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "black": (0, 0, 0),
}
FOREGROUND = {"white": 0xFFFFFFFF, "yellow": 0xFFFFFF00}


def source(number, *, size=(160, 120), frames=4, rate="25/1", colour=None, extra="", then=""):
    """A source of one colour into `mux.sink_<number>`, as text for `Gst.parse_launch`."""
    colour = colour or list(COLOURS)[number % len(COLOURS)]
    pattern = f"pattern={colour}"
    if colour in FOREGROUND:
        pattern = f"pattern=solid-color foreground-color={FOREGROUND[colour]}"
    return (
        f"videotestsrc name=source{number} num-buffers={frames} {pattern} "
        f"! video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={rate}{extra} "
        f"! nvvideoconvert {then} ! mux.sink_{number} "
    )


def is_colour(picture, x, y, colour):
    return np.abs(picture[y, x].astype(int) - colour).max() < 12


def colour_at(picture, x, y):
    """The colour's name, or its samples where it has none."""
    fits = [name for name, colour in COLOURS.items() if is_colour(picture, x, y, colour)]
    return fits[0] if fits else str(picture[y, x])
