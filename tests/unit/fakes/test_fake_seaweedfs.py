"""The fake SeaweedFS, used with Amazon's own client and with the agent's."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from vdclab.fakes import s3_signature
from vdclab.fakes.fake_seaweedfs import Buckets, handler

KEYS = {"an-access-key": "a-secret-key"}


def client(url, access="an-access-key", secret="a-secret-key"):
    config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=config,
    )


@pytest.fixture
def url(serve, tmp_path):
    return serve(handler(Buckets(tmp_path / "data"), KEYS))


def code(error) -> str:
    return error.value.response["Error"]["Code"]


def test_objects_are_stored_copied_and_deleted(url):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    s3.put_object(Bucket="dump", Key="inbox/a ü&+=%.txt", Body=b"x" * 200_000)
    assert s3.get_object(Bucket="dump", Key="inbox/a ü&+=%.txt")["Body"].read() == b"x" * 200_000
    assert s3.head_object(Bucket="dump", Key="inbox/a ü&+=%.txt")["ContentLength"] == 200_000
    s3.copy_object(Bucket="dump", Key=".", CopySource={"Bucket": "dump", "Key": "inbox/a ü&+=%.txt"})
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="dump")["Contents"]] == [".", "inbox/a ü&+=%.txt"]
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket="dump")
    assert code(error) == "BucketNotEmpty"
    for key in (".", "inbox/a ü&+=%.txt"):
        s3.delete_object(Bucket="dump", Key=key)
    s3.delete_bucket(Bucket="dump")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket="dump")


def test_a_listing_has_pages_and_common_prefixes(url):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    names = [f"{folder}/{number}" for folder in "abc" for number in range(3)] + ["z"]
    for name in names:
        s3.put_object(Bucket="dump", Key=name, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="dump", PaginationConfig={"PageSize": 3})
    assert [o["Key"] for page in pages for o in page["Contents"]] == names
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="dump", Delimiter="/", PaginationConfig={"PageSize": 1})
    folders = [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])]
    assert folders == ["a/", "b/", "c/"]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="dump", Prefix="b/")["Contents"]] == ["b/0", "b/1", "b/2"]


def test_acknowledged_objects_survive_a_restart(serve, tmp_path):
    client(serve(handler(Buckets(tmp_path), KEYS))).create_bucket(Bucket="dump")
    client(serve(handler(Buckets(tmp_path), KEYS))).put_object(Bucket="dump", Key="k", Body=b"v")
    again = client(serve(handler(Buckets(tmp_path), KEYS)))
    assert again.get_object(Bucket="dump", Key="k")["Body"].read() == b"v"


@pytest.mark.parametrize(
    ("access", "secret", "expected"),
    [
        ("an-access-key", "wrong", "SignatureDoesNotMatch"),
        ("nobody", "a-secret-key", "InvalidAccessKeyId"),
    ],
)
def test_wrong_credentials_are_rejected(url, access, secret, expected):
    with pytest.raises(ClientError) as error:
        client(url, access, secret).put_object(Bucket="dump", Key="k", Body=b"v")
    assert code(error) == expected


def test_without_a_signature_only_the_health_check_answers(url):
    assert urllib.request.urlopen(f"{url}/healthz").status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{url}/dump")


def test_a_signature_expires_after_minutes():
    from vdcagent.s3 import Bucket

    moment = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    headers = Bucket("http://store", "dump", *next(iter(KEYS.items()))).sign("GET", "/dump", "", {}, b"", moment)
    headers["host"] = "store"
    s3_signature.check("GET", "/dump", "", headers, KEYS, moment + timedelta(minutes=14))
    with pytest.raises(s3_signature.Denied, match="differ too much"):
        s3_signature.check("GET", "/dump", "", headers, KEYS, moment + timedelta(minutes=16))


@pytest.mark.parametrize("key", ["nothing", "../../etc/passwd"])
def test_missing_objects_and_unknown_calls_are_errors(url, key):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="dump", Key=key)
    assert code(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.get_bucket_versioning(Bucket="dump")
    assert code(error) == "NotImplemented"


def test_the_agent_files_documents_from_its_inbox(url):
    from vdcagent.filing import Filer
    from vdcagent.s3 import Bucket

    bucket = Bucket(url, "dump", *next(iter(KEYS.items())))
    bucket.PAGE = 2
    bucket.ensure()
    bucket.ensure()
    for number in range(5):
        bucket.put(f"inbox/rechnung {number}.txt", f"Rechnung {number}, zahlbar auf IBAN CH93".encode())
    assert Filer(bucket, []).round() == 5
    assert len(list(bucket.list("filed/invoices/"))) == 5
    assert list(bucket.list("inbox/")) == []


def test_a_conditional_delete_spares_another_content(url):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    first = s3.put_object(Bucket="dump", Key="k", Body=b"one")["ETag"]
    second = s3.put_object(Bucket="dump", Key="k", Body=b"two")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket="dump", Key="k", IfMatch=first)
    assert code(error) == "PreconditionFailed"
    assert [o["ETag"] for o in s3.list_objects_v2(Bucket="dump")["Contents"]] == [second]
    s3.delete_object(Bucket="dump", Key="k", IfMatch=second)
    assert "Contents" not in s3.list_objects_v2(Bucket="dump")
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket="dump", Key="k", IfMatch=second)
    assert code(error) == "PreconditionFailed"


def test_a_conditional_copy_copies_only_the_expected_content(url):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    etag = s3.put_object(Bucket="dump", Key="k", Body=b"one")["ETag"]
    source = {"Bucket": "dump", "Key": "k"}
    s3.copy_object(Bucket="dump", Key="copy", CopySource=source, CopySourceIfMatch=etag)
    s3.put_object(Bucket="dump", Key="k", Body=b"two")
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket="dump", Key="copy", CopySource=source, CopySourceIfMatch=etag)
    assert code(error) == "PreconditionFailed"
    assert s3.get_object(Bucket="dump", Key="copy")["Body"].read() == b"one"


def test_conditions_that_are_not_built_are_refused(url):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    etag = s3.put_object(Bucket="dump", Key="k", Body=b"one")["ETag"]
    source = {"Bucket": "dump", "Key": "k"}
    calls = (
        lambda: s3.put_object(Bucket="dump", Key="k", Body=b"two", IfNoneMatch="*"),
        lambda: s3.get_object(Bucket="dump", Key="k", IfMatch=etag),
        lambda: s3.copy_object(Bucket="dump", Key="c", CopySource=source, CopySourceIfNoneMatch=etag),
    )
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == "NotImplemented"


def test_long_and_unusual_keys_are_kept_apart(url):
    s3 = client(url)
    s3.create_bucket(Bucket="dump")
    names = ["x" * 250, "x" * 251, "x" * 250 + "..", "ü" * 512, "a\x01b", "+/..", "x" * 1024]
    for name in names:
        s3.put_object(Bucket="dump", Key=name, Body=name.encode())
    for name in names:
        assert s3.get_object(Bucket="dump", Key=name)["Body"].read() == name.encode()
    assert {o["Key"] for o in s3.list_objects_v2(Bucket="dump")["Contents"]} == set(names)
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="dump", Key="x" * 1025, Body=b"")
    assert code(error) == "KeyTooLongError"
    for name in names:
        s3.delete_object(Bucket="dump", Key=name)
    s3.delete_bucket(Bucket="dump")
