"""Images of calls, rendered in threads: each once for all the calls that ask for it at the same time.

    rendering = Rendering(pictures, threads)
    await rendering.urls(request)      # ("data:image/jpeg;base64,...",)

Calls about one image come together. Were each of them to wait for it in a thread, one image would hold all threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import Executor

from stvqa.teachers.calls.contract import CallRequest, Picture
from stvqa.teachers.calls.pictures import Pictures

__all__ = ["Rendering"]


class Rendering:
    """Data URLs of images; used by one event loop.

    Args:
        pictures: what renders them.
        threads: where.
    """

    def __init__(self, pictures: Pictures, threads: Executor) -> None:
        self._pictures = pictures
        self._threads = threads
        self._under_way: dict[Picture, asyncio.Future[str]] = {}

    async def urls(self, request: CallRequest) -> tuple[str, ...]:
        """Data URLs of all images of a call, in the order of its messages.

        Raises:
            PictureUnavailable: one of them cannot be had.
        """
        asked = [picture for message in request.messages for picture in message.images]
        return tuple(await asyncio.gather(*map(self._url, asked)))

    async def _url(self, picture: Picture) -> str:
        ready = self._pictures.rendered(picture)
        return await self._rendered(picture) if ready is None else ready

    def _rendered(self, picture: Picture) -> Awaitable[str]:
        future = self._under_way.get(picture)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(self._threads, self._pictures.data_url, picture)
            self._under_way[picture] = future
            future.add_done_callback(lambda done: self._ended(picture, done))
        return asyncio.shield(future)  # a call that is given up takes the image from no other

    def _ended(self, picture: Picture, done: asyncio.Future[str]) -> None:
        self._under_way.pop(picture, None)
        if not done.cancelled():
            done.exception()  # told to whoever waits; after a stop nobody does, and asyncio would complain of that
