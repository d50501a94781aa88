# ruff: noqa: N815 - the names are DeepStream's
"""JPEG pictures of objects and frames, as C structs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.meta import EncodedImage
from pyds.constants import FILE_NAME_SIZE
from pyds.fields import Bool, CharArray, Whole
from pyds.records import EncodeArgs
from pyds.views import View


class NvDsObjEncUsrArgs(View, of=EncodeArgs):
    """What to encode, and where it goes."""

    __slots__ = ()

    saveImg = Bool("save", "Write it to a file.")
    attachUsrMeta = Bool("attach", "Attach it to the object or frame.")
    scaleImg = Bool("scale", "Scale it to the two sizes below.")
    scaledWidth = Whole("width", "Width of the picture, pixels.")
    scaledHeight = Whole("height", "Height of the picture, pixels.")
    fileNameImg = CharArray("file_name", 'Name of the file; "" makes one up.', size=FILE_NAME_SIZE)
    objNum = Whole("object_number", "Number for the made-up name.")
    quality = Whole("quality", "JPEG quality, 1 to 100; 0 for the default.")
    isFrame = Bool("is_frame", "The whole frame instead of an object.")
    calcEncodeTime = Bool("measure", "Print how long it took.")


class NvDsObjEncOutParams(View, of=EncodedImage):
    """An encoded picture."""

    __slots__ = ()

    def outBuffer(self) -> NDArray[np.uint8]:  # noqa: N802 - DeepStream's name
        """The bytes of the JPEG file, `(n,)` uint8."""
        data: NDArray[np.uint8] = self._core.data
        return data
