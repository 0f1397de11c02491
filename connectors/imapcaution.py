"""A server that stumbles over one mail, because its file is damaged, is to keep nobody from the others: they are asked for in ever
smaller numbers until it is known which one it is, and that is left alone for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.mailspool import FolderState

AT_ONCE = (200, 10, 1)  # mails that are asked for together
REST_SECONDS = 300.0  # for a mail that was not given out
MOST = 20  # mails that a server may withhold; of more it is the server that is broken

Place = tuple[str, int, int]
"""A folder, its UIDVALIDITY, and the number of a mail."""


@dataclass(slots=True)
class Caution:
    """What is known of mails over which a server stumbles."""

    _step: int = 0
    _asked: list[Place] = field(default_factory=list)
    _withheld: dict[Place, float] = field(default_factory=dict)  # until when it is left alone

    @property
    def at_once(self) -> int:
        """How many mails may be asked for together."""
        return AT_ONCE[self._step]

    def begin(self, now: float) -> None:
        """A reading begins; what has rested enough is asked for again."""
        self._step = 0
        self._asked = []
        self._withheld = {place: until for place, until in self._withheld.items() if until > now}

    def ask(self, folder: str, validity: int, uids: Iterable[int]) -> None:
        """These are asked for now."""
        self._asked = [(folder, validity, uid) for uid in uids]

    def answered(self) -> None:
        """They were given out."""
        self._asked = []

    def narrow(self, now: float) -> bool:
        """The server has ended without giving anything. Whether it is worth while to ask again: for fewer, or, if it was a single
        one, for the others."""
        asked, self._asked = self._asked, []
        if not asked:
            return False  # it was not over a mail
        if len(asked) > 1:
            self._step = min(self._step + 1, len(AT_ONCE) - 1)
            return True
        self._withheld[asked[0]] = now + REST_SECONDS
        self._step = 0
        return len(self._withheld) <= MOST

    def withhold(self, folder: str, validity: int, uids: Iterable[int], now: float) -> None:
        """These were asked for and not given out, though the server lists them."""
        self._withheld |= {(folder, validity, uid): now + REST_SECONDS for uid in uids}

    def withheld(self, folder: str, validity: int) -> set[int]:
        """The mails of a folder that are left alone."""
        return {uid for name, state, uid in self._withheld if (name, state) == (folder, validity)}

    def places(self, folders: Mapping[str, FolderState]) -> Iterator[str]:
        """Where the mails are that are left alone, for people."""
        for folder, state in folders.items():
            yield from (f"{folder} UID {uid}" for uid in sorted(self.withheld(folder, state.validity)))
