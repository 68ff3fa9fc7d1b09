"""A server that sends calls elsewhere is not followed: what goes out are prompts, pictures and a key.

redirected(308, "https://models.example.com/v1/chat/completions", asked="http://models.example.com/v1/chat/completions",
url="http://models.example.com/v1", secret=secret)
# Verdict("stop", "redirected", "... sends calls on to https://models.example.com/v1 (308), and ...: ...")
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from stvqa.environment import shown_address
from stvqa.teachers.calls.refusals import Verdict
from stvqa.teachers.calls.secret import Secret

__all__ = ["redirected"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def redirected(status: int, location: str, *, asked: str, url: str, secret: Secret) -> Verdict | None:
    """The verdict about a redirect; None for a response that is none.

    Args:
        status: of the response.
        location: where it points to, as it came.
        asked: the address that was asked.
        url: of the server, for messages and to find what is its own in `asked`.
        secret: cleans what is shown.
    """
    if status not in _REDIRECTS:
        return None
    told = f"{url} sends calls on ({status})"
    try:
        target = shown_address(urljoin(asked, location)) if location and location.isprintable() else ""
    except ValueError:
        target = ""
    if not target:
        shown = secret.shown(location.partition("?")[0])
        where = f" to {shown}, which is no http(s) address" if shown else ""
        return Verdict("stop", "redirected", f"{told}{where}, and is not followed: check --base-url")
    route = urlsplit(asked).path.removeprefix(urlsplit(url).path)
    base = secret.shown(target.rstrip("/").removesuffix(route.rstrip("/")))
    remedy = f"if that is the server that you mean, give it as --base-url {base}"
    return Verdict("stop", "redirected", f"{told} to {base}; prompts and keys go nowhere unasked: {remedy}")
