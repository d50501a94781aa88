"""The configuration of an nvdewarper element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import pi, radians
from pathlib import Path

from penstock.config.dewarper_keys import MAX_SURFACES, PROJECTIONS, PROPERTY_KEYS, SURFACE_KEYS
from penstock.config.keyfile import KeyFile
from penstock.config.keys import read_group, take_size, unknown_keys
from penstock.config.value import printable
from penstock.errors import ConfigError
from penstock.geometry import Lens, View, focal_of_field, focal_of_view, turned

_PROPERTY = "property"
_SURFACE_GROUP = re.compile(r"surface[0-9]{1,9}")
_ROUND = ("fisheye", "equirectangular", "vertical cylinder")


@dataclass(frozen=True)
class DewarperSurface:
    """One picture that is made of every frame.

    Attributes:
        projection: `projection-type`; see `PROJECTIONS` in `dewarper_keys`.
        index: Its number in the metadata.
        size: `(width, height)`, pixels; 0: as the camera's picture.
        top_deg: Angle above the horizon that the first row shows; both 0: not said.
        bottom_deg: The same of the last row.
        pitch_deg: How far it looks up.
        yaw_deg: How far it looks right.
        roll_deg: How far it is turned clockwise.
        axes: The order of turning.
        matrix: The rotation, nine numbers row by row, instead of the angles.
        focal_px: `(horizontal, vertical)` focal length of the camera, pixels a radian.
        field_deg: What the camera's picture shows from top to bottom; 0: not said.
        centre_x_px: Column of the camera's axis; `None`: the middle.
        centre_y_px: Its row.
        distortion: Coefficients of the camera's lens.
        made_focal_px: Focal length of what is made.
        made_centre_px: Its point that looks straight ahead.
        control: Of pushbroom, panini and stereographic pictures.
        border: What lies outside the camera's picture: 0 its edge, 1 black.
    """

    projection: int
    index: int = 0
    size: tuple[int, int] = (0, 0)
    top_deg: float = 0.0
    bottom_deg: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    axes: str = "YXZ"
    matrix: tuple[float, ...] | None = None
    focal_px: tuple[float, float] | None = None
    field_deg: float = 0.0
    centre_x_px: float | None = None
    centre_y_px: float | None = None
    distortion: tuple[float, ...] = ()
    made_focal_px: tuple[float, float] | None = None
    made_centre_px: tuple[float, float] | None = None
    control: float = 0.6
    border: int = 0

    def size_for(self, source: tuple[int, int]) -> tuple[int, int]:
        """`(width, height)` of what is made of pictures of `source`, pixels."""
        return (self.size[0] or source[0], self.size[1] or source[1])

    def view(self, source: tuple[int, int]) -> View:
        """The projection for pictures of `source`, `(width, height)`, pixels."""
        camera = self._camera(source)
        if self.matrix is None:
            rotation = turned(
                self.axes,
                pitch_rad=radians(self.pitch_deg),
                yaw_rad=radians(self.yaw_deg),
                roll_rad=radians(self.roll_deg),
            )
        else:  # DeepStream multiplies it from the right
            rows = self.matrix[:3], self.matrix[3:6], self.matrix[6:]
            rotation = tuple((rows[0][n], rows[1][n], rows[2][n]) for n in range(3))
        return View(camera, self._made(camera, source), rotation)

    def _camera(self, source: tuple[int, int]) -> Lens:
        model, middle = PROJECTIONS[self.projection][0], _middle(source)
        x = middle[0] if self.centre_x_px is None else self.centre_x_px
        y = middle[1] if self.centre_y_px is None else self.centre_y_px
        focal = self.focal_px
        if focal is None and self.field_deg:
            rows = source[1] if self.field_deg == 180 else source[1] - 1
            length = focal_of_field(model, radians(self.field_deg / 2), rows / 2, self.distortion)
            focal = (length, length)
        if focal is None:  # an equirectangular picture: all around
            focal = (source[0] / (2 * pi), source[0] / (2 * pi))
        return Lens(model, focal, (x, y), self.distortion)

    def _made(self, camera: Lens, source: tuple[int, int]) -> Lens:
        model, size = PROJECTIONS[self.projection][1], self.size_for(source)
        middle, focal = _middle(size), camera.focal_px
        if self.top_deg or self.bottom_deg:
            length, horizon = focal_of_view(
                model,
                radians(self.top_deg),
                radians(self.bottom_deg),
                size[1],
                control=self.control,
            )
            focal, centre = (length, length), (middle[0], horizon)
        else:
            off = (c - m for c, m in zip(camera.centre_px, _middle(source), strict=True))
            x, y = (m + o for m, o in zip(middle, off, strict=True))
            centre = (x, y)
        centre = self.made_centre_px or centre
        return Lens(model, self.made_focal_px or focal, centre, control=self.control)


@dataclass(frozen=True)
class DewarperConfig:
    """What one nvdewarper element is told by its file.

    Attributes:
        file: The file, as it was named by whoever opened it.
        output_size: `(width, height)` that all pictures are scaled to; 0: as surface 0.
        num_surfaces: How many of the surfaces are made.
        surfaces: In the file's order.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    file: Path = field(compare=False)
    output_size: tuple[int, int] = (0, 0)
    num_surfaces: int = MAX_SURFACES
    surfaces: tuple[DewarperSurface, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> DewarperConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="config-file")
        names = [group for group in key_file.groups if _SURFACE_GROUP.fullmatch(group)]
        if not 1 <= len(names) <= MAX_SURFACES:
            raise ConfigError(
                f"{key_file.file}: wanted one to {MAX_SURFACES} groups [surface0], [surface1], …, "
                f"got {len(names)}"
            )
        values = key_file.groups.get(_PROPERTY, {}).values()
        settings = read_group(values, PROPERTY_KEYS)
        warnings = [*key_file.warnings, *_unknown_groups(key_file, {_PROPERTY, *names})]
        warnings += unknown_keys(
            values, PROPERTY_KEYS, elsewhere=dict.fromkeys(SURFACE_KEYS, "surface0")
        )
        for name in names:
            warnings += unknown_keys(
                key_file.groups[name].values(),
                SURFACE_KEYS,
                elsewhere=dict.fromkeys(PROPERTY_KEYS, _PROPERTY),
            )
        surfaces = {name: _surface(key_file, name) for name in names}
        return cls(
            key_file.file,
            take_size(settings, "output"),
            **settings,
            surfaces=tuple(surfaces.values()),
            warnings=(*warnings, *_alike(key_file, surfaces)),
        )


def _alike(key_file: KeyFile, surfaces: Mapping[str, DewarperSurface]) -> Iterator[str]:
    """Surfaces that look alike in the metadata: trackers and counters would mix them up."""
    before: dict[tuple[int, int], str] = {}
    for name, surface in surfaces.items():
        other = before.setdefault((surface.projection, surface.index), name)
        if other != name:
            yield (
                f"{key_file.file}, line {key_file.group_lines[name]}, [{name}]: projection-type "
                f"and surface-index are those of [{other}]: their objects cannot be told apart"
            )


def _surface(key_file: KeyFile, name: str) -> DewarperSurface:
    settings = read_group(key_file.groups[name].values(), SURFACE_KEYS)
    where = f"{key_file.file}, line {key_file.group_lines[name]}, [{name}]"
    if "projection" not in settings:
        raise ConfigError(f"{where}: wanted projection-type, which has no default")
    size = (settings.pop("width", 0), settings.pop("height", 0))
    settings.setdefault("index", int(name.removeprefix("surface")))
    surface = DewarperSurface(size=size, **settings)
    camera, made = PROJECTIONS[surface.projection]
    if surface.focal_px is None and not surface.field_deg and camera != "equirectangular":
        raise ConfigError(f"{where}: wanted focal-length or src-fov of the camera's {camera} lens")
    if camera == "perspective" and surface.focal_px is None and surface.field_deg >= 180:
        raise ConfigError(f"{where}: src-fov of a perspective lens is less than 180")
    most = 180 if made in _ROUND else 89.9
    angles = (surface.top_deg, surface.bottom_deg)
    if any(angles) and not most >= angles[0] > angles[1] >= -most:
        raise ConfigError(
            f"{where}: wanted top-angle above bottom-angle, both from -{most} to {most} in a "
            f"{made} picture, got {angles[0]} and {angles[1]}"
        )
    return surface


def _unknown_groups(key_file: KeyFile, known: set[str]) -> list[str]:
    return [
        f"{key_file.file}, line {line}: unknown group [{printable(group)}], ignored"
        for group, line in key_file.group_lines.items()
        if group not in known
    ]


def _middle(size: tuple[int, int]) -> tuple[float, float]:
    return ((size[0] - 1) / 2, (size[1] - 1) / 2)
