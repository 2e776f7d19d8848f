# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts that both inventory plugins share: options, cache, names, groups, errors.

Thousands of hosts are parsed in one run, so unused features cost nothing: no template is rendered
for an option that is not set, and a new host gets all its variables in one step, because
``InventoryData.set_variable`` walks through every value to record its origin
(2.4 s for 10,000 hosts with ansible-core 2.19).
"""

from __future__ import annotations

import gc
import hashlib
import json
import re
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible import __version__ as ansible_version
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import check_call_options
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.redact import redact
from ansible_collections.sovereign.vdc.plugins.module_utils.requirement import check_ansible_version
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory import address, names, selector, source
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.plain import ABSENT, value_of
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.untrusted import untrusted

Facts = dict[str, Any]
FLEET = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Without garbage collection, which takes a tenth of the time: objects of thousands of hosts are no garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class CloudInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """The hosts of one cloud. A subclass declares its options and reads its cloud."""

    # Suffix of the names of its option files, before .yml or .yaml.
    FILE: str
    # Credentials; only a fingerprint of them is part of the cache key.
    SECRETS: tuple[str, ...]
    # Options that select the hosts, in addition to label_selector and labels.
    SCOPE: tuple[str, ...]

    @abstractmethod
    def read(self, options: Mapping[str, Any], labels: str) -> list[Facts]:
        """Read the servers that match ``options`` and the selector ``labels`` from the cloud.

        All have the keys ``id``, ``name``, ``labels``, ``ipv4``, ``ipv6`` and
        ``private_networks``. Raises ``ValidationError``, ``CloudError`` and ``LibraryMissing``.
        """

    def verify_file(self, path: str) -> bool:
        """Whether the file at ``path`` may be one of ours."""
        return super().verify_file(path) and path.endswith((f"{self.FILE}.yml", f"{self.FILE}.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the cloud's servers to ``inventory``; raises ``AnsibleParserError`` with one sentence."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self.templar.available_variables = self._vars
        # Until it is complete: a file that cannot be read leaves this behind.
        record = {"provider": self.FILE, "complete": False, "read_at": 0, "error": ""}
        self._report(path, record)
        try:
            check_ansible_version(ansible_version)
            options = self._read_options()
            record |= source.describe(self.FILE, options, self.SCOPE)
            with no_garbage_collection():
                hosts, read_at = self._load(options, path, cache)
                self._add_hosts(options, hosts)
            self._report(path, {**record, "complete": True, "read_at": read_at})
        except AnsibleError:
            raise
        except Exception as error:
            reason = self._redacted(_reason(error))
            self._report(path, {**record, "error": untrusted(reason)})
            raise AnsibleParserError(f"{self.NAME}: {reason}") from None

    def _redacted(self, text: str) -> str:
        options = self.get_options()
        return redact(text, [str(options[name]) for name in self.SECRETS if options.get(name)])

    def _report(self, path: str, record: dict[str, Any]) -> None:
        """Tell the playbooks what this file has read (see ``source``)."""
        known = self.inventory.groups["all"].get_vars().get(source.VARIABLE, {})
        self.inventory.set_variable("all", source.VARIABLE, {**known, str(path): record})

    def _read_options(self) -> dict[str, Any]:
        """All options; those given as templates (such as a token from a vault) are rendered."""
        options = self.get_options()
        for name in (*self.SECRETS, *self.SCOPE, "label_selector", "labels", "fleet"):
            try:
                options[name] = self.templar.template(options[name])
            except AnsibleError as error:
                raise ValidationError(f"{name}: its template cannot be rendered: {error}") from None
        for name in self.SECRETS:
            self.set_option(name, options[name])
        check_call_options(options)
        if not f"{options['hostvars_prefix'] or ''}name".isidentifier():
            raise ValidationError(f"hostvars_prefix: {options['hostvars_prefix']!r} must be letters, digits and '_'")
        if options["concurrency"] < 1:
            raise ValidationError(f"concurrency: {options['concurrency']} must be 1 or more")
        if options["fleet"] and not FLEET.fullmatch(str(options["fleet"])):
            raise ValidationError(
                f"fleet: {options['fleet']!r} is not a fleet's name; use 2 to 32 lower-case letters, digits and hyphens"
            )
        unknown = [kind for kind in options["connect_with"] if kind not in address.KINDS]
        if unknown:
            raise ValidationError(f"connect_with: {unknown[0]!r} is not one of {', '.join(address.KINDS)}")
        return options

    def _load(self, options: dict[str, Any], path: str, may_use_cache: bool) -> tuple[list[Facts], int]:
        """The servers, and when they were read (seconds since the epoch)."""
        fleet = {source.FLEET: options["fleet"]} if options["fleet"] else {}
        wanted = [options["label_selector"] or "", selector.exactly({**(options["labels"] or {}), **fleet})]
        labels = ",".join(filter(None, wanted))
        selector.parse(labels)
        # Before the first call: what changes during it is not part of the answer.
        now = int(time.time())
        if not options["cache"]:
            return self.read(options, labels), now
        key = self._key(options, labels, path)
        if may_use_cache and key in self._cache:
            return json.loads(self._cache[key]["hosts"]), self._cache[key].get("read_at", 0)
        hosts = self.read(options, labels)
        # One string, because Ansible copies and walks through the whole content of a cache.
        self._cache[key] = {"hosts": json.dumps(hosts), "read_at": now}
        return hosts, now

    def _key(self, options: dict[str, Any], labels: str, path: str) -> str:
        secrets = "\0".join(str(options[name]) for name in self.SECRETS)
        scope = {name: options[name] for name in self.SCOPE}
        scope.update(labels=labels, fingerprint=hashlib.sha256(secrets.encode()).hexdigest()[:16])
        digest = hashlib.sha256(json.dumps(scope, sort_keys=True, default=str).encode()).hexdigest()
        return f"{self.get_cache_key(path)}_{digest[:16]}"

    def _add_hosts(self, options: dict[str, Any], hosts: list[Facts]) -> None:
        prefix = options["hostvars_prefix"] or ""
        constructed = any(options[name] for name in ("compose", "groups", "keyed_groups"))
        top = self.inventory.add_group(self._sanitize_group_name(options["group"]))
        keys = {key: prefix + key for key in (hosts[0] if hosts else ())}
        variables = [{keys[key]: untrusted(value) for key, value in facts.items()} for facts in hosts]
        refused: dict[str, str] = {}
        for facts, own, name in zip(hosts, variables, self._names(options, hosts, variables), strict=True):
            reason = names.refusal_of_host(name, self.inventory.groups, options["label_groups"])
            reason = reason or self._namesake(name, own, prefix)
            if reason:
                refused[name] = reason
                continue
            reached = self._reached(options, facts, own, name)
            if reached:
                own["ansible_host"] = untrusted(reached)
            self._add_host(name, top, own)
            for group in self._label_groups(options["label_groups"], facts["labels"]):
                self.inventory.add_child(self.inventory.add_group(group), name)
            if constructed:
                self._construct(options, name, own)
        if refused:
            shown = "; ".join(f"{name!r:.200} {reason}" for name, reason in sorted(refused.items())[:5])
            self.display.warning(
                f"{self.NAME}: {len(refused)} servers were not added to the inventory because of their names: {shown}"
            )

    def _namesake(self, name: str, own: Facts, prefix: str) -> str:
        """Why a server is not added whose name another cloud's server has; empty if it is."""
        known = self.inventory.hosts.get(name)
        other = known.vars.get(f"{prefix}provider") if known else None
        return f"is the name of a server of {other}, too" if other not in (None, own.get(f"{prefix}provider")) else ""

    def _add_host(self, name: str, group: str, variables: Facts) -> None:
        known = name in self.inventory.hosts
        self.inventory.add_host(name, group=group)
        host = self.inventory.get_host(name)
        if known:  # also in another source: dicts are merged, as Ansible does
            for key, value in variables.items():
                host.set_variable(key, value)
        else:
            host.vars.update(variables)

    def _reached(self, options: dict[str, Any], facts: Facts, own: Facts, name: str) -> str | None:
        kinds = options["connect_with"]
        reached = address.choose(facts, kinds, options["network"], lambda facts: self._tunnel(options, facts, own))
        if not reached and options["strict"]:
            raise ValidationError(
                f"connect_with: {name} has no address by {' or '.join(kinds)}; add a kind that it has"
            )
        if not reached:
            self.display.vv(f"{self.NAME}: {name} has no address by {' or '.join(kinds)}")
        return reached

    def _names(self, options: dict[str, Any], hosts: list[Facts], variables: list[Facts]) -> list[str]:
        """The name of each host. Hosts with the same name all get their id appended, so that no host hides
        another, and none is renamed when the other is deleted."""
        template = options["hostname"]
        if not template:
            chosen = [facts["name"] for facts in hosts]
        else:
            chosen = [self._render("hostname", template, own) for own in variables]
        shared = {name for name, times in Counter(chosen).items() if times > 1}
        if shared:
            self.display.warning(
                f"{self.NAME}: several hosts have the names {', '.join(f'{name!r:.200}' for name in sorted(shared)[:5])}; "
                "their ids were appended"
            )
        return [f"{name}-{facts['id']}" if name in shared else name for name, facts in zip(chosen, hosts, strict=True)]

    def _tunnel(self, options: dict[str, Any], facts: Facts, own: Facts) -> str | None:
        if options["tunnel_address"]:
            return self._render("tunnel_address", options["tunnel_address"], own)
        return facts["labels"].get(options["tunnel_label"])

    def _render(self, option: str, template: str, own: Facts) -> str:
        self.templar.available_variables = {**own, **self._vars}
        try:
            text = str(self.templar.template(template))
        except AnsibleError as error:
            raise ValidationError(f"{option}: {template!r} cannot be rendered: {error}") from None
        if not text and option == "hostname":
            raise ValidationError(f"{option}: {template!r} is empty for a host; use a variable that every host has")
        return text

    def _label_groups(self, keys: list[str], labels: Mapping[str, str]) -> list[str]:
        unfit = [key for key in keys if key in labels and not names.may_name_group(labels[key])]
        for key in unfit:
            self.display.warning(
                f"{self.NAME}: the label {key}={labels[key]!r:.200} makes no group; use letters, digits, - and _"
            )
        found = ((key, labels[key]) for key in keys if key in labels and key not in unfit)
        return [self._sanitize_group_name(f"{key}_{value}" if value else key) for key, value in found]

    def _construct(self, options: dict[str, Any], name: str, own: Facts) -> None:
        host, strict = self.inventory.get_host(name), options["strict"]
        self._plain = {} if options["use_extra_vars"] else own
        if options["compose"]:
            self._set_composite_vars(options["compose"], host.get_vars(), name, strict=strict)
            self._plain = {key: value for key, value in self._plain.items() if key not in options["compose"]}
        variables = host.get_vars()
        self._add_host_to_composed_groups(options["groups"], variables, name, strict=strict, fetch_hostvars=False)
        self._add_host_to_keyed_groups(options["keyed_groups"], variables, name, strict=strict, fetch_hostvars=False)

    def _compose(self, template: Any, variables: Any, *args: Any, **kwargs: Any) -> Any:
        """As Ansible's method, but plain variable names are looked up instead of rendered."""
        value = value_of(template, self._plain)
        return super()._compose(template, variables, *args, **kwargs) if value is ABSENT else value


def _reason(error: Exception) -> str:
    """Return why the cloud could not be read. A library's own failure may quote credentials: to be redacted."""
    if isinstance(error, LibraryMissing):
        return f"the Python package {error.library} is missing where Ansible runs; install it with pip"
    if isinstance(error, ValidationError | CloudError):
        return str(error)
    return f"unexpected {type(error).__name__}: {error}; this is a fault of the plugin or of a library: report it"
