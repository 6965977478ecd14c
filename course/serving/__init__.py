"""The server: granian, with an adapter that awaits each request's body before a page takes a thread."""

from .minding import apart
from .starting import ensure_free, serve

__all__ = ["apart", "ensure_free", "serve"]
