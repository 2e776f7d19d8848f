"""Every collection of resources, created in the order in which they depend on each other."""

from __future__ import annotations

from typing import Any

from .certificates import Certificates
from .collection import Collection
from .firewalls import Firewalls
from .floating_ips import FloatingIps
from .images import Images
from .load_balancers import LoadBalancers
from .networks import Networks
from .placement_groups import PlacementGroups
from .primary_ips import PrimaryIps
from .products import Isos, LoadBalancerTypes, Locations, ServerTypes
from .project import Project
from .servers import Servers
from .ssh_keys import SshKeys
from .volumes import Volumes
from .zones import Zones


class Resources:
    """The collections of one project."""

    def __init__(self, project: Project) -> None:
        self.locations = Locations(project)
        self.server_types = ServerTypes(project, self.locations)
        self.load_balancer_types = LoadBalancerTypes(project)
        self.isos = Isos(project)
        self.ssh_keys = SshKeys(project)
        self.images = Images(project)
        self.servers = Servers(project)
        self.placement_groups = PlacementGroups(project, self.servers)
        self.primary_ips = PrimaryIps(project, self.servers, self.locations)
        self.networks = Networks(project, self.servers)
        self.firewalls = Firewalls(project, self.servers)
        self.volumes = Volumes(project, self.servers, self.locations)
        self.floating_ips = FloatingIps(project, self.servers, self.locations)
        self.zones = Zones(project)
        self.certificates = Certificates(project, self.zones)
        self.load_balancers = LoadBalancers(
            project, self.servers, self.networks, self.certificates, self.locations, self.load_balancer_types
        )

    def collections(self) -> list[Collection[Any]]:
        """All of them."""
        return list(vars(self).values())
