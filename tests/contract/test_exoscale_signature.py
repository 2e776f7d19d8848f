"""Exoscale's signature: every call except list-zones needs a valid one."""

from __future__ import annotations

import pytest
import requests
from exoscale.api.exceptions import ExoscaleAPIAuthException
from exoscale.api.v2 import Client
from exoscale_auth import ExoscaleV2Auth


def test_a_wrong_secret_is_rejected(lab) -> None:
    client = Client(lab.env["EXOSCALE_API_KEY"], "wrong", url=lab.env["EXOSCALE_API_ENDPOINT"])
    with pytest.raises(ExoscaleAPIAuthException):
        client.list_instances()


def test_a_wrong_key_is_rejected(lab) -> None:
    client = Client("EXOwrong", lab.env["EXOSCALE_API_SECRET"], url=lab.env["EXOSCALE_API_ENDPOINT"])
    with pytest.raises(ExoscaleAPIAuthException):
        client.list_instances()


def test_an_unsigned_call_is_rejected(lab) -> None:
    answer = requests.get(lab.env["EXOSCALE_API_ENDPOINT"] + "/instance", timeout=10)
    assert answer.status_code == 403
    assert answer.json()["message"]


def test_list_zones_needs_no_signature(lab) -> None:
    assert requests.get(lab.env["EXOSCALE_API_ENDPOINT"] + "/zone", timeout=10).status_code == 200


@pytest.mark.parametrize(("expires", "status"), [(1, 403), (4102444800, 200)])
def test_an_expired_signature_is_rejected(lab, expires: int, status: int) -> None:
    class Auth(ExoscaleV2Auth):
        def __call__(self, request):
            self._sign_request(request, expires)
            return request

    auth = Auth(lab.env["EXOSCALE_API_KEY"], lab.env["EXOSCALE_API_SECRET"])
    answer = requests.get(lab.env["EXOSCALE_API_ENDPOINT"] + "/instance", auth=auth, timeout=10)
    assert answer.status_code == status


def test_the_signature_covers_body_and_query(lab) -> None:
    class Auth(ExoscaleV2Auth):
        def __call__(self, request):
            super().__call__(request)
            request.url = request.url.replace("=public", "=private")
            request.body = request.body and request.body.replace(b"good", b"evil")
            return request

    auth = Auth(lab.env["EXOSCALE_API_KEY"], lab.env["EXOSCALE_API_SECRET"])
    url = lab.env["EXOSCALE_API_ENDPOINT"]
    assert requests.get(url + "/template?visibility=public", auth=auth, timeout=10).status_code == 403
    assert requests.post(url + "/security-group", json={"name": "good"}, auth=auth, timeout=10).status_code == 403
    assert requests.get(url + "/template", auth=auth, timeout=10).status_code == 200
