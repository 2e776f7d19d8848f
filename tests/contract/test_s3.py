"""The lab's object storage answers boto3, and only with the lab's own key."""

from __future__ import annotations

import boto3
import pytest
import requests
from botocore.exceptions import ClientError


def s3(lab, key: str):
    return boto3.client(
        "s3",
        endpoint_url=lab.env["S3_ENDPOINT"],
        region_name="ch-dk-2",
        aws_access_key_id=key,
        aws_secret_access_key=lab.env["S3_SECRET_KEY"],
    )


def test_objects_can_be_stored_read_and_shared_by_url(lab) -> None:
    client = s3(lab, lab.env["S3_ACCESS_KEY"])
    client.create_bucket(Bucket="tenant-acme", CreateBucketConfiguration={"LocationConstraint": "ch-dk-2"})
    client.put_object(Bucket="tenant-acme", Key="backup/1", Body=b"bytes")
    assert client.get_object(Bucket="tenant-acme", Key="backup/1")["Body"].read() == b"bytes"
    url = client.generate_presigned_url("get_object", Params={"Bucket": "tenant-acme", "Key": "backup/1"})
    assert requests.get(url, timeout=10).content == b"bytes"


def test_without_guests_nodes_and_controller_use_the_same_endpoint(lab) -> None:
    assert lab.env["VDC_S3_ENDPOINT"] == lab.env["S3_ENDPOINT"]


def test_another_access_key_is_rejected(lab) -> None:
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        s3(lab, "somebody").list_buckets()


def test_a_reset_deletes_all_buckets(lab) -> None:
    client = s3(lab, lab.env["S3_ACCESS_KEY"])
    client.create_bucket(Bucket="tenant-acme", CreateBucketConfiguration={"LocationConstraint": "ch-dk-2"})
    lab.reset()
    assert client.list_buckets()["Buckets"] == []
