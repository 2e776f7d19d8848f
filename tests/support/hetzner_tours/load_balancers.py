"""Load balancers and certificates, by the official client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hcloud import Client
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
    LoadBalancerTargetIP,
    LoadBalancerTargetLabelSelector,
)
from hcloud.networks import NetworkSubnet

from support.hetzner import done, new_server
from support.hetzner_tours.common import HOUR, NBG, read_actions


def tour_certificates(client: Client) -> None:
    pem, key = self_signed_certificate("www.example.org")
    uploaded = client.certificates.create("own", pem, key)
    assert uploaded.domain_names == ["www.example.org"]
    assert client.certificates.get_by_name("own").update(name="mine").name == "mine"
    managed = client.certificates.create_managed("managed", ["www.example.com"])
    with pytest.raises(Exception, match="no DNS zone"):
        done(managed.action)
    zone = client.zones.create(name="example.com", mode="primary").zone
    done(managed.certificate.retry_issuance())
    assert client.certificates.get_by_id(managed.certificate.id).status.issuance == "completed"
    read_actions(client, "", "certificates", managed.certificate.id)
    assert managed.certificate.delete()
    done(zone.delete().action)


def tour_load_balancers(client: Client) -> None:
    pem, key = self_signed_certificate("balancer.example.org")
    certificate = client.certificates.create("balancer", pem, key)
    network = client.networks.create(
        "behind",
        "10.1.0.0/16",
        subnets=[NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.1.0.0/24")],
    )
    server = new_server(client, "target", networks=[network], labels={"role": "web"})
    made = client.load_balancers.create(
        "balancer",
        LoadBalancerType(name="lb11"),
        location=NBG,
        algorithm=LoadBalancerAlgorithm("least_connections"),
        services=[LoadBalancerService(protocol="tcp", listen_port=22, destination_port=22)],
        targets=[LoadBalancerTarget(type="server", server=server)],
    )
    done(made.action)
    balancer = made.load_balancer
    assert balancer.targets[0].server.id == server.id
    health = LoadBalancerHealthCheck(
        protocol="http", port=80, interval=5, timeout=3, retries=2, http=LoadBalancerHealthCheckHttp(path="/up")
    )
    http = LoadBalancerService(protocol="http", listen_port=80, destination_port=8080, health_check=health)
    https = LoadBalancerService(
        protocol="https", listen_port=443, http=LoadBalancerServiceHttp(certificates=[certificate])
    )
    done(balancer.add_service(http), balancer.add_service(https))
    done(balancer.update_service(LoadBalancerService(listen_port=80, destination_port=8081)))
    assert client.load_balancers.get_by_id(balancer.id).services[1].destination_port == 8081
    used = client.request("GET", f"/certificates/{certificate.id}")["certificate"]["used_by"]
    assert used == [{"id": balancer.id, "type": "load_balancer"}]
    done(balancer.delete_service(LoadBalancerService(listen_port=443)))
    done(balancer.attach_to_network(network))
    selector = LoadBalancerTargetLabelSelector(selector="role=web")
    chosen = LoadBalancerTarget(type="label_selector", label_selector=selector, use_private_ip=True)
    plain = LoadBalancerTarget(type="ip", ip=LoadBalancerTargetIP(ip="192.0.2.7"))
    done(balancer.add_target(chosen), balancer.add_target(plain))
    assert client.load_balancers.get_by_name("balancer").targets[1].targets[0].server.id == server.id
    done(balancer.remove_target(plain), balancer.remove_target(LoadBalancerTarget(type="server", server=server)))
    done(balancer.disable_public_interface(), balancer.enable_public_interface())
    done(balancer.remove_target(chosen), balancer.detach_from_network(network))
    done(balancer.change_algorithm(LoadBalancerAlgorithm("round_robin")))
    done(balancer.change_type(LoadBalancerType(name="lb21")))
    done(balancer.change_dns_ptr(balancer.public_net.ipv4.ip, "lb.example.com"))
    done(balancer.change_protection(delete=True), balancer.change_protection(delete=False))
    assert balancer.update(name="weights").name == "weights"
    assert "bandwidth.in" in balancer.get_metrics("bandwidth", **HOUR).metrics.time_series
    read_actions(client, "", "load_balancers", balancer.id)
    done(balancer.delete().action)


def self_signed_certificate(domain: str) -> tuple[str, str]:
    """A self-signed certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, domain)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=9))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), private.decode()
