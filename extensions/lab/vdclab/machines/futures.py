"""Futures of machine work: one that is done, and combinations of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from threading import Lock


def done() -> Future:
    """A future that has ended with success."""
    future: Future = Future()
    future.set_result(None)
    return future


def failed(error: Exception) -> Future:
    """A future that has ended with ``error``."""
    future: Future = Future()
    future.set_exception(error)
    return future


def gather(jobs: Iterable[Future]) -> Future:
    """A future that ends when all ``jobs`` have; it raises what the first of them (in their order) raised."""
    all_jobs = list(jobs)
    if not all_jobs:
        return done()
    whole: Future = Future()
    lock, left = Lock(), len(all_jobs)

    def one_ended(_job: Future) -> None:
        nonlocal left
        with lock:
            left -= 1
            if left:
                return
        error = next((e for e in (job.exception() for job in all_jobs) if e is not None), None)
        if error is None:
            whole.set_result(None)
        else:
            whole.set_exception(error)

    for job in all_jobs:
        job.add_done_callback(one_ended)
    return whole


def chain(first: Future, start_next: Callable[[], Future]) -> Future:
    """A future of what ``start_next`` returns, called once ``first`` has ended; it raises what either raised."""
    whole: Future = Future()

    def second_ended(job: Future) -> None:
        error = job.exception()
        if error is not None:
            whole.set_exception(error)
        else:
            whole.set_result(None)

    def first_ended(job: Future) -> None:
        if job.exception() is not None:
            second_ended(job)
            return
        try:
            start_next().add_done_callback(second_ended)
        except Exception as error:  # whatever the machines raise fails the chain
            whole.set_exception(error)

    first.add_done_callback(first_ended)
    return whole
