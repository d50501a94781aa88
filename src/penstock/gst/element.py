"""What all elements share: a property table, deferred errors, a debug category."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.gst import ending, latency, native
from penstock.gst.gi import GObject, Gst
from penstock.gst.log import Log
from penstock.gst.messages import interrupt_later, post_error, post_warning, said_by
from penstock.gst.properties import Property


class Element:
    """Mixin in front of a GStreamer base class.

    A subclass names `FACTORY`, lists `PROPERTIES`, and sets `__gproperties__` with
    `gproperties(PROPERTIES)`. A property setter cannot raise to its caller in GStreamer: what
    `changed` raises is kept and posted as an error when the element leaves NULL, and as a warning
    at once where it has left NULL before.
    """

    FACTORY: ClassVar[str]
    PROPERTIES: ClassVar[tuple[Property, ...]] = ()
    log: ClassVar[Log]
    current_state: Gst.State

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if issubclass(cls, GObject.Object):
            # PyGObject installs only the virtual methods that a class itself defines.
            for name in _virtual_methods_of_mixins(cls):
                setattr(cls, name, getattr(cls, name))
        if "FACTORY" in cls.__dict__:
            cls.log = Log(cls.FACTORY, description=f"the {cls.FACTORY} element")

    def __init__(self) -> None:
        made_by_c = hash(self) != 0  # the address; Python makes the C object in the next line
        super().__init__()
        if made_by_c:
            _float(self)
        self._settings: dict[str, Any] = {p.name: p.default for p in self.PROPERTIES}
        self.explicit: set[str] = set()
        self._deferred: dict[str, BaseException] = {}

    def setting(self, name: str) -> Any:
        """The value of one property, by its name with dashes."""
        return self._settings[name]

    def changed(self, name: str, value: Any) -> None:
        """Called after a property was set by the application; may raise."""

    def do_get_property(self, spec: GObject.ParamSpec) -> Any:
        """GObject reads a property."""
        value = self._settings[spec.name]
        default = getattr(spec, "default_value", None)  # pointers have none
        return type(default)(value) if isinstance(default, GObject.GEnum) else value

    def do_set_property(self, spec: GObject.ParamSpec, value: Any) -> None:
        """GObject writes a property."""
        name = spec.name
        if isinstance(value, GObject.GEnum):
            value = int(value)  # what it is handed on to has an enum of its own
        self._settings[name] = value
        self.explicit.add(name)
        self._deferred.pop(name, None)
        try:
            self.changed(name, value)
        except KeyboardInterrupt:
            interrupt_later()
        except BaseException as error:  # a setter cannot raise to its caller
            self._deferred[name] = error
            text = f"{name}={value!r}: {said_by(error)}"
            self.log.error(self, text)
            if self.current_state > Gst.State.NULL:
                post_warning(self, text)

    def ready(self) -> None:
        """Called on NULL to READY; may raise."""

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GStreamer changes the state."""
        if transition == Gst.StateChange.NULL_TO_READY:
            ending.watch(self)
            latency.watch(self)
            try:
                for error in self._deferred.values():
                    raise error
                self.ready()
            except BaseException as error:  # nothing may escape into C
                post_error(self, error)
                return Gst.StateChangeReturn.FAILURE
        return self._parent_change_state(transition)

    def _parent_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        base: Any = next(b for b in type(self).__mro__ if b.__module__.startswith("gi."))
        return base.do_change_state(self, transition)


def _virtual_methods_of_mixins(cls: type) -> set[str]:
    mixins = [base for base in cls.__mro__ if not issubclass(base, GObject.Object)]
    return {name for mixin in mixins for name in vars(mixin) if name.startswith("do_")}


def _float(element: Element) -> None:
    """Hand an element that C asks for over as C code does: with a reference its parent takes.

    Without it GStreamer logs a CRITICAL for every element that a factory makes. The price is that
    one that never gets a parent is never freed.
    """
    native.g_object_ref(hash(element))
    native.g_object_force_floating(hash(element))


def pad_template(
    name: str, direction: Gst.PadDirection, presence: Gst.PadPresence, caps: str
) -> Gst.PadTemplate:
    """A pad template; `caps` as text."""
    return Gst.PadTemplate.new(name, direction, presence, Gst.Caps.from_string(caps))


def sink_and_src(caps: str, *, src: str | None = None) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
    """Always-present pads `sink` and `src`; both with `caps` unless `src` differs."""
    return (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, caps),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, src or caps),
    )


def nvmm_caps(*formats: str) -> str:
    """Caps text of NVMM video in the given formats."""
    return f"video/x-raw(memory:NVMM), format=(string){{ {', '.join(formats)} }}"


def raw_caps(*formats: str) -> str:
    """Caps text of video in system memory in the given formats."""
    return f"video/x-raw, format=(string){{ {', '.join(formats)} }}"
