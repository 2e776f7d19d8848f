"""All groups of calls of the cloud, in the order in which they need each other."""

from __future__ import annotations

from .balancer_parts import BalancerParts
from .certificates import Certificates
from .firewalls import Firewalls
from .floating_ips import FloatingIps
from .images import Images
from .load_balancers import LoadBalancers
from .networks import Networks
from .offers import Isos, LoadBalancerTypes, Locations, Pricing, ServerTypes
from .placement_groups import PlacementGroups
from .primary_ips import PrimaryIps
from .project import Calls, Project
from .rrsets import Rrsets
from .server_changes import ServerChanges
from .server_create import ServerCreation
from .server_extras import ServerExtras
from .server_networks import ServerNetworks
from .server_power import ServerPower
from .servers import Servers
from .ssh_keys import SshKeys
from .volumes import Volumes
from .zones import Zones


def build(project: Project) -> list[Calls]:
    """Make every group and fill in the project's families."""
    project.locations = Locations(project)
    project.server_types = ServerTypes(project)
    project.load_balancer_types = LoadBalancerTypes(project)
    project.isos = Isos(project)
    project.ssh_keys = SshKeys(project)
    project.images = Images(project)
    project.placement_groups = PlacementGroups(project)
    project.primary_ips = PrimaryIps(project)
    project.networks = Networks(project)
    project.firewalls = Firewalls(project)
    project.volumes = Volumes(project)
    project.servers = Servers(project)
    project.floating_ips = FloatingIps(project)
    project.load_balancers = LoadBalancers(project)
    project.certificates = Certificates(project)
    project.zones = Zones(project)
    return [
        project.locations,
        project.server_types,
        project.load_balancer_types,
        project.isos,
        project.ssh_keys,
        project.images,
        project.placement_groups,
        project.primary_ips,
        project.networks,
        project.firewalls,
        project.volumes,
        project.servers,
        project.floating_ips,
        project.load_balancers,
        project.certificates,
        project.zones,
        Pricing(project),
        ServerCreation(project),
        ServerPower(project),
        ServerChanges(project),
        ServerNetworks(project),
        ServerExtras(project),
        BalancerParts(project),
        Rrsets(project),
    ]
