"""What every playbook checks first: private data outside the inventory, and the site's own store of secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.site import (
    OPERATOR_KEY,
    check_outside_inventories,
    check_store,
)
from support.tenants import new_ledger


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    directory = tmp_path / "mine"
    (directory / "group_vars").mkdir(parents=True)
    (directory / "hosts.yml").write_text("")
    return directory


@pytest.mark.parametrize("path", ["private", ".", "private/deeper", "group_vars/all/private", "../link"])
def test_a_path_in_an_inventory_directory_is_rejected(inventory: Path, path: str) -> None:
    (inventory / "private").mkdir()
    (inventory.parent / "link").symlink_to(inventory / "private")
    given = {"vdc_private_dir": str(inventory / path)}
    with pytest.raises(
        ValidationError, match=r"^vdc_private_dir: '.*' is in the inventory /\S+/mine, of which Ansible reads every"
    ):
        check_outside_inventories(given, [str(inventory.parent / "none"), str(inventory)])


def test_beside_a_file_only_its_variables_are_read(inventory: Path) -> None:
    check_outside_inventories({"vdc_private_dir": str(inventory / "private")}, [str(inventory / "hosts.yml")])
    with pytest.raises(ValidationError, match=r"in the inventory \S+/mine/group_vars"):
        check_outside_inventories({"vdc_private_dir": f"{inventory}/group_vars/x"}, [str(inventory / "hosts.yml")])


@pytest.mark.parametrize("sources", [["localhost,"], [], ["/no/such/inventory"]])
def test_a_list_of_hosts_is_no_directory(inventory: Path, sources: list[str]) -> None:
    check_outside_inventories({"vdc_private_dir": str(inventory / "private")}, sources)


def test_paths_outside_are_accepted(inventory: Path) -> None:
    check_outside_inventories({"vdc_private_dir": f"{inventory}-private"}, [str(inventory)])


class TestStore:
    """The store compared with the ledger's record and the fleet's nodes."""

    NAMES = (OPERATOR_KEY, "tenants/acme/redis_password", "tenants/beta/redis_password")

    @pytest.fixture
    def stores(self, open_store, tmp_path: Path):
        """``stores(name)``: a directory, with a ledger in which all names are recorded as made in the directory ``first``."""
        url = f"sqlite:///{tmp_path}/ledger.db"
        new_ledger(url)
        for name in self.NAMES:
            open_store("files", directory=str(tmp_path / "first"), ledger_url=url).ensure(name, lambda: "value")
        return lambda name: open_store("files", directory=str(tmp_path / name), ledger_url=url)

    def test_a_complete_store_is_accepted(self, stores) -> None:
        assert check_store(stores("first"), ["lab-compute-1"]) == []

    def test_an_empty_store_is_rejected(self, stores) -> None:
        with pytest.raises(
            ValidationError, match="lacks 3 of 3 secrets that the ledger records, for instance operator/ssh_ed25519;"
        ):
            check_store(stores("second"), [])

    def test_a_store_without_the_sites_key_is_rejected(self, stores, tmp_path: Path) -> None:
        (tmp_path / "first" / OPERATOR_KEY).unlink()
        with pytest.raises(
            ValidationError, match=r"lacks 1 of 3 secrets .* instance operator/ssh_ed25519; nothing was changed"
        ):
            check_store(stores("first"), [])

    def test_what_one_tenant_lost_does_not_stop_the_others(self, stores, tmp_path: Path) -> None:
        (tmp_path / "first" / self.NAMES[1]).unlink()
        assert check_store(stores("first"), ["lab-compute-1"]) == [self.NAMES[1]]
        with pytest.raises(ValidationError, match="has no secret tenants/acme/redis_password, but it was made before"):
            stores("first").ensure(self.NAMES[1], lambda: "new")

    def test_nodes_without_their_key_are_rejected(self, open_store, tmp_path: Path) -> None:
        secrets = open_store("files", directory=str(tmp_path / "empty"))
        assert check_store(secrets, []) == []
        with pytest.raises(
            ValidationError, match=r"has no secret operator/ssh_ed25519, and the fleet has nodes \(lab-compute-1, lab-s"
        ):
            check_store(secrets, ["lab-storage-1", "lab-compute-1"])
