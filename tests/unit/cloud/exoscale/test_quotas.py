"""Quotas and shortages."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import quotas
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def test_quotas_and_shortages() -> None:
    listed = quotas.quotas(
        [
            {"resource": "network", "usage": 3, "limit": -1},
            {"resource": "instance", "usage": 18, "limit": 20},
            {"resource": "gpu", "usage": 1, "limit": 0},
        ]
    )
    assert [(q["resource"], q["limit"], q["available"]) for q in listed] == [
        ("gpu", 0, 0),
        ("instance", 20, 2),
        ("network", None, None),
    ]
    assert quotas.shortages(listed, {"instance": "2", "network": 999}) == {}
    short = quotas.shortages(listed, {"instance": 3})
    assert short["instance"].message.startswith("3 needed, 2 free (18 of 20 in use)")
    with pytest.raises(ValidationError, match="no quota 'instances'; choose from gpu, instance, network"):
        quotas.shortages(listed, {"instances": 1})
    with pytest.raises(ValidationError, match="instance must be a whole number, not 'many'"):
        quotas.shortages(listed, {"instance": "many"})
