"""The filing agent loses no acknowledged document, whatever others save and whatever fails meanwhile."""

from __future__ import annotations

import sys
import threading
import uuid
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from model_store import DIGEST, ModelBucket, Store, digest
from vdcagent.filing import Filer
from vdcagent.s3 import Bucket, S3Error

KEYS = ("an-access-key", "a-secret-key")
NAMES = ("inbox/a.txt", "inbox/b.txt", "inbox/deep/a.txt")
CONTENTS = (b"one", b"two", b"Rechnung, zahlbar auf IBAN CH93")
WRITES = st.tuples(st.sampled_from(NAMES), st.sampled_from(CONTENTS))
# What happens around one call of the agent: others save objects, and the agent's call fails or the agent dies.
EVENTS = st.tuples(st.lists(WRITES, max_size=2), st.sampled_from(["", "", "", "", "refused", "answer lost", "killed"]))


class Killed(BaseException):
    """The agent's process ends here."""


def run(store, events):
    """Run agents over ``store`` while ``events`` happen, and then until nothing is left to do."""
    left = list(events)
    current = ("", [])

    def before():
        nonlocal current
        writes, fate = left.pop(0) if left else ([], "")
        current = (fate, writes)
        for key, content in writes[:1]:
            store.save(key, content)
        if fate == "refused":
            raise S3Error("refused", 503)

    def after():
        fate, writes = current
        for key, content in writes[1:]:
            store.save(key, content)
        if fate == "answer lost":
            raise S3Error("answer lost")
        if fate == "killed":
            raise Killed

    bucket = ModelBucket(store)
    bucket.before, bucket.after = before, after
    filer = Filer(bucket, [])
    for _ in range(40):
        try:
            filer.round()
        except S3Error:
            continue
        except Killed:
            filer = Filer(bucket, [])
    # A new agent has no pauses to wait for.
    for _ in range(3):
        Filer(bucket, []).round()


def assert_nothing_lost(store):
    assert store.lost == []
    for name, content in store.filed():
        assert digest(content).startswith(name)


@settings(max_examples=150, deadline=None)
@given(st.lists(WRITES, max_size=5), st.lists(EVENTS, max_size=40), st.booleans(), st.booleans())
def test_racing_saves_and_crashes_lose_nothing_on_a_store_with_conditional_deletes(first, events, copies, md5):
    store = Store(conditional_copy=copies, md5_etags=md5)
    for key, content in first:
        store.save(key, content)
    run(store, events)
    assert_nothing_lost(store)
    assert not [key for key in store.objects if key.startswith("inbox/")]


@settings(max_examples=100, deadline=None)
@given(st.lists(WRITES, max_size=5), st.lists(EVENTS, max_size=40), st.booleans())
def test_racing_saves_and_crashes_lose_nothing_on_a_store_without_conditions(first, events, md5):
    store = Store(conditional_delete=False, conditional_copy=False, md5_etags=md5)
    for key, content in first:
        store.save(key, content)
    run(store, events)
    assert_nothing_lost(store)
    for key, (content, _) in store.objects.items():
        if key.startswith("inbox/"):
            assert store.is_filed(content)


def test_a_store_without_conditional_deletes_keeps_originals_and_reads_them_once():
    store = Store(conditional_delete=False)
    store.save("inbox/a.txt", b"one")
    bucket = ModelBucket(store)
    filer = Filer(bucket, [])
    assert filer.round() == 1
    assert filer.kept == 1
    bucket.calls.clear()
    assert filer.round() == 0
    assert ("GET", "inbox/a.txt") not in bucket.calls
    store.save("inbox/a.txt", b"two")
    assert filer.round() == 1
    assert store.is_filed(b"one")
    assert store.is_filed(b"two")


def test_equal_digest_prefixes_do_not_replace_a_filed_document():
    store = Store()
    prefix = digest(b"new")[:12]
    store.save(f"filed/notes/2026/11/21/{prefix}-a.txt", b"another document")
    store.save("inbox/a.txt", b"new")
    Filer(ModelBucket(store), []).round()
    assert store.objects[f"filed/notes/2026/11/21/{digest(b'new')}-a.txt"][0] == b"new"
    assert store.objects[f"filed/notes/2026/11/21/{prefix}-a.txt"][0] == b"another document"


@pytest.fixture
def fake(tmp_path):
    """The fake SeaweedFS over HTTP, and its buckets."""
    from vdclab.fakes.fake_seaweedfs import Buckets, handler

    buckets = Buckets(tmp_path / "data")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(buckets, dict([KEYS])))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", buckets
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("keys", [300, 20, 1])
def test_300_racing_saves_are_filed_with_the_digest_of_their_content(fake, keys):
    url, _ = fake
    bucket = Bucket(url, "dump", *KEYS)
    bucket.ensure()
    last, stopped = {}, threading.Event()

    def write(worker):
        own = Bucket(url, "dump", *KEYS)
        for number in range(worker, 300, 3):
            key = f"inbox/{number % keys}-{worker}.txt"  # each key has one writer, so that its last save is known
            content = uuid.uuid4().hex.encode() * 8
            own.put(key, content)
            last[key] = content

    filer = Filer(bucket, [])

    def agent():
        while not stopped.is_set():
            filer.round()

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    runner = threading.Thread(target=agent)
    for thread in [runner, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    stopped.set()
    runner.join()
    Filer(bucket, []).round()
    filed = {}
    for entry in bucket.list("filed/"):
        with bucket.open(entry.key) as stream:
            filed[entry.key] = stream.read()
    for key, content in filed.items():
        assert digest(content).startswith(DIGEST.fullmatch(key)[1]), key
    assert [key for key, content in last.items() if content not in filed.values()] == []
    assert list(bucket.list("inbox/")) == []
