"""Hetzner's rate limit."""

from __future__ import annotations

from vdclab.hetzner.rate_limit import Bucket


def test_the_bucket_refills_one_call_a_second_at_3600_an_hour():
    bucket = Bucket(3600, now=0)
    assert all(bucket.take(0) for _ in range(3600))
    assert not bucket.take(0)
    assert not bucket.take(0.5)
    assert bucket.take(1.5)
    assert bucket.headers(1.5) == {
        "RateLimit-Limit": "3600",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "3601",
    }
