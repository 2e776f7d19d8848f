"""Collections: the calls that every kind of resource has, and what handlers of calls share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from ..core.errors import ApiError
from ..core.routing import Call, Handler, Reply
from .actions import Action, require_unlocked
from .labels import check_labels, invalid, parse_selector
from .listing import page, sort_items
from .project import Project
from .store import Identity, Resource, Store

R = TypeVar("R", bound=Resource)
Filters = dict[str, Callable[[Any], Any]]


def operation(name: str) -> Callable[[Callable], Callable]:
    """Mark a method as the handler of the vendor's operation ``name``."""

    def mark(method: Callable) -> Callable:
        method.operation = name  # type: ignore[attr-defined]
        return method

    return mark


class Calls:
    """A group of handlers, each marked with ``operation``."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        methods = (getattr(self, name) for name in dir(self))
        return {method.operation: method for method in methods if hasattr(method, "operation")}

    def answer_with_action(
        self, command: str, resources: list[Any], effect: Callable[[], None] | None = None, **options: Any
    ) -> Reply:
        """Start an action and answer 201 with it; ``extra`` adds keys to the answer, all other
        options are those of ``Project.start_action``."""
        extra = options.pop("extra", {})
        action = self.project.start_action(command, resources, effect, **options)
        return Reply(201, {"action": self.project.action_view(action), **extra})


class Collection(Calls, Generic[R]):
    """All resources of one kind, and the calls list, get and update; subclasses add the others."""

    kind: ClassVar[str]
    plural: ClassVar[str]
    label: ClassVar[str]
    # Query parameters that filter a list, and the value that each is compared with.
    filters: ClassVar[Filters] = {}
    unique_names: ClassVar[bool] = True
    has_actions: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    @property
    def owned(self) -> bool:
        """Whether the project, not the vendor, owns these resources."""
        return self.can_update

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.store: Store[R] = Store()

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id, those of every kind of resource included."""
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

    def find_unlocked(self, call: Call) -> R:
        """The resource that the path names, if no action locks it; raises ``ApiError`` 404, 423."""
        resource = self.find(self.path_id(call))
        require_unlocked(resource)
        return resource

    def lookup(self, ident: Any, field: str) -> R:
        """The resource that ``field`` of a request names by id or name; raises ``ApiError`` 422."""
        if isinstance(ident, int) or (isinstance(ident, str) and ident.isdigit()):
            resource = self.store.get(int(ident))
        else:
            resource = next(iter(self.store.named(str(ident))), None)
        if resource is None:
            raise invalid(field, f"{self.label} '{ident}' not found")
        return resource

    def list_page(self, call: Call) -> Reply:
        """One page of the resources, filtered and sorted by the query."""
        # Filters and sort order: the same on all pages of one listing.
        key = tuple((name, *call.query[name]) for name in sorted(call.query) if name not in ("page", "per_page"))
        return page(call, self.plural, self.store.cached(key, lambda: self._select(call)), lambda r: r.render())

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
        return sort_items(found, call.query.get("sort", []), ("id", "name", "created"))

    def get(self, call: Call) -> Reply:
        """The resource that the path names."""
        return Reply(200, {self.kind: self.find(self.path_id(call)).render()})

    # -- changing ------------------------------------------------------------------------

    def update(self, call: Call) -> Reply:
        """Change the resource that the path names; ``edit`` applies the body."""
        resource = self.find(self.path_id(call))
        self.edit(resource, call.body or {})
        return Reply(200, {self.kind: resource.render()})

    def edit(self, resource: R, body: dict[str, Any]) -> None:
        """Apply the body of an update; subclasses handle further fields."""
        name = body.get("name")
        name = resource.name if name is None else self.check_name(name, resource)
        labels = resource.labels if body.get("labels") is None else check_labels(body["labels"])
        self.store.change(resource, name, labels)

    def check_name(self, name: Any, owner: R | None = None) -> str:
        """``name`` if it is valid and not in use; raises ``ApiError`` 422 or 409."""
        if not isinstance(name, str) or not name.strip() or len(name) > 255:
            raise invalid("name", "must be a text of 1 to 255 characters")
        if self.unique_names and any(other is not owner for other in self.store.named(name)):
            raise conflict(f"{self.label} name is already used", "name")
        return name

    def new_identity(self, body: dict[str, Any]) -> Identity:
        """Id, name, labels and date of a new resource; raises ``ApiError`` for an invalid or used
        name, invalid labels, or an exceeded quota."""
        name = self.check_name(required(body, "name"))
        labels = check_labels(body.get("labels") or {})
        self.project.check_quota(self.plural, have=len(self.store))
        return self.project.new_id(), name, labels, self.project.now()

    def protect(self, resource: Any, call: Call) -> Reply:
        """Set ``protection`` from the body; the action ends at once, as the vendor's does."""
        body = call.body or {}
        resource.protection = {what: bool(body.get(what, now)) for what, now in resource.protection.items()}
        resource.invalidate()
        return self.answer_with_action("change_protection", [resource], seconds=0)

    # -- actions -------------------------------------------------------------------------

    def list_all_actions(self, call: Call) -> Reply:
        """One page of the actions on resources of this kind."""
        return list_actions(self.project, call, self.project.actions.of_kind(self.kind))

    def get_any_action(self, call: Call) -> Reply:
        """One action on a resource of this kind."""
        return self._action(call.params["id"], None)

    def list_actions(self, call: Call) -> Reply:
        """One page of the actions on the resource that the path names."""
        return list_actions(self.project, call, self.project.actions.of(self.find(self.path_id(call))))

    def get_action(self, call: Call) -> Reply:
        """One action on the resource that the path names."""
        return self._action(call.params["action_id"], self.find(self.path_id(call)).id)

    def path_id(self, call: Call) -> str:
        """The id (or name) of the resource in the path."""
        return call.params["id"]

    def _action(self, ident: str, owner: int | None) -> Reply:
        action = self.project.actions.by_id.get(int(ident)) if ident.isdigit() else None
        if action is None or not action.concerns(self.kind, owner):
            raise ApiError(404, "not_found", f"action with ID '{ident}' not found")
        return Reply(200, {"action": self.project.action_view(action)})


def list_actions(project: Project, call: Call, actions: list[Action]) -> Reply:
    """A page of ``actions``, filtered by ``id`` and ``status`` of the query."""
    wanted = call.query.get("id")
    if wanted:
        idents = {int(text) for text in wanted if text.isdigit()}
        actions = [action for action in actions if action.id in idents]
    states = call.query.get("status")
    if states:
        actions = [action for action in actions if action.status in states]
    fields = ("id", "command", "status", "started", "finished")
    ordered = sort_items(actions, call.query.get("sort", []), fields)
    return page(call, "actions", ordered, project.action_view)


def required(body: dict[str, Any], field: str) -> Any:
    """The value of ``field``, which a request must have; raises ``ApiError`` 422."""
    if body.get(field) is None:
        raise invalid(field, "is required")
    return body[field]


def conflict(message: str, field: str) -> ApiError:
    """The vendor's 409 for a value that must be unique and is in use."""
    return ApiError(409, "uniqueness_error", message, {"fields": [{"name": field}]})


def require_deletable(resource: Any) -> None:
    """Raise ``ApiError`` 423 if ``resource`` is locked, or protected against deletion."""
    require_unlocked(resource)
    if resource.protection["delete"]:
        raise ApiError(423, "protected", f"{resource.kind.replace('_', ' ')} delete is protected")
