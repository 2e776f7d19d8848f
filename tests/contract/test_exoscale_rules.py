"""What Exoscale forbids, the lab forbids too."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import requests
from exoscale.api.exceptions import ExoscaleAPIAuthException
from exoscale.api.v2 import Client
from exoscale_auth import ExoscaleV2Auth
from support.exoscale import PUBLIC_KEY, Api, ref

NOWHERE = "00000000-0000-4000-8000-000000000000"
STOPPED = (400, "The instance needs to be stopped.")


@pytest.fixture
def api(lab) -> Api:
    """The client of an empty zone."""
    return Api(lab.env)


class TestSignature:
    def test_wrong_secret(self, lab) -> None:
        client = Client(lab.env["EXOSCALE_API_KEY"], "wrong", url=lab.env["EXOSCALE_API_ENDPOINT"])
        with pytest.raises(ExoscaleAPIAuthException):
            client.list_instances()

    def test_wrong_key(self, lab) -> None:
        client = Client("EXOwrong", lab.env["EXOSCALE_API_SECRET"], url=lab.env["EXOSCALE_API_ENDPOINT"])
        with pytest.raises(ExoscaleAPIAuthException):
            client.list_instances()

    def test_none(self, lab) -> None:
        answer = requests.get(lab.env["EXOSCALE_API_ENDPOINT"] + "/instance", timeout=10)
        assert answer.status_code == 403
        assert answer.json()["message"]

    def test_zones_need_none(self, lab) -> None:
        assert requests.get(lab.env["EXOSCALE_API_ENDPOINT"] + "/zone", timeout=10).status_code == 200

    @pytest.mark.parametrize(("expires", "status"), [(1, 403), (4102444800, 200)])
    def test_expiry(self, lab, expires: int, status: int) -> None:
        class Auth(ExoscaleV2Auth):
            def __call__(self, request):
                self._sign_request(request, expires)
                return request

        auth = Auth(lab.env["EXOSCALE_API_KEY"], lab.env["EXOSCALE_API_SECRET"])
        answer = requests.get(lab.env["EXOSCALE_API_ENDPOINT"] + "/instance", auth=auth, timeout=10)
        assert answer.status_code == status

    def test_covers_body_and_query(self, lab) -> None:
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


class TestRequests:
    def test_missing_field(self, api: Api) -> None:
        status, message = api.refusal("create_instance", name="one")
        assert status == 400
        assert message.startswith("Invalid request; ")
        assert "disk-size" in message

    def test_unknown_field(self, api: Api) -> None:
        answer = api.client.http_client.post(api.client.endpoint + "/security-group", json={"name": "a", "colour": 1})
        assert answer.status_code == 400

    def test_not_built(self, lab) -> None:
        api = Api(lab.env)
        assert api.refusal("list_sks_clusters") == (501, "the lab has not built list-sks-clusters")

    def test_unknown_id(self, api: Api) -> None:
        assert api.refusal("get_instance", id=NOWHERE) == (404, "Instance not found")
        assert api.refusal("get_block_storage_volume", id=NOWHERE) == (404, "Blockstorage Volume not found")
        assert api.refusal("get_operation", id=NOWHERE)[0] == 404
        assert api.refusal("get_quota", entity="dragons")[0] == 404


class TestInstances:
    def test_names_are_not_unique(self, api: Api) -> None:
        assert api.instance("twin") != api.instance("twin")

    def test_disk_size(self, api: Api) -> None:
        assert api.refusal("create_instance", **api.wish(disk_size=9))[0] == 400
        assert api.refusal("create_instance", **api.wish(disk_size=51201))[0] == 400

    def test_disk_only_grows_and_only_when_stopped(self, api: Api) -> None:
        one = api.instance()
        assert api.refusal("resize_instance_disk", id=one, disk_size=30) == STOPPED
        api.do("stop_instance", id=one)
        for size in (10, 20):
            status, message = api.refusal("resize_instance_disk", id=one, disk_size=size)
            assert (status, "can only grow" in message) == (400, True)

    def test_scale_when_stopped_within_the_family(self, api: Api) -> None:
        one = api.instance()
        assert api.refusal("scale_instance", id=one, instance_type=api.types["standard.medium"]) == STOPPED
        api.do("stop_instance", id=one)
        status, message = api.refusal("scale_instance", id=one, instance_type=api.types["memory.huge"])
        assert (status, "family" in message) == (400, True)
        api.do("scale_instance", id=one, instance_type=api.types["standard.medium"])
        assert api.get_instance(id=one)["instance-type"] == api.types["standard.medium"]

    def test_reset_and_revert_need_a_stop(self, api: Api) -> None:
        one = api.instance()
        snapshot = api.do("create_snapshot", id=one)
        assert api.refusal("reset_instance", id=one) == STOPPED
        assert api.refusal("revert_instance_to_snapshot", instance_id=one, id=snapshot) == STOPPED

    def test_start_and_stop_fit_the_state(self, api: Api) -> None:
        one = api.instance()
        assert api.refusal("start_instance", id=one)[0] == 400
        api.do("stop_instance", id=one)
        assert api.refusal("stop_instance", id=one)[0] == 400
        assert api.refusal("reboot_instance", id=one)[0] == 400

    def test_protection(self, api: Api) -> None:
        one = api.instance()
        api.do("add_instance_protection", id=one)
        status, message = api.refusal("delete_instance", id=one)
        assert (status, "protected" in message) == (400, True)

    def test_user_data(self, api: Api) -> None:
        assert api.refusal("create_instance", **api.wish(user_data="#cloud-config"))[0] == 400
        long = base64.b64encode(b"x" * 24577).decode()
        assert api.refusal("create_instance", **api.wish(user_data=long))[0] == 400

    def test_type_of_another_zone(self, api: Api) -> None:
        status, message = api.refusal("create_instance", **api.wish("gpua30.small"))
        assert (status, "not available in zone ch-dk-2" in message) == (400, True)

    def test_what_it_names_must_exist(self, api: Api) -> None:
        assert api.refusal("create_instance", **api.wish(ssh_keys=[{"name": "nobody"}])) == (404, "SSH key not found")
        assert api.refusal("create_instance", **api.wish(template=ref(NOWHERE))) == (404, "Template not found")
        assert api.list_instances()["instances"] == []

    def test_private_instance_has_no_address(self, api: Api) -> None:
        seen = api.get_instance(id=api.instance(public_ip_assignment="none"))
        assert "public-ip" not in seen
        assert seen["security-groups"] == []
        assert api.refusal("update_instance", id=seen["id"], public_ip_assignment="inet4")[0] == 400

    def test_not_started(self, api: Api) -> None:
        assert api.get_instance(id=api.instance(auto_start=False))["state"] == "stopped"

    def test_password_is_kept_for_a_day(self, lab, api: Api) -> None:
        one = api.instance()
        assert api.reveal_instance_password(id=one)["password"]
        lab.clock(25 * 3600)
        assert api.refusal("reveal_instance_password", id=one)[0] == 404


class TestCapacity:
    def test_quota(self, lab, api: Api) -> None:
        lab.configure("ch-dk-2", {"quotas": {"instance": 1}})
        api.instance()
        status, message = api.refusal("create_instance", **api.wish())
        assert (status, message) == (400, "Quota exceeded for resource instance: the limit is 1")
        assert api.get_quota(entity="instance") == {"resource": "instance", "usage": 1, "limit": 1}

    def test_stock(self, lab, api: Api) -> None:
        lab.configure("ch-dk-2", {"stock": {"standard.small": 1}})
        one = api.instance()
        failed = api.failure("create_instance", **api.wish())
        assert failed["reason"] == "unavailable"
        assert "insufficient capacity for instance type standard.small" in failed["message"]
        assert [i["id"] for i in api.list_instances()["instances"]] == [one]
        api.do("delete_instance", id=one)
        assert api.instance()

    def test_gpus_need_a_quota(self, api: Api) -> None:
        assert "Quota exceeded" in api.refusal("create_instance", **api.wish("gpurtx6000pro.small", disk_size=50))[1]

    def test_block_storage_quota_counts_gib(self, lab, api: Api) -> None:
        lab.configure("ch-dk-2", {"quotas": {"block-storage-volume-size": 30}})
        volume = api.do("create_block_storage_volume", name="a", size=20)
        assert "Quota exceeded" in api.refusal("create_block_storage_volume", name="b", size=11)[1]
        assert "Quota exceeded" in api.refusal("resize_block_storage_volume", id=volume, size=31)[1]

    def test_knobs_of_all_zones(self, lab) -> None:
        lab.configure("exoscale", {"stock": {"standard.small": 0}})
        state = lab.state()
        assert all(state[zone]["stock"] == {"standard.small": 0} for zone in ("ch-dk-2", "ch-gva-2", "de-fra-1"))

    def test_unknown_knobs(self, lab) -> None:
        for change in ({"quotas": {"dragons": 1}}, {"stock": {"standard.smal": 1}}, {"colour": 1}):
            with pytest.raises(AssertionError, match="is not"):
                lab.configure("ch-dk-2", change)


class TestBlockStorage:
    def test_sizes(self, api: Api) -> None:
        for size in (9, 10241):
            assert api.refusal("create_block_storage_volume", name="a", size=size)[0] == 400
        volume = api.do("create_block_storage_volume", name="a", size=20)
        for size in (10, 20, 10241):
            assert api.refusal("resize_block_storage_volume", id=volume, size=size)[0] == 400

    def test_resize_needs_it_detached_or_the_instance_stopped(self, api: Api) -> None:
        one, volume = api.instance(), api.do("create_block_storage_volume", name="a", size=10)
        api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
        status, message = api.refusal("resize_block_storage_volume", id=volume, size=20)
        assert (status, "needs to be stopped" in message) == (400, True)
        api.do("stop_instance", id=one)
        assert api.resize_block_storage_volume(id=volume, size=20)["size"] == 20

    def test_five_an_instance(self, api: Api) -> None:
        one = api.instance()
        volumes = [api.do("create_block_storage_volume", name=f"v{n}", size=10) for n in range(6)]
        for volume in volumes[:5]:
            api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
        status, message = api.refusal("attach_block_storage_volume_to_instance", id=volumes[5], instance=ref(one))
        assert (status, "maximum" in message) == (400, True)

    def test_one_instance_a_volume_and_no_small_ones(self, api: Api) -> None:
        one, tiny = api.instance(), api.instance("tiny", "standard.tiny")
        volume = api.do("create_block_storage_volume", name="a", size=10)
        attach = {"id": volume, "instance": ref(tiny)}
        assert "small at least" in api.refusal("attach_block_storage_volume_to_instance", **attach)[1]
        api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
        assert "already attached" in api.refusal("attach_block_storage_volume_to_instance", **attach)[1]

    def test_delete_needs_it_detached(self, api: Api) -> None:
        one, volume = api.instance(), api.do("create_block_storage_volume", name="a", size=10)
        assert api.refusal("detach_block_storage_volume", id=volume) == (400, "Volume not attached")
        api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
        assert api.refusal("delete_block_storage_volume", id=volume)[0] == 400
        api.do("delete_instance", id=one)
        assert api.get_block_storage_volume(id=volume)["state"] == "detached"
        api.do("delete_block_storage_volume", id=volume)

    def test_twenty_snapshots_and_no_smaller_copy(self, api: Api) -> None:
        volume = api.do("create_block_storage_volume", name="a", size=20)
        snapshots = [api.do("create_block_storage_snapshot", id=volume, name=f"s{n}") for n in range(20)]
        assert "maximum" in api.refusal("create_block_storage_snapshot", id=volume, name="s20")[1]
        smaller = {"block_storage_snapshot": ref(snapshots[0]), "size": 19}
        assert "less than the snapshot's" in api.refusal("create_block_storage_volume", **smaller)[1]
        bigger = api.do("create_block_storage_volume", block_storage_snapshot=ref(snapshots[0]), size=40)
        assert api.get_block_storage_volume(id=bigger)["size"] == 40
        assert "snapshots" in api.refusal("delete_block_storage_volume", id=volume)[1]

    def test_zone_without_it(self, lab, api: Api) -> None:
        lab.configure("ch-dk-2", {"lacking": ["block-storage"]})
        status, message = api.refusal("create_block_storage_volume", name="a", size=10)
        assert (status, message.startswith("Availability of the block storage volumes")) == (400, True)


class TestGroupsAndNetworks:
    def test_security_group_in_use(self, api: Api) -> None:
        group = api.do("create_security_group", name="web")
        one = api.instance(security_groups=[ref(group)])
        assert api.refusal("delete_security_group", id=group) == (400, "Security Group web is in use by instance one")
        api.do("delete_instance", id=one)
        other = api.do("create_security_group", name="db")
        rule = {"flow_direction": "ingress", "protocol": "tcp", "start_port": 5432, "end_port": 5432}
        api.do("add_rule_to_security_group", id=other, security_group=ref(group), **rule)
        assert "a rule of Security Group db" in api.refusal("delete_security_group", id=group)[1]

    def test_names_of_groups_and_keys_are_unique(self, api: Api) -> None:
        for create, more in (
            ("create_security_group", {}),
            ("create_anti_affinity_group", {}),
            ("register_ssh_key", {"public_key": PUBLIC_KEY}),
        ):
            api.do(create, name="taken", **more)
            status, message = api.refusal(create, name="taken", **more)
            assert (status, "already exists" in message) == (409, True)

    @pytest.mark.parametrize(
        "rule",
        [
            {"protocol": "tcp", "network": "0.0.0.0/0"},
            {"protocol": "tcp", "start_port": 443, "end_port": 443},
            {"protocol": "tcp", "start_port": 443, "end_port": 80, "network": "0.0.0.0/0"},
            {"protocol": "esp", "start_port": 443, "end_port": 443, "network": "0.0.0.0/0"},
            {"protocol": "udp", "start_port": 53, "end_port": 53, "network": "10.0.0.1/8"},
        ],
    )
    def test_rules_that_will_not_do(self, api: Api, rule) -> None:
        group = api.do("create_security_group", name="web")
        assert api.refusal("add_rule_to_security_group", id=group, flow_direction="ingress", **rule)[0] == 400

    def test_icmp_means_any_by_default(self, api: Api) -> None:
        group = api.do("create_security_group", name="web")
        rule = {"flow_direction": "ingress", "protocol": "icmp", "network": "0.0.0.0/0"}
        api.do("add_rule_to_security_group", id=group, **rule)
        assert api.get_security_group(id=group)["rules"][0]["icmp"] == {"type": -1, "code": -1}

    def test_eight_in_an_anti_affinity_group(self, api: Api) -> None:
        group = api.do("create_anti_affinity_group", name="apart")
        for number in range(8):
            api.instance(f"n{number}", anti_affinity_groups=[ref(group)])
        status, message = api.refusal("create_instance", **api.wish(anti_affinity_groups=[ref(group)]))
        assert (status, "maximum" in message) == (400, True)
        assert api.refusal("delete_anti_affinity_group", id=group)[0] == 400

    def test_private_network_leases(self, api: Api) -> None:
        managed = {"start_ip": "10.0.0.10", "end_ip": "10.0.0.11", "netmask": "255.255.255.0"}
        net = api.do("create_private_network", name="back", **managed)
        one, two, three = (api.instance(name) for name in ("one", "two", "three"))
        attach = "attach_instance_to_private_network"
        api.do(attach, id=net, instance=ref(one))
        assert api.get_private_network(id=net)["leases"][0]["ip"] == "10.0.0.10"
        assert "already in use" in api.refusal(attach, id=net, instance=ref(two), ip="10.0.0.10")[1]
        assert "not within" in api.refusal(attach, id=net, instance=ref(two), ip="10.0.0.99")[1]
        api.do(attach, id=net, instance=ref(two))
        assert "no free address" in api.refusal(attach, id=net, instance=ref(three))[1]
        assert "already attached" in api.refusal(attach, id=net, instance=ref(one))[1]
        assert "leaves out" in api.refusal("update_private_network", id=net, end_ip="10.0.0.10")[1]
        assert api.refusal("delete_private_network", id=net)[0] == 400

    def test_unmanaged_network_leases_nothing(self, api: Api) -> None:
        net, one = api.do("create_private_network", name="plain"), api.instance()
        assert api.refusal("attach_instance_to_private_network", id=net, instance=ref(one), ip="10.0.0.9")[0] == 400
        api.do("attach_instance_to_private_network", id=net, instance=ref(one))
        assert api.get_private_network(id=net)["leases"] == []

    @pytest.mark.parametrize(
        "bounds",
        [
            {"start_ip": "10.0.0.10"},
            {"start_ip": "10.0.0.10", "end_ip": "10.0.1.10", "netmask": "255.255.255.0"},
            {"start_ip": "10.0.0.10", "end_ip": "10.0.0.9", "netmask": "255.255.255.0"},
        ],
    )
    def test_ranges_that_will_not_do(self, api: Api, bounds) -> None:
        assert api.refusal("create_private_network", name="back", **bounds)[0] == 400

    def test_elastic_ip_in_use(self, api: Api) -> None:
        elastic, one = api.do("create_elastic_ip"), api.instance()
        api.do("attach_instance_to_elastic_ip", id=elastic, instance=ref(one))
        assert api.refusal("delete_elastic_ip", id=elastic)[0] == 400
        api.do("delete_instance", id=one)
        api.do("delete_elastic_ip", id=elastic)

    def test_public_key_must_be_one(self, api: Api) -> None:
        assert api.refusal("register_ssh_key", name="bad", public_key="ssh-ed25519 nonsense")[0] == 400


class TestPools:
    def test_size(self, api: Api) -> None:
        assert api.refusal("create_instance_pool", name="web", size=0, **api.wish())[0] == 400

    def test_only_members_are_evicted(self, api: Api) -> None:
        pool, one = api.do("create_instance_pool", name="web", size=1, **api.wish()), api.instance()
        assert "not a member" in api.refusal("evict_instance_pool_members", id=pool, instances=[one])[1]

    def test_a_lost_member_is_replaced(self, api: Api) -> None:
        pool = api.do("create_instance_pool", name="web", size=2, **api.wish())
        lost = api.get_instance_pool(id=pool)["instances"][0]
        api.do("delete_instance", **lost)
        seen = api.get_instance_pool(id=pool)
        assert (seen["size"], len(seen["instances"])) == (2, 2)
        assert lost not in seen["instances"]

    def test_all_or_none_without_stock(self, lab, api: Api) -> None:
        lab.configure("ch-dk-2", {"stock": {"standard.small": 2}})
        assert api.failure("create_instance_pool", name="web", size=3, **api.wish())["reason"] == "unavailable"
        assert api.list_instances()["instances"] == []
        assert api.list_instance_pools()["instance-pools"] == []

    def test_behind_a_load_balancer_it_stays(self, api: Api) -> None:
        pool = api.do("create_instance_pool", name="web", size=1, **api.wish())
        balancer = api.do("create_load_balancer", name="front")
        service = {
            "instance_pool": ref(pool),
            "protocol": "tcp",
            "strategy": "round-robin",
            "port": 443,
            "target_port": 443,
            "healthcheck": {"mode": "tcp", "port": 443},
        }
        api.do("add_service_to_load_balancer", id=balancer, name="a", **service)
        assert "Load Balancer front" in api.refusal("delete_instance_pool", id=pool)[1]
        assert "already in use" in api.refusal("add_service_to_load_balancer", id=balancer, name="b", **service)[1]


class TestTime:
    def test_operations_take_their_time(self, lab, api: Api) -> None:
        lab.settings(operation_seconds=30)
        pending = api.create_instance(name="slow", **api.wish())
        one = pending["reference"]["id"]
        assert api.get_operation(id=pending["id"])["state"] == "pending"
        assert api.get_instance(id=one)["state"] == "starting"
        status, message = api.refusal("delete_instance", id=one)
        assert (status, "pending" in message) == (409, True)
        lab.clock(30)
        assert api.get_operation(id=pending["id"])["state"] == "success"
        assert api.get_instance(id=one)["state"] == "running"

    def test_usage_counts_what_existed(self, lab, api: Api) -> None:
        lab.clock(_to_next_month())
        one = api.instance(disk_size=10)
        lab.clock(2 * 3600)
        api.do("stop_instance", id=one)
        lab.clock(3600)
        usage = {line["variable"]: line for line in api.get_usage_report()["usage"]}
        assert float(usage["running_small"]["quantity"]) == pytest.approx(2, abs=0.01)
        assert float(usage["volume"]["quantity"]) == pytest.approx(30, abs=0.1)
        assert api.get_usage_report(period="2020-01")["usage"] == []
        assert api.refusal("get_usage_report", period="last")[0] == 400

    def test_events_of_a_span(self, lab, api: Api) -> None:
        api.do("create_security_group", name="old")
        lab.clock(2 * 86400)
        assert api.list_events() == []
        assert len(api.list_events(**{"from": "2020-01-01T00:00:00Z"})) == 1

    def test_events_keep_no_secret(self, api: Api) -> None:
        api.instance(user_data=base64.b64encode(b"password: hunter2").decode())
        assert "user-data" not in api.list_events()[-1]["body-params"]


class TestZones:
    def test_what_is_shared_and_what_is_not(self, lab, api: Api) -> None:
        endpoints = {z["name"]: z["api-endpoint"] for z in api.list_zones()["zones"]}
        geneva = Api(lab.env, endpoints["ch-gva-2"])
        group, one = api.do("create_security_group", name="web"), api.instance()
        assert geneva.get_security_group(id=group)["name"] == "web"
        assert geneva.refusal("get_instance", id=one) == (404, "Instance not found")
        assert geneva.get_quota(entity="instance")["usage"] == 1
        volume = geneva.do("create_block_storage_volume", name="far", size=10)
        attach = {"id": volume, "instance": ref(one)}
        assert geneva.refusal("attach_block_storage_volume_to_instance", **attach)[0] == 404


def _to_next_month() -> float:
    """Seconds until the first of the next month, so that a test's hours fall into one month. A
    lab that was just reset has wall time."""
    now = datetime.now(UTC)
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
    return (datetime(year, month, 1, tzinfo=UTC) - now).total_seconds() + 1
