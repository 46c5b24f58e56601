"""A switch is an open point of a vendor's sheet made choosable: a name, a value, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_sandbox.refusal import Refusal

Value = bool | int | float | str


@dataclass(frozen=True)
class Switch:
    """A default, one sentence, and the values allowed where these are few.

    The default's type is the switch's type: a whole number may be set where a fraction may be.
    """

    default: Value
    sentence: str
    choices: tuple[Value, ...] = ()

    def check(self, value: Any) -> Value:
        """The value as stored. Raises TypeError or ValueError with what is allowed."""
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise TypeError(f"takes a {kind.__name__}")
        if self.choices and value not in self.choices:
            raise ValueError("takes one of " + ", ".join(map(str, self.choices)))
        checked: Value = kind(value)
        return checked


class Switches:
    """All switches of a world, by full name such as `wave.http_status_on_error`."""

    def __init__(self) -> None:
        self._known: dict[str, Switch] = {}
        self._values: dict[str, Value] = {}

    def add(self, prefix: str, switches: Mapping[str, Switch]) -> None:
        for name, switch in switches.items():
            self._known[f"{prefix}.{name}"] = switch
            self._values[f"{prefix}.{name}"] = switch.default

    def value(self, name: str) -> Any:
        """The value now. Raises KeyError for a name that nobody added: a mistake in this code."""
        return self._values[name]

    def listed(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "value": self._values[name], "sentence": switch.sentence}
            for name, switch in sorted(self._known.items())
        ]

    def change(self, values: Mapping[str, Any]) -> None:
        """Sets several at once, or none. Raises Refusal for an unknown name or an unfit value."""
        checked: dict[str, Value] = {}
        for name, value in values.items():
            if name not in self._known:
                raise Refusal(404, f"there is no switch {name!r}", sorted(self._known))
            try:
                checked[name] = self._known[name].check(value)
            except (TypeError, ValueError) as error:
                raise Refusal(400, f"{name} {error}") from None
        self._values.update(checked)
