"""RFC 3161 time-stamps: build a request, read an authority's token, and verify its signature.

The library is part of the extra `anchor`. This is the one module that imports it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.errors import ConfigError
from bot.core.install_hint import install_command
from bot.core.text import printable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

MOST_BYTES = 64 * 1024
"""Bytes of a token: an answer with a long chain of certificates has about 8 KB."""
_SHA256 = "2.16.840.1.101.3.4.2.1"
_LONGEST_NAME = 80


class InvalidToken(ValueError):
    """Invalid time-stamp: damaged, a refusal, or with a wrong signature; the text says which."""


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """Request of one time-stamp: its bytes (DER), and the nonce that the answer must repeat."""

    body: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Token:
    """Unverified time-stamp: the stamped SHA-256 digest, the time (UTC), the nonce and the signer."""

    digest: bytes
    time: datetime
    nonce: int | None
    authority: str
    raw: bytes


def require_library() -> None:
    """Raise ConfigError unless the extra `anchor` is installed."""
    if find_spec("rfc3161_client") is None:
        mend = install_command("anchor")
        raise ConfigError("anchors need rfc3161-client, not installed here", mend=mend)


def build_request(message: bytes) -> TimestampRequest:
    """Build the request to stamp the SHA-256 digest of a message, with a random nonce.

    Parameters
    ----------
    message : bytes
        Message to stamp. Its digest alone is in the request.

    Raises
    ------
    ConfigError
        The extra `anchor` is missing.
    """
    require_library()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder(message, HashAlgorithm.SHA256, nonce=True, cert_req=True).build()
    return TimestampRequest(bytes(request.as_bytes()), int(request.nonce or 0))


def read_token(raw: bytes) -> Token:
    """Read a time-stamp response (DER, a `.tsr` file); `verify_token` verifies its signature.

    Raises
    ------
    InvalidToken
        The bytes are damaged, the authority refused, or the digest is of another kind than SHA-256.
    ConfigError
        The extra `anchor` is missing.
    """
    response = _decoded(raw)
    try:
        if response.status != 0:
            reasons = printable(" ".join(map(str, response.status_string)))[:_LONGEST_NAME]
            raise InvalidToken(f"is a refusal of the authority: status {response.status} {reasons}".strip())
        info = response.tst_info
        imprint, moment = info.message_imprint, info.gen_time
        kind, digest, nonce = imprint.hash_algorithm.dotted_string, bytes(imprint.message), info.nonce
        with warnings.catch_warnings(action="ignore"):  # of faulty certificates, which the signature decides on
            signer = _signer(response)
    except InvalidToken:
        raise
    except Exception as problem:  # the parser raises what the malformed part makes it raise
        raise InvalidToken("is damaged, or no time-stamp") from problem
    if kind != _SHA256 or len(digest) != 32:
        raise InvalidToken(f"stamps a digest of another kind than SHA-256: {kind}")
    when = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return Token(digest, when, nonce, signer, raw)


def verify_token(token: Token, certificates: Sequence[Certificate]) -> None:
    """Verify the signature of a time-stamp with the authority's certificates, valid at its time.

    Parameters
    ----------
    token
        The time-stamp.
    certificates
        Trusted certificates of the authority.

    Raises
    ------
    InvalidToken
        The signature is wrong, or its signer lacks a certificate for time-stamping by these.
    """
    require_library()
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        VerifierBuilder(roots=list(certificates)).build().verify(_decoded(token.raw), token.digest)
    except VerificationError as problem:
        # The library's text of a chain that does not hold is a dump of OpenSSL's error stack.
        detail = "" if "ErrorStack" in str(problem) else f" ({printable(str(problem))[:_LONGEST_NAME]})"
        raise InvalidToken(f"is not signed by an authority of the given certificate{detail}") from None
    except Exception as problem:  # as in read_token
        raise InvalidToken("is damaged, or no time-stamp") from problem


def load_certificates(file: Path) -> list[Certificate]:
    """Load the certificates of a PEM or DER file. Raises ConfigError."""
    require_library()
    from cryptography import x509

    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES * 16)
    except OSError as problem:
        raise ConfigError(f"cannot be read: {problem.strerror}", where=str(file)) from None
    try:
        is_text = b"-----BEGIN" in raw
        found = x509.load_pem_x509_certificates(raw) if is_text else [x509.load_der_x509_certificate(raw)]
    except ValueError:
        expected = "the certificate of the authority, as PEM or DER"
        raise ConfigError("has no readable certificate", where=str(file), expected=expected) from None
    return list(found)


def digest_of(message: bytes) -> bytes:
    """Return the SHA-256 digest that a time-stamp of a message has."""
    return sha256(message).digest()


def _decoded(raw: bytes) -> TimeStampResponse:
    require_library()
    from rfc3161_client import decode_timestamp_response

    if not raw or len(raw) > MOST_BYTES:
        raise InvalidToken("is empty" if not raw else f"is longer than {MOST_BYTES:,} bytes")
    try:
        return decode_timestamp_response(raw)
    except Exception as problem:  # as in read_token
        raise InvalidToken("is damaged, or no time-stamp") from problem


def _signer(response: TimeStampResponse) -> str:
    """Return the subject of the certificate that the signer names, or the issuer if the response lacks it."""
    from cryptography import x509

    (signer,) = response.signed_data.signer_infos
    found = (x509.load_der_x509_certificate(bytes(one)) for one in response.signed_data.certificates)
    names = [one.subject for one in found if one.serial_number == signer.serial_number and one.issuer == signer.issuer]
    name = names[0] if names else signer.issuer
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    text = str(common[0].value) if common else name.rfc4514_string()
    return printable(text)[:_LONGEST_NAME]
