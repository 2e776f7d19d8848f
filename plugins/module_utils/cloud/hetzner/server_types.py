# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Server types: availability, prices, retirement and successors."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


class ServerTypes:
    """The server types as ``GET /server_types`` lists them, judged at ``now`` (aware datetime)."""

    def __init__(self, types: list[dict[str, Any]], now: datetime) -> None:
        self._types = types
        self._now = now

    def get(self, wanted: str) -> dict[str, Any]:
        """The type of this name or id; raises ``ValidationError``."""
        for kind in self._types:
            if wanted in (kind["name"], str(kind["id"])):
                return kind
        current = [kind["name"] for kind in self._types if not self.retired(kind)]
        # The successor of a removed type is in the same family: cx21 became another cx.
        current = [name for name in current if _family(name) == _family(wanted)] or current
        raise ValidationError(
            f"server_type: {wanted!r} is not known to the provider (any more); there is {', '.join(current)}"
        )

    def retired(self, kind: dict[str, Any], location: str | None = None) -> str | None:
        """The date (ISO) since which no new server of this type can be had (there), if so."""
        places = [place for place in kind["locations"] if location in (None, place["name"])]
        ends = [_end(kind.get("deprecation"))] + ([_end(place["deprecation"]) for place in places] if location else [])
        if not location and places:
            everywhere = [_end(place["deprecation"]) for place in places]
            ends += [max(everywhere)] if all(everywhere) else []  # type: ignore[type-var]
        past = sorted(end for end in ends if end and end <= self._now)
        return past[0].date().isoformat() if past else None

    def ending(self, kind: dict[str, Any]) -> str | None:
        """A sentence for the operator if the type can be ordered now, but will retire."""
        ends = [_end(kind.get("deprecation")), *(_end(place["deprecation"]) for place in kind["locations"])]
        coming = sorted(end for end in ends if end and end > self._now)
        if not coming:
            return None
        instead = " or ".join(name for name in self.successors(kind) if name != kind["name"]) or "another type"
        return f"server_type: {kind['name']} retires on {coming[0].date().isoformat()}; {instead} could take its place"

    def successors(self, kind: dict[str, Any]) -> list[str]:
        """Current types of the same CPU type and at least the same size, the smallest first."""
        fits = [
            other
            for other in self._types
            if (other["architecture"], other["cpu_type"]) == (kind["architecture"], kind["cpu_type"])
            and other["cores"] >= kind["cores"]
            and other["memory"] >= kind["memory"]
            and other["disk"] >= kind["disk"]
            and not self.retired(other)
        ]
        fits.sort(key=lambda other: (other["cores"], other["memory"], other["disk"], other["name"]))
        return [other["name"] for other in fits[:2]]

    def orderable(self, kind: dict[str, Any], locations: list[str]) -> list[str]:
        """Those of ``locations`` where the type can be ordered, in stock first; raises ``ValidationError``
        if there is none."""
        name = kind["name"]
        if since := self.retired(kind):
            instead = " or ".join(self.successors(kind)) or "a current type"
            raise ValidationError(f"server_type: {name} is retired since {since}; take {instead} instead")
        offered = {place["name"]: place for place in kind["locations"]}
        fits = [place for place in locations if place in offered and not self.retired(kind, place)]
        if not fits:
            wanted = ", ".join(locations)
            raise ValidationError(
                f"location: {name} is not offered in {wanted}; it is in {', '.join(offered) or 'no location'}"
            )
        return sorted(fits, key=lambda place: not offered[place]["available"])

    def rescalable(self, server: str, old: dict[str, Any], new: dict[str, Any], disk: int) -> None:
        """Raise ``ValidationError`` unless a server of type ``old`` with ``disk`` GB can become ``new``."""
        name = new["name"]
        if since := self.retired(new):
            instead = " or ".join(self.successors(new)) or "a current type"
            raise ValidationError(f"server_type: {name} is retired since {since}; take {instead} instead")
        if new["architecture"] != old["architecture"]:
            raise ValidationError(
                f"server_type: {server} is {old['architecture']} and cannot become {name}, which is {new['architecture']}; "
                f"create a new server instead"
            )
        if new["disk"] < disk:
            raise ValidationError(
                f"server_type: the disk of {server} has {disk} GB and {name} has room for {new['disk']} GB; disks never "
                f"shrink, so take a type with {disk} GB or more (with upgrade_disk: false a server can be scaled down again)"
            )


def price(kind: dict[str, Any], location: str) -> dict[str, str]:
    """Net price of a type at a location: ``hourly`` and ``monthly``, exact; empty if unknown."""
    for entry in kind.get("prices", []):
        if entry["location"] == location:
            return {"hourly": plain(entry["price_hourly"]["net"]), "monthly": plain(entry["price_monthly"]["net"])}
    return {}


def plain(number: str) -> str:
    """The same number without trailing zeros and exponent: ``0.0088000`` is ``0.0088``."""
    text = format(Decimal(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _family(name: str) -> str:
    return name.rstrip("0123456789")


def _end(deprecation: dict[str, Any] | None) -> datetime | None:
    if not deprecation:
        return None
    return datetime.fromisoformat(deprecation["unavailable_after"].replace("Z", "+00:00"))
