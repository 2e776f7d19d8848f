"""The filing agent, against a real S3 server and recorded requests to the stores."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEYS = ("an-access-key", "a-secret-key")


@pytest.fixture
def bucket(s3):
    from vdcagent.s3 import Bucket

    made = Bucket(s3, f"dump-{uuid.uuid4().hex[:8]}", *KEYS)
    made.ensure()
    return made


def keys(bucket, prefix=""):
    return sorted(entry.key for entry in bucket.list(prefix))


def test_signature_equals_that_of_amazons_client():
    from vdcagent.s3 import Bucket

    at = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    signed = Bucket("http://store:9000", "dump", *KEYS).sign("GET", "/dump", "list-type=2&prefix=inbox%2F", {}, b"", at)
    request = AWSRequest("GET", "http://store:9000/dump", params={"list-type": "2", "prefix": "inbox/"})
    request.headers["x-amz-content-sha256"] = signed["x-amz-content-sha256"]
    request.headers["x-amz-date"] = signed["x-amz-date"]
    request.context["timestamp"] = signed["x-amz-date"]
    theirs = S3SigV4Auth(Credentials(*KEYS), "s3", "us-east-1")
    text = theirs.string_to_sign(request, theirs.canonical_request(request))
    assert signed["Authorization"].endswith(theirs.signature(text, request))


def test_bucket_is_created_once_and_listed_by_pages(bucket, s3):
    bucket.ensure()
    bucket.PAGE = 2
    plain = boto3.client(
        "s3", endpoint_url=s3, aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1], region_name="us-east-1"
    )
    for number in range(5):
        plain.put_object(Bucket=bucket._bucket, Key=f"inbox/{number:04} ü&+.txt", Body=b"x")
    assert len(keys(bucket, "inbox/")) == 5
    with bucket.open("inbox/0000 ü&+.txt") as stream:
        assert stream.read() == b"x"


@pytest.mark.parametrize(
    ("name", "head", "media_type", "category"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "application/pdf", "documents"),
        ("photo.bin", b"\xff\xd8\xff\xe0rest", "image/jpeg", "images"),
        (
            "x.docx",
            b"PK\x03\x04rest\x00",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "documents",
        ),
        ("x.zip", b"PK\x03\x04rest\x00", "application/zip", "archives"),
        ("r.txt", b"Rechnung Nr. 7, zahlbar in 30 Tagen, IBAN CH93", "text/plain", "invoices"),
        ("c.txt", b"This agreement is made between the parties.", "text/plain", "contracts"),
        ("t.csv", b"a,b\n1,2\n", "text/csv", "tables"),
        ("j.json", b'{"a": 1}', "application/json", "data"),
        ("n.txt", b"buy milk", "text/plain", "notes"),
        ("unknown", b"\x00\x01\x02", "application/octet-stream", "other"),
        ("empty", b"", "application/octet-stream", "other"),
    ],
)
def test_document_is_classified_by_type_and_content(name, head, media_type, category):
    from vdcagent.classify import classify

    verdict = classify(name, head)
    assert (verdict.media_type, verdict.category) == (media_type, category)


def test_text_truncated_within_a_character_is_text():
    from vdcagent.classify import HEAD, classify

    assert classify("a", ("a" + "ü" * HEAD).encode()[:HEAD]).media_type == "text/plain"


def test_document_in_the_inbox_is_filed_once(bucket):
    from vdcagent.filing import Filer

    bucket.put("inbox/letters/rechnung.txt", b"Rechnung, zahlbar auf IBAN CH93")
    filer = Filer(bucket, [])
    assert filer.round() == 1
    assert filer.round() == 0
    [filed] = keys(bucket)
    directory, digest_and_name = filed.rsplit("/", 1)
    assert directory == f"filed/invoices/{datetime.now(UTC):%Y/%m/%d}"
    assert digest_and_name.endswith("-rechnung.txt")
    with bucket.open(filed) as stream:
        assert stream.read().startswith(b"Rechnung")


@pytest.mark.parametrize("lost_call", ["copy", "put", "delete"])
def test_crash_at_any_step_neither_loses_nor_duplicates_a_document(bucket, recorder, lost_call, monkeypatch):
    from vdcagent.filing import Filer
    from vdcagent.s3 import S3Error
    from vdcagent.stores import Qdrant

    bucket.put("inbox/a.txt", b"buy milk")
    real = getattr(bucket, lost_call)

    def done_but_lost(*args):
        real(*args)
        raise S3Error("the connection broke")

    monkeypatch.setattr(bucket, lost_call, done_but_lost)
    filer = Filer(bucket, [Qdrant(recorder.url)])
    filer.round()
    monkeypatch.undo()
    filer.round()
    [filed] = keys(bucket)
    assert filed.startswith("filed/notes/")


def test_document_is_indexed_after_an_unreachable_store_returns(bucket, recorder):
    from vdcagent.filing import Filer
    from vdcagent.stores import Neo4j, Qdrant

    bucket.put("inbox/a.txt", b"buy fresh milk")
    filer = Filer(bucket, [Qdrant(recorder.url, "key"), Neo4j(recorder.url, "neo4j", "secret")])
    recorder.status = 503
    assert filer.round() == 1
    [pending] = keys(bucket, "pending/")
    recorder.status = 200
    filer.round()
    assert keys(bucket, "pending/") == []
    paths = [path for _, path, _, _ in recorder.calls]
    assert "/collections/documents/points?wait=true" in paths
    assert "/db/neo4j/tx/commit" in paths
    point = next(body["points"][0] for _, path, body, _ in recorder.calls if "points" in path)
    assert point["payload"]["category"] == "notes"
    assert math.isclose(sum(x * x for x in point["vector"]), 1.0)
    assert pending == f"pending/{point['payload']['sha256']}.json"


def test_error_of_the_graph_store_counts_as_failure(bucket, recorder):
    from vdcagent.filing import Filer
    from vdcagent.stores import Neo4j

    bucket.put("inbox/a.txt", b"buy milk")
    recorder.answer = {"errors": [{"message": "no such database"}]}
    filer = Filer(bucket, [Neo4j(recorder.url, "neo4j", "secret")])
    filer.round()
    assert len(keys(bucket, "pending/")) == 1
    assert (filer.counters.filed, filer.counters.indexed, filer.counters.failed) == (1, 0, 1)


def test_service_reports_health_and_metrics(bucket, s3, tmp_path):
    from vdcagent.service import configure, serve

    config = {"endpoint": s3, "bucket": bucket._bucket, "access_key": KEYS[0], "secret_key": KEYS[1], "interval": 0.1}
    (tmp_path / "agent.json").write_text(json.dumps(config))
    agent, _ = configure(tmp_path / "agent.json")
    server = serve(agent, 0)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"{url}/healthz")
    bucket.put("inbox/a.txt", b"buy milk")
    agent._stopped.wait = lambda _: agent.stop()  # one round
    agent.run()
    assert urllib.request.urlopen(f"{url}/healthz").read() == b"ok\n"
    assert b"vdc_agent_filed_documents_total 1\n" in urllib.request.urlopen(f"{url}/metrics").read()
    server.shutdown()


def test_missing_configuration_key_is_named(tmp_path):
    from vdcagent.service import ConfigError, configure

    (tmp_path / "agent.json").write_text('{"endpoint": "http://x"}')
    with pytest.raises(ConfigError, match="bucket is missing"):
        configure(tmp_path / "agent.json")
