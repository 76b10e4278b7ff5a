"""TLS in front of a local server."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class TLSRelay:
    """Accepts TLS connections for a host name and relays their contents to a port without TLS."""

    def __init__(
        self,
        port: int,
        directory: Path,
        host: str = "localhost",
        name: str = "localhost",
        most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        age: timedelta = timedelta(0),
    ) -> None:
        """The certificate has `host` and this `age`, the address has `name`; `most` is the newest version of TLS."""
        self._target = port
        self.certificate = directory / f"{host}.pem"
        self.certificate.write_bytes(self_signed(host, age))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if most < ssl.TLSVersion.TLSv1_2:
            permit_old_tls(context, most)
        else:
            context.maximum_version = most
        context.load_cert_chain(self.certificate)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://{name}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "TLSRelay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        # Closing alone does not wake the thread that waits for a connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def speaks(self, version: ssl.TLSVersion) -> bool:
        """Whether a client that accepts this version and any certificate is served."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        permit_old_tls(context, version)
        with socket.create_connection(("127.0.0.1", self._listener.getsockname()[1])) as plain:
            with context.wrap_socket(plain) as encrypted:
                return encrypted.version() == {"TLSv1": "TLSv1", "TLSv1_1": "TLSv1.1"}[version.name]

    def _accept(self) -> None:
        while self._listener.fileno() >= 0:
            try:
                client, _ = self._listener.accept()
            except OSError:
                # The relay was closed.
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with self._context.wrap_socket(client, server_side=True) as encrypted:
                with socket.create_connection(("127.0.0.1", self._target)) as plain:
                    carry(encrypted, plain)
        except OSError:
            # A client that refuses the certificate or has disconnected.
            pass


def carry(encrypted: ssl.SSLSocket, plain: socket.socket) -> None:
    """Relays in both directions in one thread: a TLS connection must not be used by two at once."""
    while True:
        # Bytes that are already decrypted do not make the connection readable.
        ready = [encrypted] if encrypted.pending() else select.select([encrypted, plain], [], [])[0]
        for source in ready:
            piece = source.recv(65536)
            if not piece:
                return
            (plain if source is encrypted else encrypted).sendall(piece)


def permit_old_tls(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = version
        context.maximum_version = version


def self_signed(host: str, age: timedelta = timedelta(0)) -> bytes:
    """A self-signed certificate with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(timezone.utc) - age
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
