# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong with a cloud, as exceptions that carry all an operator needs."""

from __future__ import annotations

from typing import Any


class CloudError(Exception):
    """A provider rejected a call, or could not be reached.

    ``code`` is the provider's code where it has one (``resource_unavailable``), else one
    of ours (``unreachable``, ``timeout``, ``answer_lost``). ``status`` is the HTTP status, 0
    when no answer came.
    """

    def __init__(
        self,
        message: str,
        code: str = "error",
        status: int = 0,
        details: Any = None,
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.details = details
        self.correlation_id = correlation_id

    def as_result(self) -> dict[str, Any]:
        """The failure as a module returns it."""
        return {
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "correlation_id": self.correlation_id,
        }


class AmbiguousResultError(CloudError):
    """A call that changes something was sent, and whether the change was made is not known.

    Callers read the cloud's state before they make the change again.
    """


class ValidationError(Exception):
    """Input is rejected before a change: wrong options, a foreign resource, a missing confirmation.

    The text is one sentence that names the option, the value and what to do.
    """


class StorageError(Exception):
    """A storage node cannot reach the desired state, or one of its commands failed.

    The text is one sentence that names the option, the value and what to do.
    """


class LibraryMissing(Exception):
    """A Python package that the controller needs is not installed there."""

    def __init__(self, library: str, traceback: str | None) -> None:
        super().__init__(f"the Python package {library!r} is not installed on the controller; install requirements.txt")
        self.library = library
        self.traceback = traceback
