"""Public references: random, not consecutive, so that they tell nothing of how many pledges there are."""

import hashlib
import secrets

# No 0, 1, I, L, O, U: nothing to misread or misspell.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 5


def new_reference(prefix: str) -> str:
    """Return a random reference such as `PKM25-7KQ4W`; the unique key of the table settles the rare clash."""
    return prefix + "-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def reference_of(prefix: str, record_key: str, attempt: int = 0) -> str:
    """Return the reference of a row of the public record: the same on every load, and as good as random."""
    number = int.from_bytes(hashlib.sha256(f"{record_key}:{attempt}".encode()).digest()[:8])
    letters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return f"{prefix}-{''.join(letters)}"
