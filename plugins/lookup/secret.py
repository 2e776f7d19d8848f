# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: secret
short_description: Read secrets from the site's store
version_added: 0.1.0
description:
  - Reads secrets that M(sovereign.vdc.secret) made, or reads all below a prefix. It changes nothing.
  - Use C(no_log) for a task that shows the value.
options:
  _terms:
    description:
      - Names of secrets, or prefixes, which end with C(/).
    type: list
    elements: str
    required: true
  default:
    description:
      - What to return for a secret that the store does not have. Without it, such a secret is an error.
    type: str
extends_documentation_fragment:
  - sovereign.vdc.secrets
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Use a tenant's password
  ansible.builtin.set_fact:
    password: "{{ lookup('sovereign.vdc.secret', 'tenants/acme/redis_password', directory='/srv/vdc') }}"
  no_log: true

- name: Read all credentials of a tenant
  ansible.builtin.set_fact:
    credentials: "{{ lookup('sovereign.vdc.secret', 'tenants/acme/', store='hashi_vault') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description:
    - The value of each secret. For a prefix, a dictionary of the values below it by the rest of their names.
  type: list
  elements: raw
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.options import STORE_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets
from ansible_collections.sovereign.vdc.plugins.plugin_utils.secrets import opened


class LookupModule(LookupBase):
    """Reads secrets."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """The secrets called ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        options = {key: self.get_option(key) for key in STORE_OPTIONS}
        default = self.get_option("default")
        try:
            with opened(options, self._loader, tolerant=default is not None) as secrets:
                return [read(secrets, term, default) for term in terms]
        except ValidationError as error:
            raise AnsibleError(str(error)) from None


def read(secrets: Secrets, term: str, default: str | None) -> Any:
    """The value of one secret, or the values below a prefix."""
    if term.endswith("/"):
        return secrets.values(term)
    if default is None:
        secrets.require([term])
    value = secrets.get(term)
    return default if value is None else value
