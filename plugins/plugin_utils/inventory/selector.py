# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Label selectors in the grammar of Hetzner's API, for Exoscale, whose API has none.

``k``, ``!k``, ``k=v``, ``k==v``, ``k!=v``, ``k in (a,b)``, ``k notin (a,b)``, joined by commas;
all must hold. As in Kubernetes, ``!=`` and ``notin`` also hold where the key is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]

WORD = r"[A-Za-z0-9](?:[A-Za-z0-9./_-]*[A-Za-z0-9])?"
TERM = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<missing>{WORD})"
    rf"|(?P<key>{WORD})(?:\s+(?P<set>in|notin)\s*\((?P<values>[^()]*)\)|\s*(?P<sign>==|=|!=)\s*(?P<value>{WORD}|))?)\s*"
)
VALUE = re.compile(WORD)


def parse(text: str) -> Selector:
    """A function that tests labels; raises ``ValidationError`` for a wrong selector. An empty selector matches all."""
    terms: list[Selector] = []
    position = 0
    while text.strip() and position <= len(text):
        match = TERM.match(text, position)
        if match is None or not (match.end() == len(text) or text[match.end()] == ","):
            raise ValidationError(
                f"label_selector: {text!r} is not a selector at {text[position:].strip()!r}; "
                "write k, !k, k=v, k!=v, k in (a,b) or k notin (a,b), joined by commas"
            )
        terms.append(_term(match, text))
        position = match.end() + 1
    return lambda labels: all(term(labels) for term in terms)


def exactly(labels: Mapping[str, str]) -> str:
    """The selector that requires all of ``labels``; raises ``ValidationError`` for impossible labels."""
    for key, value in labels.items():
        if not VALUE.fullmatch(key) or (value and not VALUE.fullmatch(str(value))):
            raise ValidationError(
                f"labels: {key}={value!r} cannot be a label; letters, digits, '-', '_' and '.' can, "
                "and the first and last must be a letter or digit"
            )
    return ",".join(f"{key}={value}" for key, value in labels.items())


def _term(match: re.Match[str], text: str) -> Selector:
    if match["absent"]:
        missing = match["missing"]
        return lambda labels: missing not in labels
    key = match["key"]
    if match["set"]:
        values = {value.strip() for value in match["values"].split(",")}
        if not all(VALUE.fullmatch(value) for value in values):
            raise ValidationError(f"label_selector: {text!r} has no values, or wrong ones, in ({match['values']})")
        if match["set"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match["sign"] is None:
        return lambda labels: key in labels
    wanted = match["value"]
    if match["sign"] == "!=":
        return lambda labels: labels.get(key) != wanted
    return lambda labels: labels.get(key) == wanted
