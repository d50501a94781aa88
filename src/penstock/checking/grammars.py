"""Which grammar a configuration file follows, and what its keys do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from penstock.analytics import grammars as analytics_grammars
from penstock.brokers import BROKERS, LISTENERS
from penstock.config import (
    AnalyticsConfig,
    AppConfig,
    BrokerConfig,
    DewarperConfig,
    InferConfig,
    Key,
    MessagesConfig,
    MetaMuxConfig,
    MuxConfig,
    PreprocessConfig,
    TrackerConfig,
)
from penstock.config.analytics_keys import COMMON_KEYS
from penstock.config.analytics_keys import PROPERTY_KEYS as ANALYTICS_KEYS
from penstock.config.app_keys import GROUPS
from penstock.config.app_reading import kind_of
from penstock.config.class_attributes import CLASS_KEYS, class_of
from penstock.config.dewarper_keys import PROPERTY_KEYS as DEWARPER_KEYS
from penstock.config.dewarper_keys import SURFACE_KEYS
from penstock.config.infer_keys import PROPERTY_KEYS as INFER_KEYS
from penstock.config.messages_keys import GROUP_KEYS as MESSAGE_KEYS
from penstock.config.metamux import PROPERTY_KEYS as METAMUX_KEYS
from penstock.config.mux_keys import PROPERTY_KEYS as MUX_KEYS
from penstock.config.mux_keys import SOURCE_KEYS as MUX_SOURCE_KEYS
from penstock.config.preprocess_keys import GROUP_KEYS as REGION_KEYS
from penstock.config.preprocess_keys import PROPERTY_KEYS as PREPROCESS_KEYS
from penstock.config.preprocess_keys import ROI_PREFIX, USER_KEYS
from penstock.config.tracker_keys import MODULES, WITHOUT_EFFECT
from penstock.errors import MissingExtraError

PROPERTY = "property"
_STREAM = re.compile(r"(.+)-stream-[0-9]+")
_READ = Key("")

Table = Mapping[str, Key]
Tables = Callable[[str], Table | None]


@dataclass(frozen=True)
class Grammar:
    """One kind of file.

    Attributes:
        name: Whose it is, for people.
        table: Group → its keys; `None` for a group that means nothing.
        read: Reads a file as the element does, and raises what it would.
        prefixes: Beginnings of keys that the user completes.
        free: Groups whose keys are the user's own.
        idle: Group → why it has no effect.
    """

    name: str
    table: Tables
    read: Callable[[Path], Any] | None = None
    prefixes: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    idle: Mapping[str, str] | None = None

    def key(self, group: str, name: str) -> Key | None:
        """What is known about a key."""
        table = self.table(group)
        if table is not None and name not in table:
            if group in self.free or name.startswith(self.prefixes or ("\0",)):
                return _READ
            if group in GROUPS or kind_of(group)[0] in GROUPS:
                grammar = GROUPS[kind_of(group)[0]]
                name = grammar.known_as(name)[0]
        return None if table is None else table.get(name)


def _app(group: str) -> Table | None:
    name = kind_of(group)[0]
    return GROUPS[name].keys if name in GROUPS else None


def _infer(group: str) -> Table | None:
    return INFER_KEYS if group == PROPERTY else None if class_of(group) is None else CLASS_KEYS


def _preprocess(group: str) -> Table | None:
    if group == "user-configs":
        return USER_KEYS
    return PREPROCESS_KEYS if group == PROPERTY else REGION_KEYS if group[:6] == "group-" else None


def _dewarper(group: str) -> Table | None:
    return DEWARPER_KEYS if group == PROPERTY else SURFACE_KEYS if "surface" in group else None


def _mux(group: str) -> Table | None:
    if group == PROPERTY:
        return MUX_KEYS
    return MUX_SOURCE_KEYS if group.startswith("source-config-") else None


def _metamux(group: str) -> Table | None:
    if group == PROPERTY:
        return METAMUX_KEYS
    return {} if group == "user-configs" or group[:6] == "group-" else None


def _analytics(group: str) -> Table | None:
    if group == PROPERTY:
        return ANALYTICS_KEYS
    match = _STREAM.fullmatch(group)
    grammar = analytics_grammars().get(match[1]) if match else None
    return None if grammar is None else {**COMMON_KEYS, **grammar.keys}


def _messages(group: str) -> Table | None:
    return MESSAGE_KEYS.get(group.rstrip("0123456789"))


def _tracker(group: str) -> Table | None:
    return MODULES[group][1] if group in MODULES else {} if group in WITHOUT_EFFECT else None


@cache
def _broker_keys() -> Table:
    """What any adapter knows whose libraries are installed."""
    found: dict[str, Key] = {}
    for registry in (BROKERS, LISTENERS):
        for name in registry:
            with suppress(MissingExtraError):
                found |= registry.load(name).KEYS
    return found


def _broker(group: str) -> Table | None:
    return _broker_keys() if group == "message-broker" else None


def _read_analytics(path: Path) -> Any:
    return AnalyticsConfig.read(path, grammars=analytics_grammars())


def _shape_prefixes() -> tuple[str, ...]:
    shapes = (grammar.shapes for grammar in analytics_grammars().values())
    return tuple(shape.prefix for shape in shapes if shape is not None)


APP = Grammar("deepstream-app", _app, AppConfig.read)
TRACKER_GROUP = Grammar("scripts", _app)  # [tracker] alone, which scripts read by themselves
INFER = Grammar("nvinfer", _infer, InferConfig.read)
PREPROCESS = Grammar(
    "nvdspreprocess",
    _preprocess,
    PreprocessConfig.read,
    prefixes=(ROI_PREFIX,),
    free=("user-configs",),
)
DEWARPER = Grammar("nvdewarper", _dewarper, DewarperConfig.read)
MUX = Grammar("nvstreammux", _mux, MuxConfig.read)
METAMUX = Grammar(
    "nvdsmetamux",
    _metamux,
    MetaMuxConfig.read,
    prefixes=("src-ids-model-",),
    free=("user-configs",),
)
MESSAGES = Grammar("nvmsgconv", _messages, MessagesConfig.read)
BROKER = Grammar("nvmsgbroker", _broker, BrokerConfig.read)
TRACKER = Grammar("nvtracker", _tracker, TrackerConfig.read, idle=WITHOUT_EFFECT)


def analytics() -> Grammar:
    """What nvdsanalytics reads; its rules load when it is asked for."""
    return Grammar("nvdsanalytics", _analytics, _read_analytics, prefixes=_shape_prefixes())


def grammar_of(groups: Mapping[str, Iterable[str]]) -> Grammar | None:
    """The grammar of a file that has these groups with these keys; `None` where none fits."""
    names, keys = set(groups), set(groups.get(PROPERTY, ()))
    others = names - {PROPERTY}

    def begins(*prefixes: str) -> bool:
        return any(name.startswith(prefixes) for name in others)

    signs = (
        (TRACKER, bool(names & {*MODULES, *WITHOUT_EFFECT})),
        (BROKER, "message-broker" in names),
        (MESSAGES, any(_messages(name) for name in others)),
        (TRACKER_GROUP, names == {"tracker"}),
        (APP, any(kind_of(name)[0] in GROUPS for name in others)),
        (METAMUX, bool(keys & {"active-pad", "pts-tolerance"})),
        (PREPROCESS, "network-input-shape" in keys or "user-configs" in names),
        (DEWARPER, begins("surface")),
        (MUX, begins("source-config-") or "algorithm-type" in keys),
        (INFER, begins("class-attrs-")),
    )
    for grammar, fits in signs:
        if fits:
            return grammar
    if any(_STREAM.fullmatch(name) for name in others):
        return analytics()
    return INFER if PROPERTY in names else None
