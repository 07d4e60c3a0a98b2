"""A cluster over TLS, made by the commands of docs/cluster.md, and its faults in one line."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sweep.small_grid import GRID

PAGE = Path(__file__).parents[3] / "docs" / "cluster.md"
TLS = "DASK_DISTRIBUTED__COMM__TLS__"
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class TlsCluster:
    """A scheduler over TLS with two workers, and a folder that is the reader's home and holds the certificates."""

    home: Path
    address: str

    def sweep(self, address: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the page's command on the demo, with environment variables over the config of Dask."""
        words = shlex.split(_blocks("console")[-1].removeprefix("$ "))
        words[words.index("--scheduler") + 1] = address
        words[words.index("--data-dir") :] = ["--market", "demo", "--grid", "grid.yaml", "--sets", "2"]
        environment = {**_environment(self.home), **(settings or {})}
        command = [*_command(words), "--config", "own.yaml"]
        return subprocess.run(command, cwd=self.home, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsCluster]:
    home = tmp_path_factory.mktemp("home")
    (home / "grid.yaml").write_text(GRID)
    (home / "own.yaml").write_text(f"extends: default.yaml\nstate: {home / 'logs'}\n")
    make, scheduler, worker = _blocks("sh")[-3:]
    _run_in_shell(make, home)
    settings = home / ".config" / "dask" / "tls.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(_blocks("yaml")[-1].replace("/etc/dask", str(home)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    processes = []
    try:
        for line in (scheduler, worker, worker):
            words = shlex.split(line.replace("10.0.0.5", "127.0.0.1").replace("8786", port))
            with (home / "dask.log").open("ab") as log:
                processes.append(subprocess.Popen(_command(words), cwd=home, env=_environment(home), stderr=log))
        yield TlsCluster(home, f"tls://127.0.0.1:{port}")
    finally:
        for process in reversed(processes):
            process.terminate()  # a worker ends the process that it supervises
            process.wait()


@pytest.mark.slow
def test_the_commands_of_the_page_run_a_sweep_over_tls(cluster: TlsCluster) -> None:
    made = cluster.sweep(cluster.address)
    assert made.returncode == 0, made.stderr
    assert "2 sets (trials)" in made.stdout


@pytest.mark.slow
def test_the_certificates_of_the_page_are_those_that_newer_versions_of_python_accept(cluster: TlsCluster) -> None:
    # Python 3.13 and later verify as strictly by default.
    words = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.pem", "cert.pem"]
    made = subprocess.run(words, cwd=cluster.home, capture_output=True, text=True, check=False)
    assert made.stdout == "cert.pem: OK\n", made.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"CA_FILE": "other/ca.pem"}, 6, "the TLS connection to the scheduler fails; was .*certificate"),
        ({"CLIENT__CERT": "other/cert.pem", "CLIENT__KEY": "other/key.pem"}, 6, "the TLS connection to the scheduler"),
        ({"CLIENT__KEY": "other/key.pem"}, 2, "Dask's config cannot be used: .*KEY_VALUES_MISMATCH"),
        ({"CLIENT__KEY": "absent.pem"}, 2, "there is no file for client-key; was absent.pem"),
        ({"CA_FILE": "grid.yaml"}, 2, "Dask's config cannot be used: .*NO_CERTIFICATE"),
    ],
    ids=["authority", "certificate", "key", "absent", "no certificate"],
)
def test_a_wrong_certificate_is_refused(cluster: TlsCluster, changed: dict[str, str], code: int, message: str) -> None:
    other = cluster.home / "other"
    if not other.exists():
        other.mkdir()
        _run_in_shell(_blocks("sh")[-3], other)
    made = cluster.sweep(cluster.address, {f"{TLS}{name}": value for name, value in changed.items()})
    _require_one_line(made, code, message)


@pytest.mark.slow
def test_a_scheduler_with_tls_is_not_reached_without(cluster: TlsCluster, tmp_path: Path) -> None:
    plain = cluster.address.replace("tls:", "tcp:")
    _require_one_line(cluster.sweep(plain), 2, "Dask's config requires TLS; expected tls://")
    of_no_config = {"DASK_CONFIG": str(tmp_path), "HOME": str(tmp_path)}
    message = "the scheduler does not answer; .*its address begins with tls:// if it has TLS"
    _require_one_line(cluster.sweep(plain, of_no_config), 6, message)
    _require_one_line(cluster.sweep(cluster.address, of_no_config), 2, "no certificates are set")


@pytest.mark.slow
def test_a_damaged_config_of_dask_is_named(cluster: TlsCluster, tmp_path: Path) -> None:
    (tmp_path / "tls.yaml").write_text("distributed: [[\n")
    made = cluster.sweep(cluster.address, {"DASK_CONFIG": str(tmp_path)})
    _require_one_line(made, 2, "Dask's config cannot be used: .*tls.yaml")


def _require_one_line(made: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    assert (made.returncode, made.stderr.count("\n")) == (code, 1), made.stderr
    assert re.search(message, made.stderr), made.stderr


def _blocks(language: str) -> list[str]:
    """Return the code of the page in one language, as a reader copies it."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE).rstrip() for indent, text in found]


def _command(words: list[str]) -> list[str]:
    """Return the words of a command with the path of the program, which a reader's environment has active."""
    return [str(BIN / words[0]), *words[1:]]


def _run_in_shell(commands: str, folder: Path) -> None:
    # Shorter keys are made in a tenth of the time.
    script = commands.replace("4096", "2048")
    subprocess.run(["sh", "-e", "-c", script], cwd=folder, check=True, capture_output=True)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DASK_")}
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
