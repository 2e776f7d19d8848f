# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials as they come from options, environment variables and files, made fit for use or refused without being shown."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def token(option: str, value: str | None) -> str:
    """Return a token or key without the white space around it, such as the line break of a file; empty for ``None``.

    Raises ``ValidationError`` for one with a character that no token has: it was copied wrongly, and an HTTP client would
    fail with a message that shows it.
    """
    text = (value or "").strip()
    for position, character in enumerate(text, 1):
        if not "!" <= character <= "~":
            raise ValidationError(
                f"{option}: character {position} of {len(text)} is {_kind(character)}, which tokens and keys cannot have; copy it again "
                f"(it is not shown here)"
            )
    return text


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise ``ValidationError`` for a token that modules of other collections read from the environment as it is.

    The modules here remove white space around it. With a line break, those of hetzner.hcloud end in a message that shows it.
    """
    for name in ("HCLOUD_TOKEN",):
        value = environment.get(name, "")
        if value != token(name, value):
            raise ValidationError(
                f"{name}: the environment variable has white space around the token; set it without (it is not shown here)"
            )


def password(option: str, value: str | None) -> str:
    """Return a password without the line breaks at its end; empty for ``None``.

    Raises ``ValidationError`` for one with a character that is not printable.
    """
    text = (value or "").rstrip("\r\n")
    for position, character in enumerate(text, 1):
        if not character.isprintable():
            raise ValidationError(
                f"{option}: character {position} of {len(text)} is {_kind(character)}, which passwords cannot have; copy it again "
                f"(it is not shown here)"
            )
    return text


def _kind(character: str) -> str:
    if character == " ":
        return "a blank"
    return "not in ASCII" if character.isprintable() else "not printable"
