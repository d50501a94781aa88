"""The YAML form of a key file: groups are top-level maps, every value keeps its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from penstock.config.value import Entry, Value, shown
from penstock.errors import ConfigError

NULL = "tag:yaml.org,2002:null"


def entries(text: str, *, file: Path) -> Iterator[Entry]:
    """The groups and settings of a YAML file, in its order.

    A list `[a, b]` becomes the text `a;b`, its spelling in a key file.

    Args:
        text: The file's content.
        file: Its name, for messages.

    Raises:
        ConfigError: It is no YAML, or not a map of maps of plain values.
    """
    root = _compose(text, file=file)
    if root is None or _is_null(root):
        return
    for group, body, line in _pairs(root, file=file, wanted="groups, each a map of settings"):
        yield Entry(group, None, "", line)
        if _is_null(body):
            continue
        wanted = f"settings 'key: value' in {group!r}"
        for key, value, key_line in _pairs(body, file=file, wanted=wanted):
            setting = _text(value)
            if setting is None:
                where = Value("", file, key_line, group, key).where
                raise ConfigError(f"{where}: wanted one value or a list of values, got a map")
            yield Entry(group, key, setting, key_line)


def _compose(text: str, *, file: Path) -> Node | None:
    try:
        node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise ConfigError(f"{file}, line {line}: wanted YAML, got {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{file}, line {line}: wanted YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        # PyYAML lets these out for escapes beyond Unicode and for thousands of nested brackets.
        raise ConfigError(f"{file}: wanted YAML, got what cannot be read ({error})") from error
    return node


def _pairs(node: Node, *, file: Path, wanted: str) -> Iterator[tuple[str, Node, int]]:
    line = node.start_mark.line + 1
    if not isinstance(node, MappingNode):
        got = shown(node.value) if isinstance(node, ScalarNode) else "a list"
        raise ConfigError(f"{file}, line {line}: wanted {wanted}, got {got}")
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            raise ConfigError(f"{file}, line {line}: wanted {wanted}, got a map or list as key")
        yield key.value, value, line


def _text(node: Node) -> str | None:
    if isinstance(node, ScalarNode):
        return "" if _is_null(node) else str(node.value).strip()
    if isinstance(node, SequenceNode):
        items = [item.value for item in node.value if isinstance(item, ScalarNode)]
        return ";".join(items) if len(items) == len(node.value) else None
    return None


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == NULL
