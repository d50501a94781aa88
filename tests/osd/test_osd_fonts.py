"""Which font a character comes from."""

import os
import subprocess
import sys

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from penstock.osd.typesetting import Typesetter

SCRIPT = """
import sys
import numpy as np
from penstock.osd.typesetting import Typesetter

setter = Typesetter(family="Serif", points=24)
np.savez(sys.argv[1], *[setter.mask(text) for text in sys.argv[2:]])
"""


def square_font(path, characters, *, left=100, colors=None):
    """A font in which each of the characters is a filled square, of a colour of its own if any."""
    pen = TTGlyphPen(None)
    pen.moveTo((left, 0))
    for corner in ((left, 800), (left + 800, 800), (left + 800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    names = {ord(c): f"u{ord(c):04X}" for c in characters}
    glyphs = [".notdef", "square", *names.values()]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys(glyphs, square))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, left)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    if colors:
        builder.setupCOLR({names[ord(c)]: [("square", n)] for n, c in enumerate(colors)})
        builder.setupCPAL([[*colors.values()]])
    builder.save(path)


def masks(folder, *texts):
    """The texts, set where DejaVu and the fonts in `folder` are installed; and what is logged."""
    command = ["fc-match", "-f", "%{file}", "DejaVu Serif"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    config = folder / "fonts.conf"
    config.write_text(
        f"<fontconfig><dir>{os.path.dirname(found)}</dir><dir>{folder}</dir><cachedir>{folder}/c</cachedir>"
        "</fontconfig>"
    )
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, folder / "masks.npz", *texts],
        capture_output=True, text=True, check=True,
        env={**os.environ, "FONTCONFIG_FILE": str(config), "PYTHONUTF8": "1"},
    )  # fmt: skip
    with np.load(folder / "masks.npz") as found:
        return [*found.values()], run.stderr


def test_a_character_that_the_font_lacks_comes_from_one_that_has_it(tmp_path):
    square_font(tmp_path / "squares.ttf", "中文")
    (mixed, latin), log = masks(tmp_path, "A中", "A")
    assert log == ""
    both, one = (np.nonzero((mask > 128).any(axis=0))[0] for mask in (mixed, latin))
    right = mixed[:, one[-1] + 3 : both[-1] + 1]
    rows, columns = (np.nonzero((right > 200).any(axis=axis))[0] for axis in (1, 0))
    inside = right[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert inside.shape == pytest.approx((25.6, 25.6), abs=2)  # 0.8 of 32 pixels
    assert (inside > 100).mean() > 0.95


def test_a_character_that_no_font_has_is_a_box_and_is_warned_about_once(tmp_path):
    (first, second), log = masks(tmp_path, "中", "文")
    for box in (first, second):
        assert box.any()
        assert (box > 128).mean() < 0.5
    assert log.count("\n") == 1
    assert log.startswith("no installed font has all characters of '中': boxes stand for them")
    assert "fonts-noto-cjk" in log


def test_ink_to_the_left_of_its_letter_is_not_cut_off(tmp_path):
    square_font(tmp_path / "squares.ttf", "中", left=-400)
    (mask,), _ = masks(tmp_path, "中")
    assert (mask > 100).any(axis=0).sum() == pytest.approx(25.6, abs=2)
    assert not mask[:, [0, -1]].any()


def test_a_coloured_pictogram_comes_in_shades_and_black_is_not_invisible(tmp_path):
    colors = {"🚗": (1.0, 1.0, 1.0, 1.0), "🚕": (1.0, 1.0, 0.0, 1.0), "🚌": (0.0, 0.0, 0.0, 1.0)}
    square_font(tmp_path / "squares.ttf", colors, colors=colors)
    pictograms, log = masks(tmp_path, *colors)
    assert log == ""
    assert [picture.max() for picture in pictograms] == pytest.approx([255, 233, 64], abs=3)


def test_letters_that_join_are_joined():
    setter = Typesetter(family="Sans", points=40)
    word = setter.mask("سلم")
    ink = (word > 128).any(axis=0)
    assert ink[np.argmax(ink) : -np.argmax(ink[::-1])].all()  # one stroke from end to end


def test_a_style_may_follow_the_fonts_name():
    setter = Typesetter(family="Sans", points=20)
    ink = [setter.mask("Person", name).mean() for name in ("Sans", "Sans Bold")]
    assert ink[1] > 1.15 * ink[0]
    assert setter.mask("Person", "Serif Italic").shape != setter.mask("Person", "Sans Bold").shape
