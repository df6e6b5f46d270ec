"""Public references: random, not consecutive, so that they tell nothing of how many pledges there are."""

import secrets

from conferences.references import ALPHABET, LENGTH, letters_of


def new_reference(prefix: str) -> str:
    """Return a random reference such as `PKM25-7KQ4W`; the unique key of the table settles the rare clash."""
    return prefix + "-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def reference_of(prefix: str, record_key: str, attempt: int = 0) -> str:
    """Return the reference of a row of the public record: the same on every load, and as good as random."""
    return f"{prefix}-{letters_of(record_key, attempt)}"
