"""What one interpreter sees of GStreamer, printed as one JSON fact a line.

`needs` runs this file in a child process, because a broken plugin or binding can abort the
process that asks; what was printed until then still counts. It runs under the distribution's bare
`python3` as well, so it knows the standard library only, and no room of Penstock.

A fact is `{"fact": NAME, "found": VERSION}` or `{"fact": NAME, "error": REASON}`.
"""

import json
import sys
from collections.abc import Callable, Iterator
from ctypes import CDLL, c_char_p
from functools import partial
from importlib import import_module
from importlib.util import find_spec

TYPELIBS = ("GstBase", "GstVideo", "GstApp", "GstPbutils", "GstRtspServer")


def _interpreter() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _ensurepip() -> str:
    if find_spec("ensurepip") is None:
        raise ImportError("no module named 'ensurepip'")
    return "yes"


def _gi() -> str:
    return str(import_module("gi").__version__)


def _overrides() -> str:
    import_module("gi.overrides.Gst")
    return "yes"


def _pango() -> str:
    CDLL("libpangocairo-1.0.so.0")
    tell_version = CDLL("libpango-1.0.so.0").pango_version_string
    tell_version.restype = c_char_p
    return str(tell_version().decode())


def _gst() -> str:
    import_module("gi").require_version("Gst", "1.0")
    gst = import_module("gi.repository.Gst")
    gst.init(None)
    return ".".join(str(part) for part in gst.version()[:3])


def _typelib(name: str) -> str:
    import_module("gi").require_version(name, "1.0")
    import_module(f"gi.repository.{name}")
    return "1.0"


def _element(name: str) -> str:
    """The file of the plugin that offers `name`, or the plugin's name where it has no file."""
    factory = import_module("gi.repository.Gst").ElementFactory.find(name)
    if factory is None:
        raise LookupError(f"no element {name!r}")
    plugin = factory.get_plugin()
    return str((plugin.get_filename() or plugin.get_name()) if plugin else "this process")


def _plugin(name: str) -> str:
    plugin = import_module("gi.repository.Gst").Registry.get().find_plugin(name)
    if plugin is None:
        raise LookupError(f"no plugin {name!r}")
    return str(plugin.get_version())


def _blacklisted() -> str:
    """The files that crashed GStreamer's scanner or did not load, by comma."""
    gst = import_module("gi.repository.Gst")
    bad = gst.PluginFlags.BLACKLISTED
    plugins = gst.Registry.get().get_plugin_list()
    return ",".join(sorted(p.get_filename() for p in plugins if p.flags & bad))


def _questions(elements: list[str]) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "python", _interpreter
    yield "ensurepip", _ensurepip
    yield "gi", _gi
    yield "Pango", _pango
    yield "Gst", _gst
    yield "overrides", _overrides
    for name in TYPELIBS:
        yield name, partial(_typelib, name)
    for name in elements:
        yield name, partial(_element, name)
    yield "python plugin", partial(_plugin, "python")
    yield "blacklisted", _blacklisted


def tell(elements: list[str]) -> None:
    """Print every fact, each as soon as it is known, whatever the others did."""
    for name, ask in _questions(elements):
        try:
            answer = {"fact": name, "found": ask()}
        except Exception as error:  # any failure is this fact's answer
            answer = {"fact": name, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    tell(sys.argv[1:])
