"""One address of Redis, as channel layer, Celery and cache want it; mistakes are told."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from playground.redis_server import RedisServer, servers

_SENTINELS = "rediss+sentinel://:p%40ss@a,b:26380,[::1]:1/school/2"


def test_the_private_one_is_a_socket() -> None:
    redis, broker, cache = servers({}, "/run/redis.sock")
    assert redis.channel_layer() == {"address": "unix:///run/redis.sock", "socket_timeout": None}
    assert broker.broker() == ("redis+socket:///run/redis.sock", {"socket_timeout": None}, None)
    assert cache.cache() == {"LOCATION": "unix:///run/redis.sock", "OPTIONS": {}}


def test_without_tls_nothing_of_tls_is_said() -> None:
    redis = RedisServer.read("X", "redis://me:p%2Fw@10.0.0.1/4")
    url, options, tls = redis.broker()
    assert url == redis.channel_layer()["address"] == "redis://me:p%2Fw@10.0.0.1:6379/4"
    assert options["socket_keepalive"]  # a machine that is gone closes nothing
    assert tls is None


def test_certificates_and_names_are_checked_unless_somebody_says_otherwise() -> None:
    checked = RedisServer.read("X", "rediss://h/?ssl_ca_certs=/ca.pem").broker()[2]
    assert checked == {
        "ssl_ca_certs": "/ca.pem",
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
    }
    unnamed = RedisServer.read("X", "rediss://h/?ssl_check_hostname=false").broker()[2]
    assert unnamed == {"ssl_cert_reqs": "required", "ssl_check_hostname": False}


def test_sentinels_are_asked_by_tls_too_and_have_a_password_of_their_own() -> None:
    redis = RedisServer.read("X", f"{_SENTINELS}?sentinel_password=theirs")
    assert redis.hosts == (("a", 26379), ("b", 26380), ("::1", 1))
    url, options, tls = redis.broker()
    assert url == (
        "sentinel://:p%40ss@a:26379/2;sentinel://:p%40ss@b:26380/2;sentinel://:p%40ss@[::1]:1/2"
    )
    assert options["master_name"] == "school"
    assert options["sentinel_kwargs"]["password"] == "theirs"
    assert options["sentinel_kwargs"]["ssl"] is True
    assert tls
    layer = redis.channel_layer()
    assert (layer["master_name"], layer["password"], layer["db"]) == ("school", "p@ss", 2)


def test_broker_and_cache_may_be_elsewhere() -> None:
    given = {"PLAYGROUND_REDIS_URL": "redis://a", "PLAYGROUND_CACHE_URL": "redis://b"}
    assert [each.hosts[0][0] for each in servers(given, "/s")] == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://h", "http:// is none of"),
        ("redis://", "is no host"),
        ("redis://a,b/", "several hosts are for redis+sentinel://"),
        ("redis://h/x", "'x' is no number of a database"),
        ("redis://h/1/2", "too many parts"),
        ("redis+sentinel://a:26379", "the name of what they watch"),
        ("redis://h/?ssl_ca_certs=/x", "it knows no ssl_ca_certs"),
        ("rediss://h/?ssl_cert_reqs=perhaps", "is none of none, required"),
        ("rediss://h/?ssl_cert_req=none", "it knows no ssl_cert_req"),
    ],
)
def test_a_mistake_is_named_and_the_password_is_not(url: str, said: str) -> None:
    url = url.replace("://", "://:geheim@", 1) if url != "redis://" else url
    with pytest.raises(ImproperlyConfigured) as caught:
        servers({"PLAYGROUND_REDIS_URL": url}, "/s")
    assert str(caught.value).startswith("PLAYGROUND_REDIS_URL: ")
    assert said in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_socket_may_have_a_password_and_a_database() -> None:
    redis = RedisServer.read("X", "unix://:word@/run/r.sock?db=2")
    assert redis.channel_layer()["address"] == "unix://:word@/run/r.sock?db=2"
