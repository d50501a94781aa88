"""Which parser reads a network, and how many classes there are."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference.darknet_config import read_yolo_layers
from penstock.inference.network import Network
from penstock.parsers import (
    ALIASES,
    CLASS_ALIASES,
    CLASS_PARSERS,
    DEFAULT_CLASS_PARSER,
    MAP_PARSERS,
    PARSERS,
    ClassParser,
    Head,
    MapContext,
    MapParser,
    Parser,
    PythonClassParser,
    PythonFileParser,
    PythonMapParser,
    choose_parser,
    first_that_fits,
    looks_like_classes,
    stand_ins,
)

INSTANCES = 3
_BOXES, _MASKS = "parse-bbox-func-name", "parse-bbox-instance-mask-func-name"
_CLASSES, _MAPS = "parse-classifier-func-name", "parse-segmentation-func-name"


def open_parser(config: InferConfig, network: Network) -> tuple[str, Parser, tuple[str, ...]]:
    """The parser for a network: the one the configuration names, or one that knows the layers.

    A function of a C library is no parser here: a well-known one is replaced by the parser that
    reads the same layers, any other by one that suits the layers.

    Returns:
        Its name, the parser, and warnings.

    Raises:
        ConfigError: The configuration names a parser that does not exist.
        ModelError: No parser reads these layers, or several could.
    """
    masks = config.network_type == INSTANCES and config.mask_parser is not None
    asked, key = (config.mask_parser, _MASKS) if masks else (config.parser, _BOXES)
    library = config.custom_lib
    if library is not None and library.suffix == ".py":
        where = (config.where("custom-lib-path"), config.where(key))
        return f"{asked} of {library.name}", PythonFileParser(library, asked, where=where), ()
    head = Head(
        network.layers,
        network.size,
        num_classes=config.num_classes,
        metadata=network.metadata,
        yolo_layers=read_yolo_layers(config),
    )
    try:
        name, warnings = _parser_name(config, head, asked, config.where(key))
        return name, PARSERS.load(name)(head), warnings
    except ModelError as error:
        named = f" ({config.where(key)}={asked})" if asked else ""
        raise ModelError(f"{network.model}: {error}{named}") from error


def _parser_name(
    config: InferConfig, head: Head, asked: str | None, where: str
) -> tuple[str, tuple[str, ...]]:
    if not asked:
        return choose_parser(head), ()
    if asked in PARSERS:
        return asked, ()
    readers = stand_ins(asked)
    if not readers and config.custom_lib is None:
        raise ConfigError(
            f"{where}: no parser is called {asked!r}{_like(asked, [*PARSERS, *ALIASES])}. "
            f"Known: {', '.join(PARSERS)}"
        )
    fitting = first_that_fits(readers, head)
    if fitting is not None:
        return fitting, ()
    name = readers[0] if len(readers) == 1 else choose_parser(head)
    library = f" of {config.custom_lib}" if config.custom_lib else ""
    return name, (
        f"{where}: {asked!r}{library} cannot be loaded here; "
        f"the outputs are read by the parser {name!r}",
    )


def _like(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def count_classes(config: InferConfig, parser: Parser) -> tuple[int, tuple[str, ...]]:
    """How many classes count, and warnings.

    Raises:
        ConfigError: The configuration wants more than the network has, or nobody says.
    """
    told_apart, asked = parser.num_classes, config.num_classes
    count = asked or told_apart
    key = config.where("num-detected-classes")
    if not count:
        raise ConfigError(f"{key}: missing, and the network does not say how many there are")
    if told_apart is not None and count > told_apart:
        raise ConfigError(f"{key}: {count} classes, but the network tells {told_apart} apart")
    if told_apart is not None and count < told_apart:
        return count, (f"{key}: {count} of the network's {told_apart} classes are used",)
    return count, ()


def open_class_parser(
    config: InferConfig, network: Network
) -> tuple[str, ClassParser, tuple[str, ...]]:
    """The parser of classes: the one the configuration names, or the greatest number of a layer.

    Returns:
        Its name, the parser, and warnings.

    Raises:
        ConfigError: The configuration names a parser that does not exist.
        ModelError: It does not read these layers.
    """
    asked, library, where = config.classifier_parser, config.custom_lib, config.where(_CLASSES)
    if asked and library is not None and library.suffix == ".py":
        places = (config.where("custom-lib-path"), where)
        return f"{asked} of {library.name}", PythonClassParser(library, asked, where=places), ()
    name, warnings = asked or DEFAULT_CLASS_PARSER, tuple[str, ...]()
    if name not in CLASS_PARSERS:
        name, warnings = _stand_in(config, name, where)
    try:
        return name, CLASS_PARSERS.load(name)(network.layers), warnings
    except ModelError as error:
        raise ModelError(f"{network.model}: {error}") from error


def _stand_in(config: InferConfig, asked: str, where: str) -> tuple[str, tuple[str, ...]]:
    """What reads a classifier's layers instead of a function of a C library."""
    known = CLASS_ALIASES.get(asked.lower())
    if known is not None:
        return known, ()
    if config.custom_lib is None:
        raise ConfigError(
            f"{where}: no parser of classes is called {asked!r}{_like(asked, list(CLASS_PARSERS))}."
            f" Known: {', '.join(CLASS_PARSERS)}"
        )
    return DEFAULT_CLASS_PARSER, (
        f"{where}: {asked!r} of {config.custom_lib} cannot be loaded here; "
        f"the outputs are read by the parser {DEFAULT_CLASS_PARSER!r}",
    )


def check_classifier_labels(config: InferConfig, num_classes: Sequence[int]) -> tuple[str, ...]:
    """Warnings where a classifier's names do not fit its outputs.

    Args:
        config: The names, a line for each output.
        num_classes: How many classes each output tells apart; empty where nobody knows.
    """
    lines = config.classifier_labels
    if not lines or not num_classes:
        return ()
    where = f"{config.where('labelfile-path')}: {config.label_file}"
    if len(num_classes) == 1 < len(lines) == num_classes[0]:
        return (
            f"{where}: a classifier's labels stand in one line for each output, separated by "
            f"';'; here are {len(lines)} lines for 1 output",
        )
    return tuple(
        f"{where}, line {number}: {len(names)} labels for the {count} classes of that output"
        for number, (names, count) in enumerate(zip(lines, num_classes, strict=False), 1)
        if len(names) != count
    )


def open_map_parser(
    config: InferConfig, network: Network, context: MapContext
) -> tuple[str, MapParser, tuple[str, ...]]:
    """The parser of class maps: the one the configuration names, or what the layer looks like.

    Returns:
        Its name, the parser, and warnings.

    Raises:
        ConfigError: The configuration names a parser that does not exist.
        ModelError: It does not read these layers.
    """
    asked, library, where = config.segmentation_parser, config.custom_lib, config.where(_MAPS)
    if asked and library is not None and library.suffix == ".py":
        places = (config.where("custom-lib-path"), where)
        parser = PythonMapParser(library, asked, where=places, num_classes=config.num_classes)
        return f"{asked} of {library.name}", parser, ()
    numbers = looks_like_classes(network.layers, network.types, config.num_classes)
    name, warnings = "classes" if numbers else "probabilities", tuple[str, ...]()
    if asked in MAP_PARSERS:
        name = str(asked)
    elif asked and library is None:
        raise ConfigError(
            f"{where}: no parser of class maps is called {asked!r}"
            f"{_like(asked, list(MAP_PARSERS))}. Known: {', '.join(MAP_PARSERS)}"
        )
    elif asked:
        warnings = (
            f"{where}: {asked!r} of {library} cannot be loaded here; "
            f"the outputs are read by the parser {name!r}",
        )
    try:
        return name, MAP_PARSERS.load(name)(network.layers, context), warnings
    except ModelError as error:
        raise ModelError(f"{network.model}: {error}") from error


def check_map_classes(config: InferConfig, network: Network, count: int | None) -> tuple[str, ...]:
    """Warnings where the configuration counts other classes than the class map's layer has."""
    asked = config.num_classes
    if asked is None or count is None or asked == count:
        return ()
    order = config.segmentation_order
    (shape,) = network.layers.values()
    other = shape[0 if order else -1] if len(shape) == 3 else None
    hint = f"; its classes stand elsewhere: set segmentation-output-order={1 - order}"
    return (
        f"{config.where('num-detected-classes')}: {asked} classes, but the class map has {count}; "
        f"all of them are used{hint if other == asked else ''}",
    )
