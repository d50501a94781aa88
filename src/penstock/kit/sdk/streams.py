"""`samples/streams`: the SDK's videos and pictures, by what the kit has instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

from penstock.kit.sdk import scenes
from penstock.kit.sdk.encoding import encode, take_out
from penstock.kit.sdk.scenes import Picture
from penstock.kit.sdk.stand_in import Maker, StandIn, Workshop, same_as

__all__ = ["STREAMS"]

Scene = Callable[[Workshop, tuple[int, int], int], Iterator[Picture]]

_FOLDER = "samples/streams/"
_HD, _FULL_HD, _QHD, _OLD = (1280, 720), (1920, 1080), (960, 540), (1024, 768)
_LONG, _SHORT = 300, 100
_STREET = "vtest's upper part: people walk, two vehicles are parked, a road sign"
_LENS = "crowd, bent as by a fisheye lens; it was filmed through none"
_NO_SPORT = "vtest's upper part: people walk; nobody does what the name says"
_BUS = "bus: a camera that moves over the still picture of people and a bus"


def _street(workshop: Workshop, size: tuple[int, int], most: int) -> Iterator[Picture]:
    return scenes.frames_of(workshop.asset("vtest"), size, most=most)


def _lens(workshop: Workshop, size: tuple[int, int], most: int) -> Iterator[Picture]:
    crowd = scenes.frames_of(workshop.asset("crowd"), size, most=most, top=0.5)
    return scenes.through_fisheye(crowd)


def _bus(workshop: Workshop, size: tuple[int, int], most: int) -> Iterator[Picture]:
    return scenes.panned(workshop.asset("bus"), size, most=most)


def _surface(_workshop: Workshop, size: tuple[int, int], _most: int) -> Iterator[Picture]:
    return iter([scenes.defect(size)])


def _film(
    name: str, what: str, scene: Scene, size: tuple[int, int], form: str, most: int = _LONG
) -> StandIn:
    def make(workshop: Workshop, output: Path) -> None:
        encode(scene(workshop, size, most), output, form=form)

    width, height = size
    return StandIn(f"{_FOLDER}{name}", f"{what} ({width}x{height}, {most} frames)", make)


def _elementary(name: str, film: str) -> StandIn:
    def make(workshop: Workshop, output: Path) -> None:
        take_out(workshop.made(f"{_FOLDER}{film}"), output)

    path = f"{_FOLDER}{film}"
    return StandIn(f"{_FOLDER}{name}", f"the H.264 of {path}", make, of=path)


def _same(name: str, other: str) -> StandIn:
    return same_as(f"{_FOLDER}{other}", path=f"{_FOLDER}{name}")


def _picture(name: str, what: str, scene: Scene, size: tuple[int, int]) -> StandIn:
    return StandIn(f"{_FOLDER}{name}", f"{what} ({size[0]}x{size[1]})", _jpeg(scene, size))


def _jpeg(scene: Scene, size: tuple[int, int]) -> Maker:
    def make(workshop: Workshop, output: Path) -> None:
        cv2.imwrite(str(output), next(scene(workshop, size, 1)))

    return make


STREAMS: tuple[StandIn, ...] = (
    _film("sample_720p.mp4", _STREET, _street, _HD, "h264.mp4"),
    _elementary("sample_720p.h264", "sample_720p.mp4"),
    _film("sample_1080p_h264.mp4", _STREET, _street, _FULL_HD, "h264.mp4"),
    _film("sample_1080p_h265.mp4", _STREET, _street, _FULL_HD, "h265.mp4", _SHORT),
    _film("sample_qHD.mp4", _STREET, _street, _QHD, "h264.mp4"),
    _elementary("sample_qHD.h264", "sample_qHD.mp4"),
    _film("sample_720p.mjpeg", _STREET, _street, _HD, "mjpeg", _SHORT),
    _film("sample_720p_mjpeg.mp4", _STREET, _street, _HD, "mjpeg.mp4", _SHORT),
    _picture("sample_720p.jpg", _STREET, _street, _HD),
    _picture("sample_industrial.jpg", "a drawn grey surface with a scratch", _surface, (512, 512)),
    _film("sample_cam5.mp4", _LENS, _lens, _OLD, "h264.mp4", _SHORT),
    _same("sample_cam6.mp4", "sample_cam5.mp4"),
    _same("fisheye_dist.mp4", "sample_cam5.mp4"),
    _film("sample_walk.mov", _NO_SPORT, _street, _QHD, "h264.mov", _SHORT),
    _same("sample_run.mov", "sample_walk.mov"),
    _same("sample_push.mov", "sample_walk.mov"),
    _same("sample_ride_bike.mov", "sample_walk.mov"),
    _film("yoga.mp4", _BUS, _bus, _HD, "h264.mp4", _SHORT),
    _picture("yoga.jpg", _BUS, _bus, _HD),
)
"""Every stream. The videos are said to have 30 frames a second, whatever they were filmed at."""
