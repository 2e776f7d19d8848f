"""Combined futures end when their parts have, with the first error."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from vdclab.machines import futures


def test_gathered_jobs_end_together_with_the_first_error_in_their_order() -> None:
    first: Future = Future()
    second: Future = Future()
    whole = futures.gather([first, second])
    second.set_exception(OSError("second"))
    assert not whole.done()
    first.set_exception(OSError("first"))
    with pytest.raises(OSError, match="first"):
        whole.result(0)
    assert futures.gather([]).result(0) is None


def test_a_chained_job_starts_when_the_first_has_succeeded() -> None:
    first: Future = Future()
    started: list[str] = []

    def start_next() -> Future:
        started.append("next")
        return futures.done()

    whole = futures.chain(first, start_next)
    assert started == []
    first.set_result(None)
    assert whole.result(0) is None
    assert started == ["next"]


def test_a_chained_job_does_not_start_after_an_error() -> None:
    whole = futures.chain(futures.failed(OSError("first")), lambda: pytest.fail("must not start"))
    with pytest.raises(OSError, match="first"):
        whole.result(0)
