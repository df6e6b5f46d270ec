"""Keys and references of rows: what tells a row of the public record from all others, and what people call it by."""

import hashlib

# No 0, 1, I, L, O, U: nothing to misread or misspell.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 5


def record_key(*parts: str) -> str:
    """Return the key of a row of the public record from the texts that tell it from all others."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def letters_of(key: str, attempt: int = 0) -> str:
    """Return five letters that are the same for a key on every load, and as good as random."""
    number = int.from_bytes(hashlib.sha256(f"{key}:{attempt}".encode()).digest()[:8])
    letters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)
