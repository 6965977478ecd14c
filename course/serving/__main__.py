"""``python -m course.serving HOST PORT WORKERS THREADS``: nothing but the server, without what publishing needs in memory."""

from __future__ import annotations

import sys

from . import serve

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), threads=int(sys.argv[4]))
