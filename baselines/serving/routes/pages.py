"""The web pages: a few files, read when the server starts. No URL is ever turned into a path."""

from pathlib import Path

from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).resolve().parents[1] / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
ADDRESSES = {"chat.html": "/", "try.html": "/try", "similar.html": "/similar"}
"""URLs of the pages; other files are at /static/NAME."""


def addresses() -> dict[str, Path]:
    """{URL path: file} of the pages and the files they load."""
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)
    return {ADDRESSES.get(path.name, f"/static/{path.name}"): path for path in files}


def page_routes() -> list[Route]:
    """A route for each page and each file they load, held in memory."""

    def route(address, path):
        content, media_type = path.read_bytes(), f"{TYPES[path.suffix]}; charset=utf-8"

        async def page(request):
            return Response(content, media_type=media_type, headers=HEADERS)

        return Route(address, page)

    return [route(address, path) for address, path in addresses().items()]
