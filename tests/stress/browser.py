"""A browser as far as stress needs one: raw requests on a kept connection, and an honest word when no whole answer came."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.stress.place import Place, Somebody


class NoAnswer(Exception):
    """The connection ended before a whole answer: nobody knows whether the request was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str
    retry_after: str
    body: bytes


class Browser:
    """``who`` uses it, or nobody who is signed in. A connection that ended is made anew with the next request."""

    def __init__(self, place: Place, who: Somebody | None = None, patience: float = 60.0) -> None:
        self._place, self.who, self._patience = place, who, patience
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def send(self, path: str, **fields: str) -> Answer:
        """A form, with the token of the browser."""
        token = self.who.token if self.who else ""
        return self._ask("POST", path, urlencode({"csrf_token": token} | fields))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Cookie": f"course={self.who.cookie}"} if self.who else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        held = self._connection or http.client.HTTPConnection("127.0.0.1", self._place.port, timeout=self._patience)
        self._connection = held
        try:
            held.request(method, path, body, headers)
            got = held.getresponse()
            return Answer(got.status, got.getheader("Location", ""), got.getheader("Retry-After", ""), got.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(f"{method} {path}: {error!r}") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
