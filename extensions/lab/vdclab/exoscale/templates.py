"""Templates: Exoscale's public ones and the account's own."""

from __future__ import annotations

from concurrent.futures import Future

from ..core.clock import iso
from ..core.routing import Call, Handler, Reply
from .catalog import TEMPLATE_BYTES, ZONES
from .errors import invalid
from .models import Template
from .zone import Zone, body_of, new_id


class Templates:
    """List, get, register, update, copy, delete."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-templates": self._list,
            "get-template": lambda call: Reply(200, self._zone.template(call.params["id"]).view()),
            "register-template": self._register,
            "update-template": self._update,
            "copy-template": self._copy,
            "delete-template": self._delete,
        }

    def _list(self, call: Call) -> Reply:
        visibility, family = call.one("visibility", "public"), call.one("family")
        found = [
            t.view()
            for t in self._zone.account.templates.values()
            if t.visibility == visibility and self._zone.name in t.zones and family in (None, t.family)
        ]
        return Reply(200, {"templates": found})

    def _register(self, call: Call) -> Reply:
        """The lab does not fetch ``url``: such a template boots the golden image."""
        body = body_of(call)
        self._zone.account.quotas.require("template")
        template = Template(
            id=new_id(),
            name=body["name"],
            family="other (64-bit)",
            default_user=body.get("default-user", "root"),
            version=body.get("version", ""),
            build=body.get("build", ""),
            size=body.get("size", TEMPLATE_BYTES),
            visibility="private",
            zones=[self._zone.name],
            created=iso(self._zone.now()),
            description=body.get("description"),
            ssh_key_enabled=body["ssh-key-enabled"],
            password_enabled=body["password-enabled"],
            boot_mode=body.get("boot-mode", "legacy"),
            checksum=body["checksum"],
            url=body["url"],
            maintainer=body.get("maintainer"),
            application_consistent=body.get("application-consistent-snapshot-enabled", False),
        )
        self._zone.account.templates[template.id] = template
        return self._done(template)

    def _update(self, call: Call) -> Reply:
        template, body = self._own(call), body_of(call)
        template.name = body.get("name", template.name)
        template.description = body.get("description", template.description)
        return self._done(template)

    def _copy(self, call: Call) -> Reply:
        """Make the template available in one more zone."""
        template = self._own(call)
        target = body_of(call)["target-zone"].get("name")
        if target not in ZONES:
            raise invalid(f"target-zone: {target!r} is not a zone")
        if target not in template.zones:
            template.zones.append(target)
        return self._done(template)

    def _delete(self, call: Call) -> Reply:
        template = self._own(call)
        template.zones.remove(self._zone.name)
        job = None
        if not template.zones:
            del self._zone.account.templates[template.id]
            job = self._zone.machines.delete_image(template.image) if template.image else None
        return self._done(template, job)

    def _own(self, call: Call) -> Template:
        template = self._zone.template(call.params["id"])
        if template.visibility != "private":
            raise invalid("Public templates cannot be changed")
        return template

    def _done(self, template: Template, job: Future | None = None) -> Reply:
        return self._zone.operations.start("get-template", f"template/{template.id}", job=job)
