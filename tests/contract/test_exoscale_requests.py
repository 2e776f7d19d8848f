"""Requests that the lab's Exoscale rejects before it reads resources."""

from __future__ import annotations

from support.exoscale import Api

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_missing_field_is_named(api: Api) -> None:
    message = api.assert_rejected(400, "create_instance", name="one", starting="Invalid request; ")
    assert "disk-size" in message


def test_an_unknown_field_is_rejected(api: Api) -> None:
    answer = api.client.http_client.post(api.client.endpoint + "/security-group", json={"name": "a", "colour": 1})
    assert answer.status_code == 400


def test_an_operation_that_is_not_built_answers_501(lab) -> None:
    api = Api(lab.env)
    api.assert_rejected(501, "list_sks_clusters", message="the lab has not built list-sks-clusters")


def test_an_unknown_id_answers_404(api: Api) -> None:
    api.assert_rejected(404, "get_instance", id=NOWHERE, message="Instance not found")
    api.assert_rejected(404, "get_block_storage_volume", id=NOWHERE, message="Blockstorage Volume not found")
    api.assert_rejected(404, "get_operation", id=NOWHERE)
    api.assert_rejected(404, "get_quota", entity="dragons")
