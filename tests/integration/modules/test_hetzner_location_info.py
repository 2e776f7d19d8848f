"""hetzner_location_info against the lab."""

from __future__ import annotations


def test_locations_are_listed_by_name_without_a_write(lab, run_module):
    result = run_module("hetzner_location_info")
    assert [location["name"] for location in result["locations"]] == ["ash", "fsn1", "hel1", "hil", "nbg1", "sin"]
    assert not result["changed"]
    assert result["api_calls"] == {"reads": 1, "writes": 0}
    assert lab.writes() == 0


def test_one_location_is_selected_by_name(lab, run_module):
    result = run_module("hetzner_location_info", name="fsn1")
    assert result["locations"] == [
        {
            "name": "fsn1",
            "city": "Falkenstein",
            "country": "DE",
            "network_zone": "eu-central",
            "description": "Falkenstein DC Park 1",
            "latitude": 50.47612,
            "longitude": 12.370071,
        }
    ]


def test_an_unknown_name_selects_nothing(lab, run_module):
    result = run_module("hetzner_location_info", name="nowhere1")
    assert not result["failed"]
    assert result["locations"] == []


def test_a_provider_error_and_a_timeout_are_reported(lab, run_module):
    lab.faults([{"operation": "list_locations", "status": 403, "code": "forbidden", "message": "not yours"}])
    result = run_module("hetzner_location_info")
    assert (result["msg"], result["error"]["code"]) == ("not yours", "forbidden")
    lab.faults([{"operation": "list_locations", "delay": 1}])
    result = run_module("hetzner_location_info", api_timeout=0.1, api_retries=0)
    assert result["msg"] == "GET /v1/locations: no answer within 0.1 s"


def test_a_lost_answer_is_read_again(lab, run_module):
    lab.faults([{"operation": "list_locations", "drop": True, "times": 2}])
    result = run_module("hetzner_location_info")
    assert not result["failed"]
    assert result["api_calls"]["reads"] == 3
