"""Resources and the stores that index them by id, name and label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from .labels import Selector

R = TypeVar("R", bound="Resource")

# Id, name, labels and creation date (ISO 8601) of a new resource.
Identity = tuple[int, str, dict[str, str], str]
# A resource that the API does not show by itself: the addresses of a load balancer.
ANONYMOUS: Identity = (0, "", {}, "")


class Resource:
    """One resource. ``render`` caches what ``view`` returns until ``invalidate``, so that
    thousands can be listed quickly. Nobody may change a rendered object."""

    kind = ""

    def __init__(self, ident: int, name: str | None, labels: dict[str, str], created: str) -> None:
        self.id = ident
        self.name = name
        self.labels = labels
        self.created = created
        self.store: Store[Any] | None = None
        # Ids of the running actions that lock it.
        self.locks: set[int] = set()
        self._rendered: dict[str, Any] | None = None

    def view(self) -> dict[str, Any]:
        """Compute the object that the API shows."""
        raise NotImplementedError

    def render(self) -> dict[str, Any]:
        """The object that the API shows."""
        if self._rendered is None:
            self._rendered = self.view()
        return self._rendered

    def invalidate(self) -> None:
        """Drop the cached view: something that it shows has changed."""
        self._rendered = None
        if self.store is not None:
            self.store.version += 1

    def dump(self) -> dict[str, Any]:
        """The view, with fields that the API does not show."""
        return self.render()


class Store(Generic[R]):
    """All resources of one kind, oldest first. ``version`` grows with every change."""

    def __init__(self) -> None:
        self._by_id: dict[int, R] = {}
        self._by_name: dict[str, list[R]] = {}
        self._by_label: dict[tuple[str, str], dict[int, R]] = {}
        self._cache: dict[Any, list[R]] = {}
        self._cached_version = -1
        self.version = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_id.values())

    def get(self, ident: int) -> R | None:
        """The resource with this id, or ``None``."""
        return self._by_id.get(ident)

    def named(self, name: str) -> list[R]:
        """Every resource called ``name`` (images share names across architectures)."""
        return self._by_name.get(name, [])

    def add(self, resource: R) -> R:
        """Store and return ``resource``."""
        resource.store = self
        self._by_id[resource.id] = resource
        self._index(resource)
        self.version += 1
        return resource

    def remove(self, resource: R) -> None:
        """Remove ``resource``, which must be in the store."""
        del self._by_id[resource.id]
        self._unindex(resource)
        self.version += 1

    def change(self, resource: R, name: str | None, labels: dict[str, str]) -> None:
        """Rename and relabel ``resource``."""
        self._unindex(resource)
        resource.name, resource.labels = name, labels
        self._index(resource)
        resource.invalidate()

    def select(self, selector: Selector | None) -> list[R]:
        """The resources that ``selector`` matches, oldest first."""
        if selector is None:
            return list(self._by_id.values())
        if selector.pinned:
            candidates = self._by_label.get(selector.pinned, {})
            return sorted((r for r in candidates.values() if selector.matches(r.labels)), key=lambda r: r.id)
        return [r for r in self._by_id.values() if selector.matches(r.labels)]

    def cached(self, key: Any, find: Callable[[], list[R]]) -> list[R]:
        """``find()``, cached by ``key`` until the store changes: the pages of one listing share it."""
        if self._cached_version != self.version:
            self._cache.clear()
            self._cached_version = self.version
        if key not in self._cache:
            self._cache[key] = find()
        return self._cache[key]

    def _index(self, resource: R) -> None:
        if resource.name is not None:
            self._by_name.setdefault(resource.name, []).append(resource)
        for term in resource.labels.items():
            self._by_label.setdefault(term, {})[resource.id] = resource

    def _unindex(self, resource: R) -> None:
        if resource.name is not None:
            self._by_name[resource.name].remove(resource)
            if not self._by_name[resource.name]:
                del self._by_name[resource.name]
        for term in resource.labels.items():
            del self._by_label[term][resource.id]
            if not self._by_label[term]:
                del self._by_label[term]
