"""What every family of resources shares: stores, actions, addresses, quota; and their common calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ..core.clock import iso
from ..core.errors import ApiError
from ..core.gateway import Lab
from ..core.routing import Call, Handler, Reply
from ..core.settings import Settings
from ..machines.base import Machines
from .actions import Action, ActionLog, unlocked
from .addresses import Addresses
from .labels import check_labels, invalid, parse_selector
from .listing import in_order, page
from .store import Resource, Store

if TYPE_CHECKING:
    from .certificates import Certificates
    from .firewalls import Firewalls
    from .floating_ips import FloatingIps
    from .images import Images
    from .load_balancers import LoadBalancers
    from .networks import Networks
    from .offers import Isos, LoadBalancerTypes, Locations, ServerTypes
    from .placement_groups import PlacementGroups
    from .primary_ips import PrimaryIps
    from .servers import Servers
    from .ssh_keys import SshKeys
    from .volumes import Volumes
    from .zones import Zones

R = TypeVar("R", bound=Resource)
Filters = dict[str, Callable[[Any], Any]]


class Project:
    """The one project that the lab's token belongs to."""

    def __init__(self, lab: Lab, machines: Machines, settings: Settings) -> None:
        self.lab = lab
        self.machines = machines
        self.settings = settings
        self.actions = ActionLog(lab.clock, lab.scheduler)
        self.addresses = Addresses(machines.real)
        # Plural kind -> most that the project may own; none given, no limit.
        self.quota: dict[str, int] = {}
        # The guests do not react to ACPI: for tests of what then.
        self.ignore_shutdown = False
        # The families that others reach into; the cloud fills them in.
        self.locations: Locations
        self.server_types: ServerTypes
        self.isos: Isos
        self.load_balancer_types: LoadBalancerTypes
        self.ssh_keys: SshKeys
        self.images: Images
        self.placement_groups: PlacementGroups
        self.primary_ips: PrimaryIps
        self.networks: Networks
        self.firewalls: Firewalls
        self.volumes: Volumes
        self.servers: Servers
        self.floating_ips: FloatingIps
        self.load_balancers: LoadBalancers
        self.certificates: Certificates
        self.zones: Zones
        # Servers that were asked to power down and may not have yet.
        self.dying: set[int] = set()
        self._ids = count(1001)

    def new_id(self) -> int:
        return next(self._ids)

    def now(self) -> str:
        return iso(self.lab.clock.now())

    def begin(
        self,
        command: str,
        resources: list[Resource],
        effect: Callable[[], None] | None = None,
        *,
        seconds: float | None = None,
        holds: Iterable[Resource] = (),
        job: Future | None = None,
        failed: Callable[[], None] | None = None,
    ) -> Action:
        """``ActionLog.begin``, with the lab's latency unless ``seconds`` is given."""
        wait = self.settings.action_seconds if seconds is None else seconds
        return self.actions.begin(command, resources, effect, seconds=wait, holds=holds, job=job, failed=failed)

    def shown(self, action: Action) -> dict[str, Any]:
        return self.actions.render(action)

    def check_quota(self, plural: str, more: int = 1, have: int = 0) -> None:
        """Raise ``ApiError`` 403 if the project may not own ``have + more`` of ``plural``."""
        limit = self.quota.get(plural)
        if limit is not None and have + more > limit:
            name = plural.removesuffix("s") + "_limit"
            details = {"limits": [{"name": name}]}
            raise ApiError(403, "resource_limit_exceeded", f"{name.replace('_', ' ')} exceeded", details)


def operation(name: str) -> Callable[[Callable], Callable]:
    """Mark a method as the handler of the vendor's operation ``name``."""

    def mark(method: Callable) -> Callable:
        method.operation = name  # type: ignore[attr-defined]
        return method

    return mark


class Calls:
    """Handlers of operations, each marked with ``operation``."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def handlers(self) -> dict[str, Handler]:
        """Handler by operation id."""
        methods = (getattr(self, name) for name in dir(self))
        return {method.operation: method for method in methods if hasattr(method, "operation")}

    def begun(self, command: str, resources: list[Any], effect: Callable[[], None] | None = None, **how: Any) -> Reply:
        """Start an action and answer 201 with it; ``extra`` adds keys to the answer."""
        extra = how.pop("extra", {})
        action = self.project.begin(command, resources, effect, **how)
        return Reply(201, {"action": self.project.shown(action), **extra})


class Family(Calls, Generic[R]):
    """One kind of resource and its calls: list, get and update here, the rest in subclasses."""

    kind: ClassVar[str]
    plural: ClassVar[str]
    label: ClassVar[str]
    # Query parameters that narrow a list, and the value each is compared with.
    filters: ClassVar[Filters] = {}
    unique_names: ClassVar[bool] = True
    has_actions: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    @property
    def owned(self) -> bool:
        """Whether the project owns these (and not the vendor)."""
        return self.can_update

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.store: Store[R] = Store()

    def handlers(self) -> dict[str, Handler]:
        found: dict[str, Handler] = {f"list_{self.plural}": self.list_page, f"get_{self.kind}": self.get}
        if self.can_update:
            found[f"update_{self.kind}"] = self.update
        if self.has_actions:
            found |= {
                f"list_{self.plural}_actions": self.list_all_actions,
                f"get_{self.plural}_action": self.get_any_action,
                f"list_{self.kind}_actions": self.list_actions,
                f"get_{self.kind}_action": self.get_action,
            }
        return found | super().handlers()

    # -- finding -------------------------------------------------------------------------

    def find(self, ident: Any) -> R:
        """The resource with this id; raises ``ApiError`` 404."""
        number = int(ident) if isinstance(ident, int) or str(ident).isdigit() else -1
        resource = self.store.get(number)
        if resource is None:
            raise ApiError(404, "not_found", f"{self.label} with ID '{ident}' not found")
        return resource

    def referred(self, ident: Any, field: str) -> R:
        """The resource that a request's ``field`` names by id or name; raises ``ApiError`` 422."""
        if isinstance(ident, int) or (isinstance(ident, str) and ident.isdigit()):
            resource = self.store.get(int(ident))
        else:
            resource = next(iter(self.store.named(str(ident))), None)
        if resource is None:
            raise invalid(field, f"{self.label} '{ident}' not found")
        return resource

    def list_page(self, call: Call) -> Reply:
        # All that narrows or sorts; the pages of one listing share the rest of their query.
        key = tuple((name, *call.query[name]) for name in sorted(call.query) if name not in ("page", "per_page"))
        return page(call, self.plural, self.store.remembered(key, lambda: self._select(call)), lambda r: r.render())

    def _select(self, call: Call) -> list[R]:
        text = call.one("label_selector")
        found = self.store.select(parse_selector(text) if text else None)
        name = call.one("name")
        if name is not None:
            same = {r.id for r in self.store.named(name)}
            found = [r for r in found if r.id in same]
        for parameter, value in self.filters.items():
            wanted = call.query.get(parameter)
            if wanted:
                found = [r for r in found if str(value(r)) in wanted]
        return in_order(found, call.query.get("sort", []), ("id", "name", "created"))

    def get(self, call: Call) -> Reply:
        return Reply(200, {self.kind: self.find(self.name_in(call)).render()})

    # -- changing ------------------------------------------------------------------------

    def update(self, call: Call) -> Reply:
        resource = self.find(self.name_in(call))
        self.edit(resource, call.body or {})
        return Reply(200, {self.kind: resource.render()})

    def edit(self, resource: R, body: dict[str, Any]) -> None:
        """Apply a PUT's body; subclasses add their own fields."""
        name = body.get("name")
        name = resource.name if name is None else self.check_name(name, resource)
        labels = resource.labels if body.get("labels") is None else check_labels(body["labels"])
        self.store.change(resource, name, labels)

    def check_name(self, name: Any, owner: R | None = None) -> str:
        """``name`` if it is valid and free; raises ``ApiError`` 422 or 409."""
        if not isinstance(name, str) or not name.strip() or len(name) > 255:
            raise invalid("name", "must be a text of 1 to 255 characters")
        if self.unique_names and any(other is not owner for other in self.store.named(name)):
            raise taken(f"{self.label} name is already used", "name")
        return name

    def identity(self, body: dict[str, Any]) -> tuple[int, str, dict[str, str], str]:
        """Id, name, labels and date of a new resource; raises ``ApiError`` for a bad or taken
        name, bad labels, or a full quota."""
        name = self.check_name(need(body, "name"))
        labels = check_labels(body.get("labels") or {})
        self.project.check_quota(self.plural, have=len(self.store))
        return self.project.new_id(), name, labels, self.project.now()

    def protect(self, resource: Any, call: Call) -> Reply:
        """Set ``protection`` from a body; the action ends at once, as the vendor's does."""
        body = call.body or {}
        resource.protection = {what: bool(body.get(what, now)) for what, now in resource.protection.items()}
        resource.touch()
        return self.begun("change_protection", [resource], seconds=0)

    # -- actions -------------------------------------------------------------------------

    def list_all_actions(self, call: Call) -> Reply:
        return list_actions(self.project, call, self.project.actions.of_kind(self.kind))

    def get_any_action(self, call: Call) -> Reply:
        return self._action(call.params["id"], None)

    def list_actions(self, call: Call) -> Reply:
        return list_actions(self.project, call, self.project.actions.of(self.find(self.name_in(call))))

    def get_action(self, call: Call) -> Reply:
        return self._action(call.params["action_id"], self.find(self.name_in(call)).id)

    def name_in(self, call: Call) -> str:
        """What the path calls the resource."""
        return call.params["id"]

    def _action(self, ident: str, owner: int | None) -> Reply:
        action = self.project.actions.by_id.get(int(ident)) if ident.isdigit() else None
        if action is None or not action.concerns(self.kind, owner):
            raise ApiError(404, "not_found", f"action with ID '{ident}' not found")
        return Reply(200, {"action": self.project.shown(action)})


def list_actions(project: Project, call: Call, actions: list[Action]) -> Reply:
    """A page of ``actions``, narrowed by the query's ``id`` and ``status``."""
    wanted = call.query.get("id")
    if wanted:
        idents = {int(text) for text in wanted if text.isdigit()}
        actions = [action for action in actions if action.id in idents]
    states = call.query.get("status")
    if states:
        actions = [action for action in actions if action.status in states]
    fields = ("id", "command", "status", "started", "finished")
    ordered = in_order(actions, call.query.get("sort", []), fields)
    return page(call, "actions", ordered, project.shown)


def need(body: dict[str, Any], field: str) -> Any:
    """A field that a request must carry; raises ``ApiError`` 422."""
    if body.get(field) is None:
        raise invalid(field, "is required")
    return body[field]


def taken(message: str, field: str) -> ApiError:
    """The vendor's answer to a value that must be unique and is not."""
    return ApiError(409, "uniqueness_error", message, {"fields": [{"name": field}]})


def guard(resource: Any, what: str = "delete") -> None:
    """Raise ``ApiError`` 423 if ``resource`` is locked, or protected against ``what``."""
    unlocked(resource)
    if resource.protection[what]:
        raise ApiError(423, "protected", f"{resource.kind.replace('_', ' ')} {what} is protected")
