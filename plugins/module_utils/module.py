# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ``AnsibleModule`` of all modules here: secrets in no log, no result and no failure.

Runs on nodes, too, with Python 3.10 or newer and its standard library only.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, StorageError, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.redact import forms, secret_values, strings
from ansible_collections.sovereign.vdc.plugins.module_utils.requirement import check_ansible_version


class Module(AnsibleModule):
    """An ``AnsibleModule`` that hides whole options with suboptions.

    Ansible writes the parameters of each module to the system's log. It masks secrets there as text, and does not find them in
    lists and dictionaries, where Python writes a line break as ``\\n``. Hence such an option gets ``no_log`` as a whole, and
    does not appear in that log. Ansible would then mask each string of it in the result as well, names included. Here only the
    suboptions with ``no_log`` of their own are masked, in every form in which a message can quote them.
    """

    def __init__(self, argument_spec: dict[str, Any], **rules: Any) -> None:
        super().__init__(argument_spec=argument_spec, **{"supports_check_mode": True, **rules})
        self._mask_secrets_only()
        with self.failures():
            check_ansible_version(self.ansible_version)

    def fail_json(self, msg: str, **values: Any) -> Any:
        """As Ansible's method. Invalid options end here before ``__init__`` does."""
        self._mask_secrets_only()
        return super().fail_json(msg, **values)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """End the module with one sentence for the errors that are ours, and for any other with its kind and its filtered text."""
        try:
            yield
        except LibraryMissing as error:
            self.fail_json(missing_required_lib(error.library), exception=error.traceback)
        except (ValidationError, StorageError) as error:
            self.fail_json(str(error))
        except Exception as error:  # a bug, or a failure of a library that is not known here
            self.fail_json(
                f"unexpected {type(error).__name__}: {error}; this is a fault of the module or of a library: report it with the output of -vvv",
                exception=traceback.format_exc(),
            )

    def _mask_secrets_only(self) -> None:
        whole = (name for name, option in self.argument_spec.items() if option.get("no_log") and option.get("options"))
        shown = {text for name in whole for text in strings(self.params.get(name))}
        self.no_log_values = (self.no_log_values - shown) | forms(secret_values(self.argument_spec, self.params))
