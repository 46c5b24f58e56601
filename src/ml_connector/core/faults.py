"""A fault is what went wrong with one call or one record, sorted by what to do next.

    Fault
    ├── Unreachable      not connected, or a read without a good answer   → again, later
    ├── UnknownOutcome   a write was sent, no good answer came             → settle, plan afresh
    ├── Waiting          nothing is wrong, the moment is not right
    │   ├── TooFast        a rate window is full                           → wait to the moment
    │   ├── OutOfBudget    the day's or month's allowance is spent         → pause to the reset
    │   └── AccountClosed  the vendor closed the account for now           → pause, probe once a day
    ├── TokenExpired     the access token is not taken                     → refresh once, try once
    ├── NeedsPerson      only a person can mend it                         → stop this connection
    │   └── NeedsConsent   a person must agree first                       → ask, then do it
    ├── Stale            the record changed under us                       → read again, plan again
    ├── Missing          the very record is not there                      → re-plan, mark gone
    ├── Ambiguous        more than one match                               → review, with candidates
    ├── Refused          the vendor or the map rejects the data            → review, in their words
    ├── Forged           a delivery that is not from the vendor            → 401, counted, not kept
    ├── Unreadable       a delivery from the vendor that cannot be read    → 400, nothing is kept
    ├── Mistake          a person's input cannot be used                   → exit 2, say how to mend
    └── Bug              anything else                                     → review, others go on

The message of a fault is a sentence that a person reads; it never holds a secret. StoreUnavailable
stands beside them: it says nothing of the call or record, so whatever judges those lets it pass.
"""

from __future__ import annotations

from datetime import datetime

LONGEST_SENTENCE = 4_000
"""A vendor's own words may be of any length; nobody reads more, and each is kept with the audit."""


class Fault(Exception):
    """Something went wrong that the engine knows how to treat."""

    def __init__(self, sentence: str = "") -> None:
        told = sentence or (type(self).__doc__ or "").partition("\n")[0]
        self.sentence = (
            told if len(told) <= LONGEST_SENTENCE else told[: LONGEST_SENTENCE - 1] + "…"
        )
        super().__init__(self.sentence)


class Unreachable(Fault):
    """The vendor could not be reached."""


class UnknownOutcome(Fault):
    """A write was sent and no good answer came, so nobody knows whether it was done."""


class Waiting(Fault):
    """The vendor asks us to wait until the moment `until` (aware, UTC)."""

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class TooFast(Waiting):
    """The vendor's rate window is full."""


class OutOfBudget(Waiting):
    """The allowance of calls for this day or month is spent."""


class AccountClosed(Waiting):
    """The vendor says the account is not open: the trial is over, or the plan lapsed."""


class TokenExpired(Fault):
    """The access token was not accepted."""


class NeedsPerson(Fault):
    """Only a person can mend this connection."""


class NeedsConsent(NeedsPerson):
    """A person must agree before this is done."""


class Stale(Fault):
    """The record was changed by somebody else since it was read."""


class Missing(Fault):
    """The record is not there."""


class Ambiguous(Fault):
    """More than one record matches."""

    def __init__(self, sentence: str, candidates: list[dict[str, object]]) -> None:
        super().__init__(sentence)
        self.candidates = candidates


class Refused(Fault):
    """The data was rejected; `field` names the culprit where it is known."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class Forged(Fault):
    """The delivery's proof is wrong, missing, too old or from the future."""


class Unreadable(Fault):
    """The delivery is genuine, but its body cannot be read."""


class Mistake(Fault):
    """What was asked cannot be done as it was asked; the sentence says how to mend it."""


class Bug(Fault):
    """Something nobody foresaw. The log has the traceback under this fault's id."""


class StoreUnavailable(Exception):
    """The database cannot be used now, so nothing of this was stored.

    No Fault, see above. `sentence` tells a person how to mend it.
    """

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)
