"""WebServing: functions behind URLs, for a quick test. `run.py serve` is what this library has for models."""

import json
from collections.abc import Callable
from typing import Any

from baselines.errors import InputError


class WebServing:
    """web = WebServing(port=8864); web.route("/similar", function, {"text": (None, True), "n": (int, False)}); web.start()

    Arguments are {name: (function that converts its string, or None, whether it is required)}. It needs the package bottle.
    """

    def __init__(self, host: str = "0.0.0.0", port: int = 8000, server: str = "wsgiref"):
        try:
            import bottle
        except ModuleNotFoundError as error:
            raise InputError("WebServing needs the package bottle. Install it, or serve a run with `run.py serve`.") from error
        self.host, self.port, self.server, self.bottle = host, port, server, bottle

    def wraps(self, func: Callable, arguments: dict, method: str = "GET") -> Callable:
        """The function as one of a request, which answers {"code", "desc", "data"} as JSON."""

        def answer() -> str:
            request = self.bottle.request
            fields = request.GET if method == "GET" else request.POST
            return json.dumps(self.reply(func, arguments, fields.getunicode), ensure_ascii=False)

        return answer

    @staticmethod
    def reply(func: Callable, arguments: dict, field: Callable[[str], str | None]) -> dict[str, Any]:
        """The answer to a request whose fields `field` returns."""
        given = {}
        for name, (convert, required) in arguments.items():
            value = field(name)
            if value is not None:
                given[name] = convert(value) if convert is not None else value
            elif required:
                return {"code": 1, "desc": f'lack of "{name}" argument', "data": {}}
        try:
            return {"code": 0, "desc": "succeeded", "data": func(**given)}
        except Exception as error:                                      # whatever a script's function raises: the server stays up
            return {"code": 2, "desc": str(error), "data": {}}

    def route(self, path: str, func: Callable, arguments: dict, method: str = "GET") -> None:
        """Puts a function behind a URL."""
        self.bottle.route(path, method=method)(self.wraps(func, arguments, method))

    def start(self) -> None:
        """Serves until it is interrupted."""
        self.bottle.run(host=self.host, port=self.port, server=self.server)
