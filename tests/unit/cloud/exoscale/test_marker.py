"""The ownership marker in descriptions."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import marker
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def test_the_marker_is_hidden_and_limits_the_length() -> None:
    assert marker.marked("web") == "web [managed-by=sovereign.vdc]"
    assert marker.marked("") == "[managed-by=sovereign.vdc]"
    assert marker.unmarked(marker.marked("web")) == "web"
    assert len(marker.marked("x" * 228)) == 255
    with pytest.raises(ValidationError, match="at most 228 fit"):
        marker.marked("x" * 229)
    with pytest.raises(ValidationError, match="not ours"):
        marker.refuse_unmarked("group", {"name": "a", "description": "hand-made"})
