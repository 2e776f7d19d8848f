"""One bad object neither stops the agent nor the other documents, and its reason can be read."""

from __future__ import annotations

import json
import socket
import sys
import threading
import tracemalloc
import uuid
from pathlib import Path

import boto3
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from model_store import Answer, ModelBucket, Store, digest

MIB = 1024 * 1024


class Index:
    """A store of metadata that accepts everything."""

    name = "index"

    def __init__(self):
        self.names = []

    def index(self, document):
        self.names.append(document["name"])


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def bucket(store):
    return ModelBucket(store)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def filer(bucket, clock):
    from vdcagent.attempts import Attempts
    from vdcagent.filing import Filer

    made = Filer(bucket, [Index()])
    made.attempts = Attempts(bucket, clock)
    return made


def notes(store):
    return [json.loads(content) for key, (content, _) in store.objects.items() if key.startswith("quarantine/")]


def rounds(filer, clock, number=8):
    for _ in range(number):
        filer.round()
        clock.now += 4000


RECORD = {
    "key": "k",
    "name": "n",
    "sha256": "0",
    "media_type": "m",
    "category": "c",
    "filed": "f",
    "size": 1,
    "words": [],
}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"[]", "the record is a list, not an object"),
        (b"null", "the record is a NoneType, not an object"),
        (b"\xff\xfe", "the record is not JSON"),
        (b'{"key": "a', "the record is not JSON"),
        (b"[" * 60_000, "the record is not JSON"),
        (b"{}", "the record's key is not a string"),
        (json.dumps({**RECORD, "words": [1]}).encode(), "the record's words are not a list of strings"),
        (json.dumps({**RECORD, "size": 10**30}).encode(), "the record's size is not a number of bytes"),
        (b" " * 200_000, "the object has 200000 bytes, more than the limit of 65536"),
    ],
)
def test_a_bad_record_is_noted_and_the_others_are_indexed(store, filer, clock, record, reason):
    store.save("pending/bad.json", record)
    store.save("inbox/a.txt", b"buy milk")
    rounds(filer, clock)
    assert filer._stores[0].names == ["a.txt"]
    [note] = notes(store)
    assert note["key"] == "pending/bad.json"
    assert note["reason"].startswith(reason)
    assert filer.attempts.quarantined == 1
    assert store.objects["pending/bad.json"][0] == record
    del store.objects["pending/bad.json"]
    filer.round()
    assert notes(store) == []
    assert filer.attempts.quarantined == 0


def test_a_quarantined_document_is_tried_when_it_is_saved_again(store, filer, clock):
    filer._limit = 10
    store.save("inbox/a.bin", b"\0" * 11)
    rounds(filer, clock)
    assert [note["reason"] for note in notes(store)] == ["the object has 11 bytes, more than the limit of 10"]
    store.save("inbox/a.bin", b"\0" * 9)
    filer.round()
    assert notes(store) == []
    assert store.is_filed(b"\0" * 9)


def test_a_failed_document_waits_longer_after_each_attempt(store, bucket, filer, clock):
    filer._limit = 1
    store.save("inbox/a.bin", b"ab")
    attempts = []
    for _ in range(2000):
        bucket.calls.clear()
        filer.round()
        if ("GET", "inbox/a.bin") in bucket.calls:
            attempts.append(clock.now)
        clock.now += 5
    assert attempts[:5] == [0, 5, 10, 20, 40]
    assert attempts[-1] - attempts[-2] in (2560, 3600)


def test_notes_of_an_earlier_process_are_removed_when_their_object_is_filed(store, filer, clock, bucket):
    from vdcagent.filing import Filer

    filer._limit = 1
    store.save("inbox/a.txt", b"buy milk")
    rounds(filer, clock)
    assert len(notes(store)) == 1
    Filer(bucket, []).round()
    assert notes(store) == []


@pytest.mark.parametrize("key", ["inbox/a\x01b.txt", "inbox/new\nline.txt", "inbox/\ufffd.txt", "inbox/a+b%20 ü.txt"])
def test_unusual_keys_are_filed_like_others(store, filer, key):
    store.save(key, b"one")
    store.save("inbox/z.txt", b"two")
    assert filer.round() == 2
    assert store.is_filed(b"one")
    assert store.is_filed(b"two")
    assert all(name.isprintable() for name in store.objects if name.startswith("filed/"))


def test_a_control_character_in_a_key_does_not_stop_the_agent_at_other_stores(s3):
    from vdcagent.filing import Filer
    from vdcagent.s3 import Bucket

    keys = ("an-access-key", "a-secret-key")
    bucket = Bucket(s3, f"dump-{uuid.uuid4().hex[:8]}", *keys)
    bucket.ensure()
    plain = boto3.client(
        "s3", endpoint_url=s3, aws_access_key_id=keys[0], aws_secret_access_key=keys[1], region_name="us-east-1"
    )
    for name in ("inbox/a\x01+ b.txt", "inbox/z.txt"):
        plain.put_object(Bucket=bucket._bucket, Key=name, Body=name.encode())
    assert Filer(bucket, []).round() == 2
    assert len(list(bucket.list("filed/"))) == 2


def test_a_long_name_is_shortened_and_keeps_its_suffix(store, filer):
    store.save("inbox/" + "ü" * 500 + ".pdf", b"%PDF-1.7")
    assert filer.round() == 1
    [name] = [key for key in store.objects if key.startswith("filed/")]
    assert name.endswith("ü.pdf")
    assert len(name.rsplit("/", 1)[-1].encode()) <= 163


class Zeros(Answer):
    """A body of ``size`` zeros that is made while it is read."""

    def __init__(self, size, declared=None):
        super().__init__(ETag='"zeros"')
        self.left = size
        self.headers["Content-Length"] = str(size if declared is None else declared)

    def read1(self, size=-1):
        part = bytes(min(size, self.left))
        self.left -= len(part)
        return part

    def read(self, size=-1):
        return self.read1(self.left if size < 0 else size)


@pytest.mark.parametrize("key", ["inbox/big.bin", "pending/big.json"])
def test_an_object_of_120_mb_needs_little_memory(store, bucket, filer, monkeypatch, key):
    store.save(key, b"")
    store.save("inbox/z.txt", b"buy milk")
    real = bucket.open
    monkeypatch.setattr(bucket, "open", lambda name: Zeros(120 * MIB) if name == key else real(name))
    monkeypatch.setattr(bucket, "copy", lambda *_: None)
    tracemalloc.start()
    filer.round()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * MIB


def test_a_body_without_an_end_is_refused_at_the_limit(bucket):
    from vdcagent.s3 import TooLarge, blocks

    endless = Zeros(10**12)
    del endless.headers["Content-Length"]
    with pytest.raises(TooLarge, match="more than the limit of 1000000 bytes"):
        for _ in blocks(endless, 1_000_000):
            pass


def test_a_transfer_that_is_too_slow_ends(monkeypatch):
    from vdcagent import s3

    times = iter(range(0, 10_000, 100))
    monkeypatch.setattr(s3.time, "monotonic", lambda: next(times))
    with pytest.raises(s3.S3Error, match="too slow"):
        list(s3.blocks(Zeros(10 * s3.BLOCK), 10**9))


def test_a_listing_without_an_end_is_an_error(bucket, monkeypatch):
    from vdcagent.s3 import S3Error

    page = b"<L><NextContinuationToken>same</NextContinuationToken></L>"
    monkeypatch.setattr(bucket, "_call", lambda *_, **__: Answer(page))
    with pytest.raises(S3Error, match="does not end"):
        list(bucket.list("inbox/"))


def test_a_truncated_transfer_is_not_filed(tmp_path):
    from vdcagent.s3 import Bucket, S3Error, read

    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = server.accept()
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 1000\r\n\r\nonly this')
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    bucket = Bucket(f"http://127.0.0.1:{server.getsockname()[1]}", "dump", "key", "secret")
    with pytest.raises(S3Error, match="after 9 of 1000 bytes"), bucket.open("inbox/a") as stream:
        read(stream, 10**6)
    server.close()


def test_a_copy_that_fails_after_its_status_is_an_error(bucket, monkeypatch):
    from vdcagent.s3 import S3Error

    monkeypatch.setattr(bucket, "_call", lambda *_, **__: Answer(b"<Error><Code>InternalError</Code></Error>"))
    with pytest.raises(S3Error, match="reported an error"):
        bucket.copy("inbox/a", "filed/a", '"x"')


def test_an_unexpected_error_ends_neither_the_round_nor_the_service(store, bucket, filer, monkeypatch):
    from vdcagent import filing
    from vdcagent.service import Agent

    real = filing.classify

    def broken(name, head):
        if name == "a.txt":
            raise RuntimeError("a mistake")
        return real(name, head)

    monkeypatch.setattr(filing, "classify", broken)
    store.save("inbox/a.txt", b"one")
    store.save("inbox/b.txt", b"two")
    filer.round()
    assert store.is_filed(b"two")
    assert store.objects["inbox/a.txt"][0] == b"one"

    agent, waits = Agent(filer, bucket, 5), []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 9:
            agent.stop()

    monkeypatch.setattr(agent._stopped, "wait", wait)
    monkeypatch.setattr(bucket, "ensure", lambda: 1 / 0)
    agent.run()
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300, 300]


def test_an_unreachable_index_does_not_put_documents_into_quarantine(store, filer, clock):
    from vdcagent.stores import StoreError

    calls = []

    def unavailable(document):
        calls.append(document["name"])
        raise StoreError("down", unavailable=True)

    filer._stores[0].index = unavailable
    for number in range(20):
        store.save(f"inbox/{number:02}.txt", f"document {number}".encode())
    rounds(filer, clock, 6)
    assert len(calls) == 6
    assert notes(store) == []
    assert len({digest(content) for _, content in store.filed()}) == 20
