"""The course engine. ``create_app`` is a table of contents: each part says for itself what it adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from .config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """An application on the given settings, or on those of the environment. Raises config.SettingError with one clear line."""
    # Imported here, so that reading and checking a course needs neither Flask nor a database.
    from . import config, extensions, schema, web
    from .web.application import Application

    settings = settings or config.load()
    app = Application(__name__, template_folder=str(config.ROOT / "templates"), static_folder=None)
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["TRUSTED_HOSTS"] = settings.trusted_hosts
    app.extensions["settings"] = settings
    extensions.init_app(app, settings)
    schema.init_app(app)
    web.init_app(app, settings)
    return app
