"""The server: granian, with an adapter that awaits each request's body before a page takes a thread."""

from .starting import ensure_free, serve

__all__ = ["ensure_free", "serve"]
