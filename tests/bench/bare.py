"""The ceiling: a Flask application that does nothing but return the bytes of a file, behind the same server."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

PAGE = Path(os.environ["BENCH_PAGE"]).read_bytes()
app = Flask(__name__)


@app.get("/")
def page() -> bytes:
    return PAGE


@app.get("/healthz")
def healthz() -> str:
    return "ok"
