"""Refusals: each says in one sentence what is wrong and how to mend it. Pages show it, the API answers with it."""

from collections.abc import Mapping


class PledgeError(Exception):
    """Something that was asked of a pledge is refused; `str()` is a sentence for people."""

    code = "refused"


class NotAllowed(PledgeError):
    """This person may not do this."""

    code = "not_allowed"


class WrongStatus(PledgeError):
    """The pledge is at another point of its life."""

    code = "wrong_status"


class NeedsSecondPerson(PledgeError):
    """One person proposes this, another confirms it."""

    code = "needs_second_person"


class Incomplete(PledgeError):
    """Something is missing or wrong; `fields` names each field with its sentence."""

    code = "incomplete"

    def __init__(self, message: str, fields: Mapping[str, str]) -> None:
        super().__init__(message)
        self.fields = dict(fields)


class SeveralRefused(PledgeError):
    """Of several pledges some are refused, and so none is taken; `refusals` names each with its refusal."""

    code = "several_refused"

    def __init__(self, refusals: Mapping[str, PledgeError]) -> None:
        super().__init__(" ".join(f"{reference}: {refusal}" for reference, refusal in refusals.items()))
        self.refusals = dict(refusals)


class EditConflict(PledgeError):
    """Somebody else changed the pledge in the meantime."""

    code = "edit_conflict"


class FileRefused(PledgeError):
    """A file is of a kind, size or content that is not taken."""

    code = "file_refused"
