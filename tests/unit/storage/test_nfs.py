"""What the NFS server is made of, and what is said when it does otherwise."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import nfs

WISH = nfs.Wish("vdc0", 16, 45)
GOOD = nfs.Seen(nfs.files(WISH), nfs.links(), True, "-3 +4 -4.0 -4.1 +4.2", [22, 2049], f"table {nfs.rule(WISH)}")


def test_it_is_as_foreseen() -> None:
    assert nfs.view(GOOD) == nfs.foreseen(WISH)
    assert nfs.faults(WISH, GOOD) == []
    assert nfs.rule(WISH) in nfs.files(WISH)[nfs.GUARD_FILE]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"active": False}, "does not serve"),
        ({"ports": [22]}, "does not serve"),
        ({"ports": [111, 2049]}, "listens on port 111"),
        ({"versions": "+3 +4 +4.2"}, "speaks the versions +3"),
        ({"guard": ""}, "no guard keeps NFS to the interface vdc0"),
    ],
)
def test_what_is_wrong_is_said(change: dict, said: str) -> None:
    [fault] = nfs.faults(WISH, dataclasses.replace(GOOD, **change))
    assert said in fault
