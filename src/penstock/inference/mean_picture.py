"""The picture that a network's authors subtract from every input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.config import InferConfig, PreprocessConfig
from penstock.errors import ConfigError


def read_mean(
    config: InferConfig | PreprocessConfig, *, size: tuple[int, int], group: str = "property"
) -> NDArray[np.float32] | None:
    """The `mean-file`, if the configuration names one.

    Args:
        config: Names the file and the channel order.
        size: `(width, height)` of the network's input, pixels.
        group: Where the file names it, for messages.

    Returns:
        `(h, w, C)` float32, 0 to 255, channels in the configuration's order.

    Raises:
        ConfigError: The file is no picture, or has another size than the network's input.
    """
    if config.mean_file is None:
        return None
    import cv2

    where = config.where("mean-file", group=group)
    gray = config.color == "GRAY"
    picture = cv2.imread(str(config.mean_file), cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR)
    if picture is None:
        raise ConfigError(f"{where}: {config.mean_file} is not a picture; a PPM was expected")
    height, width = picture.shape[:2]
    if (width, height) != size:
        raise ConfigError(
            f"{where}: {config.mean_file} has {width}x{height} pixels; "
            f"the network's input has {size[0]}x{size[1]}"
        )
    if config.color == "RGB":
        picture = picture[..., ::-1]
    return np.ascontiguousarray(picture.reshape(height, width, -1), np.float32)
