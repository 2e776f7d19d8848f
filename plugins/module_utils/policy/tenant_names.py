# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which names a tenant may have: the one judge of the module, the playbooks and the roles.

A tenant's name becomes a DNS label, a host name of Ansible's inventory (with a suffix), a label of containers and cloud
resources, and a value in YAML and JSON files. A name is *valid* if it has the form that all of these accept. A new tenant
cannot have a valid name that is *reserved*; one that has it already keeps it.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

FORM = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
HINT = "use 1 to 32 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen"

# Reserved names by what they are reserved for.
RESERVED = {
    "addresses of the mail system": """abuse admin administrator hostmaster mail mailer-daemon noc noreply no-reply postmaster root
        security support webmaster""",
    "a site's own host names": """api auth autoconfig autodiscover billing console dashboard dns ftp grafana imap ldap login mta-sts mx
        ns ntp panel pop pop3 portal prometheus proxy registry s3 sftp smtp ssh sso status tunnel vault vpn webmail wpad www""",
    "the local machine and network": """broadcasthost internal invalid ip6-allnodes ip6-allrouters ip6-localhost ip6-loopback isatap
        local localdomain localhost""",
    "hosts and groups of Ansible's inventory": """all compute controller exoscale groups hetzner hostvars inventory platform storage
        tenant tenants ungrouped vdc""",
    "values of YAML, JSON and Python": "default false inf infinity n nan no none null off omit on true undefined y yes",
}
# Names by their form, with what they are reserved for.
RESERVED_FORMS = (
    (re.compile(r"(?:compute|storage)-\d+.*"), "nodes"),
    (re.compile(r"..--.*"), "internationalized domain names"),
    (re.compile(r"(?:ns|mx|dns|mail|smtp|imap|www)-?\d+"), "a site's own host names"),
)
BY_NAME = {name: what for what, names in RESERVED.items() for name in names.split()}


def fault(name: Any) -> str:
    """Return what is wrong with the form of a tenant's name, as ``... is not ...; use ...``; empty for a valid name."""
    if isinstance(name, str) and FORM.fullmatch(name):
        return ""
    return f"{name!r} is not a tenant's name; {HINT}"


def reservation(name: str) -> str:
    """Return what a valid name is reserved for (``nodes``); empty if a new tenant may have it."""
    if name in BY_NAME:
        return BY_NAME[name]
    return next((what for form, what in RESERVED_FORMS if form.fullmatch(name)), "")


def validate_new(name: str) -> None:
    """Raise ``ValidationError`` unless a new tenant may have the name."""
    wrong = fault(name)
    if wrong:
        raise ValidationError(f"name: {wrong}")
    what = reservation(name)
    if what:
        raise ValidationError(f"name: {name!r} is reserved for {what}; choose another name")
