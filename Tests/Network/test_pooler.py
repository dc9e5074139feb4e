"""A hub behind PgBouncer in transaction mode, where every statement may meet another connection."""

import subprocess

import pytest
from depot import Box, fill, until
from lines import Place, can_be_had
from postgres import Hub
from test_far import DEPOTD


@pytest.fixture
def place():
    if not can_be_had():
        pytest.skip("no networks of one's own can be had here")
    made = Place(9)
    yield made
    made.close()


@pytest.fixture
def pooled(place, tmp_path):
    """A hub, and what a box needs to reach it through the pooler."""
    hub = Hub(tmp_path / "postgres", DEPOTD, place, settings=["track_functions=pl"])
    settings = hub.admit("Hall 4", tmp_path, port=6432)
    role = settings[0].split("//")[1].split("@")[0]
    (hub.folder / "users").write_text(f'"{role}" "{(tmp_path / (role + ".password")).read_text().strip()}"\n')
    (hub.folder / "pooler.ini").write_text(
        f"[databases]\nhub = host={place.address} port=5432\n[pgbouncer]\nlisten_addr = {place.address}\nlisten_port = 6432\n"
        f"auth_type = scram-sha-256\nauth_file = {hub.folder}/users\npool_mode = transaction\ndefault_pool_size = 3\n"
        "ignore_startup_parameters = extra_float_digits,options\nunix_socket_dir =\n")
    pooler = subprocess.Popen([*place.prefix, *hub.user, "/usr/sbin/pgbouncer", hub.folder / "pooler.ini"],
                              stdout=subprocess.DEVNULL, stderr=(tmp_path / "pooler.log").open("w"))
    yield hub, settings
    pooler.terminate()
    pooler.wait()
    hub.stop()


def test_a_pooler_that_gives_each_statement_another_connection_is_no_hindrance(place, pooled, tmp_path):
    hub, settings = pooled
    box = Box(DEPOTD, tmp_path / "hall", place, settings)
    try:
        box.drain(30)
        box.scan("BADGE-ANA")
        box.scan("CAM-7")
        box.drain(30)
        assert hub.ask("SELECT fields #>> '{holder,person,name}' FROM depotd.record WHERE fields ->> 'number' = 'CAM-7'"
                       ) == "Ana Vidal"
        # Far behind, as on the first day: what is many is copied.
        box.stop()
        fill(box.file, 3_000)
        box.start()
        box.drain(60)
        # A connection counts what it called when it has been idle for some seconds.
        until(lambda: hub.ask("SELECT sum(calls) > 0 FROM pg_stat_user_functions WHERE funcname = 'sync_push_staged'") == "t")
        assert box.call("GET", "/sync/verification")["differences"] == []
    finally:
        box.stop()
