"""Ed25519: the house signs manifests; anybody can check them with the public key."""

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from pipelines.audit.scope import WrongRequestError
from pipelines.keys import Keys

PURPOSE = "extract signature"
HEX_DIGITS = 64


def private_key(secret: Keys) -> Ed25519PrivateKey:
    """The key with which a home signs; derived from its secret, so it is kept with it."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret.derive(PURPOSE)))


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public key, 64 hexadecimal digits."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public key as openssl reads it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(public: str) -> str:
    """SHA-256 of the public key, in groups of four digits: to be read aloud and kept apart."""
    digest = sha256(bytes.fromhex(public)).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def is_signed(content: bytes, signature: bytes, public: str) -> bool:
    """Whether the signature of `content` is by the owner of the public key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def pinned(given: str | bytes) -> str:
    """A public key as 64 hexadecimal digits, from these or from PEM. Raises WrongRequestError."""
    text = given.decode("ascii", "replace") if isinstance(given, bytes) else given
    if "-----BEGIN" in text:
        try:
            key = load_pem_public_key(text.encode())
        except ValueError:
            raise WrongRequestError("the key is not a public key in PEM") from None
        if not isinstance(key, Ed25519PublicKey):
            raise WrongRequestError("the key is not an Ed25519 key")
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    digits = "".join(text.split()).lower()
    if len(digits) != HEX_DIGITS or set(digits) - set("0123456789abcdef"):
        raise WrongRequestError("the key is neither PEM nor 64 hexadecimal digits")
    return digits
