"""A time-stamp authority of this machine (RFC 3161): its certificates are made when it starts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.servers.loopback import Asked, LoopbackServer, Reply

NOW = datetime(2026, 11, 29, 10, 0, 5, tzinfo=UTC)
_SHA256 = bytes.fromhex("0609608648016503040201")


def der(tag: int, *parts: bytes) -> bytes:
    """One DER value of a tag."""
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 128 + len(length)]) + length + body


def integer(value: int) -> bytes:
    """A DER integer."""
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


def oid(text: str) -> bytes:
    """A DER object identifier."""
    first, second, *rest = map(int, text.split("."))
    body = bytes([first * 40 + second])
    for arc in rest:
        chunk = [arc & 127]
        while arc := arc >> 7:
            chunk.append(128 | arc & 127)
        body += bytes(reversed(chunk))
    return der(6, body)


class Authority:
    """Root and signing certificate of an authority, and its tokens."""

    def __init__(self, name: str) -> None:
        self.name = name
        root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{name} root")])
        own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        begin, end = NOW - timedelta(days=3650), NOW + timedelta(days=3650)

        def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, is_root: bool) -> x509.Certificate:
            usage = x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False)
            known = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
            built = (
                x509.CertificateBuilder(root_name, subject, key.public_key(), x509.random_serial_number(), begin, end)
                .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
                .add_extension(usage, critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .add_extension(known, critical=False)
            )
            if not is_root:
                purposes = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
                built = built.add_extension(purposes, critical=True)
            return built.sign(root_key, hashes.SHA256())

        self.root = certificate(root_name, root_key, is_root=True)
        self.signer = certificate(own, self._key, is_root=False)

    @property
    def pem(self) -> bytes:
        """The root certificate as a file has it."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def response(self, digest: bytes, nonce: bytes = b"", at: datetime = NOW, kind: bytes = _SHA256) -> bytes:
        """A granted response with the token of a digest; `nonce` is its DER, as in the request."""
        moment = der(24, f"{at:%Y%m%d%H%M%SZ}".encode())
        imprint = der(48, der(48, kind, b"\x05\x00"), der(4, digest))
        info = der(48, integer(1), oid("1.2.3.4.1"), imprint, integer(7), moment, nonce)
        return der(48, der(48, integer(0)), self._signed(info, at))

    def _signed(self, info: bytes, at: datetime) -> bytes:
        tst_info = oid("1.2.840.113549.1.9.16.1.4")
        algorithm = der(48, _SHA256, b"\x05\x00")
        raw = self.signer.public_bytes(serialization.Encoding.DER)
        attributes = sorted(
            [
                der(48, oid("1.2.840.113549.1.9.3"), der(49, tst_info)),
                der(48, oid("1.2.840.113549.1.9.4"), der(49, der(4, sha256(info).digest()))),
                der(
                    48,
                    oid("1.2.840.113549.1.9.16.2.47"),
                    der(49, der(48, der(48, der(48, der(4, sha256(raw).digest()))))),
                ),
            ]
        )
        signature = self._key.sign(der(49, *attributes), ec.ECDSA(hashes.SHA256()))
        names = self.signer.issuer.public_bytes()
        signer = der(
            48,
            integer(1),
            der(48, names, integer(self.signer.serial_number)),
            algorithm,
            der(160, *attributes),
            der(48, oid("1.2.840.10045.4.3.2")),
            der(4, signature),
        )
        content = der(48, tst_info, der(160, der(4, info)))
        signed = der(48, integer(3), der(49, algorithm), content, der(160, raw), der(49, signer))
        return der(48, oid("1.2.840.113549.1.7.2"), der(160, signed))


@cache
def authority(name: str = "Example Time Authority") -> Authority:
    """The authority of a name, made once."""
    return Authority(name)


REFUSAL = der(48, der(48, integer(2), der(48, der(12, b"too many requests"))))
"""A response that refuses."""
_ASKED = re.compile(rb"\x04\x20(.{32})(\x02(.).+)\x01\x01\xff", re.DOTALL)


class AuthorityServer(LoopbackServer):
    """Answers each request with a token, at the time `at`; `made` changes what it answers."""

    def __init__(self, of: Authority | None = None) -> None:
        super().__init__()
        self.of, self.at = of or authority(), NOW
        self.made: Callable[[bytes, bytes], bytes] = lambda digest, nonce: self.of.response(digest, nonce, self.at)

    def answer(self, asked: Asked) -> Reply:
        found = _ASKED.search(asked.body.encode(errors="surrogateescape"))
        assert found is not None
        reply = self.made(found[1], found[2])
        return Reply(200, reply, {"Content-Type": "application/timestamp-reply"})
