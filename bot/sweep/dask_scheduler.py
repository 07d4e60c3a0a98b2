"""The scheduler of a Dask cluster: its address, its certificates, and whether it answers."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.errors import ClusterError, ConfigError
from bot.core.install_hint import install_command

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

CONNECT_SECONDS = 5
"""Longest wait for a scheduler."""
_LARGEST_PORT = 65_535
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})")


@dataclass(frozen=True, slots=True)
class DaskScheduler:
    """Address of a scheduler as `tcp://HOST:PORT` or `tls://HOST:PORT`, and the certificates of Dask's own config."""

    address: str
    security: Security

    @classmethod
    def at(cls, address: str) -> DaskScheduler:
        """Return the scheduler at an address, without a connection to it.

        Raises
        ------
        ConfigError
            If the address is invalid, the extra is missing, or TLS lacks its certificates.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None or int(found[3]) > _LARGEST_PORT:
            raise ConfigError("is no address", where="--scheduler", expected="tcp://HOST:PORT or tls://…", was=address)
        if find_spec("distributed") is None:
            mend = install_command("cluster")
            raise ConfigError("Dask is not installed", where="--backend dask", mend=mend)
        return cls(address, _security(address))

    def connect(self) -> Client:
        """Return a client of the scheduler. Raises ClusterError if it fails to answer within `CONNECT_SECONDS`."""
        from distributed import Client

        _silence()
        # A client that fails to connect would wait ten seconds more when Python frees it.
        self.require_answer()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared by name, when workers are asked
            try:
                options = {"security": self.security, "set_as_default": False, "direct_to_workers": False}
                return Client(self.address, timeout=CONNECT_SECONDS, **options)
            except Exception as problem:
                raise self._no_answer(problem) from None

    def require_answer(self) -> None:
        """Require the greeting of a scheduler within `CONNECT_SECONDS`. Raises ClusterError."""
        if self.address.startswith("tls:"):
            self._require_tls()
        try:
            self.greet()
        except Exception as problem:  # another server's bytes are read as a length, and end in any error
            raise self._no_answer(problem) from None

    def greet(self) -> None:
        """Connect once and exchange greetings, which only a scheduler or a worker can do.

        Raises
        ------
        TimeoutError
            If it is connected but silent for `CONNECT_SECONDS`, as a frozen scheduler is.
        Exception
            Any other, if nothing or another kind of server listens.
        """
        # In a thread of its own, because a notebook has an event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._greeted()).result()

    async def _greeted(self) -> None:
        from distributed.comm.core import connect

        options = self.security.get_connection_args("client")
        connecting = connect(self.address, timeout=CONNECT_SECONDS, **options)
        # Dask limits the time to connect, but waits for the greeting without an end.
        answered = await asyncio.wait_for(connecting, CONNECT_SECONDS + 1)
        answered.abort()

    def _require_tls(self) -> None:
        """Require a TLS connection on which the scheduler begins to speak. Raises ClusterError."""
        # Dask hides a fault of TLS under errors of its own, and loses its reason if the scheduler closes the connection
        # while the client writes. A scheduler speaks first, so this connection only listens.
        host, _, port = self.address.removeprefix("tls://").rpartition(":")
        context = self.security.get_connection_args("client")["ssl_context"]
        try:
            plain = socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
        except OSError as problem:
            raise self._no_answer(problem) from None
        try:
            # With TLS 1.3, the refusal of a client arrives in the first bytes after the handshake.
            with plain, context.wrap_socket(plain) as secured:
                if not secured.recv(1):
                    raise ConnectionError("the scheduler closed the connection")
        except TimeoutError as problem:
            raise self._no_answer(problem) from None
        except OSError as problem:
            what = "the TLS connection to the scheduler fails"
            signed = "give both sides certificates that one ca-file signed"
            mend = f"{signed}, or use tcp:// if it has no TLS: docs/cluster.md"
            raise ClusterError(what, where=self.address, was=str(problem), mend=mend) from None

    def _no_answer(self, problem: Exception) -> ClusterError:
        """Return the error of a failed connection."""
        cause = problem.__cause__ or problem
        # Dask puts the address of an object in memory before the cause.
        text = str(cause).rpartition(": ")[2] or "no answer in time"
        was = text if isinstance(problem, OSError) else "the answer of another kind of server"
        other = "tls:// if it has TLS" if self.address.startswith("tcp:") else "tcp:// if it has no TLS"
        mend = f"start it: dask scheduler; its address begins with {other}"
        return ClusterError("the scheduler does not answer", where=self.address, was=was, mend=mend)


def _silence() -> None:
    """Silence the log of Dask: it prints every attempt to reconnect. The error at the end says it in one line."""
    # Its import sets a level for some loggers below the first one.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _security(scheduler: str) -> Security:
    """Return the certificates that Dask's own config names. Raises ConfigError."""
    mend = "check distributed.comm.tls in Dask's config: docs/cluster.md"
    try:
        from distributed.security import Security  # the import reads Dask's config, which may be damaged

        security = Security()
        _require_files(security, mend)
        has_certificates = security.get_connection_args("client")["ssl_context"] is not None
    except (OSError, ValueError, TypeError) as problem:
        raise ConfigError(f"Dask's config cannot be used: {problem}", where="--scheduler", mend=mend) from None
    if scheduler.startswith("tls:") and not has_certificates:
        raise ConfigError("no certificates are set", where="--scheduler", was=scheduler, mend="see docs/cluster.md")
    if scheduler.startswith("tcp:") and security.require_encryption:
        raise ConfigError("Dask's config requires TLS", where="--scheduler", expected="tls://…", was=scheduler)
    return security


def _require_files(security: Security, mend: str) -> None:
    """Require the files of certificates and keys that Dask's config names. Raises ConfigError."""
    # By name: the error of OpenSSL for an absent file has none.
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        value = getattr(security, name)
        if value and "\n" not in value and not Path(value).is_file():  # else the text of a certificate itself
            raise ConfigError(
                f"there is no file for {name[4:].replace('_', '-')}", where="--scheduler", was=value, mend=mend
            )
