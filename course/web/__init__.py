"""The only package that knows HTTP: one blueprint a feature, one guard, one way to say that something went wrong."""

from __future__ import annotations

from flask import Flask

from ..config import Settings
from . import (
    accounts,
    administration,
    analysis,
    assets,
    at_risk,
    authoring,
    certificates,
    cohorts,
    compression,
    errors,
    exchange,
    exports,
    guard,
    headers,
    health,
    lesson_report,
    lessons,
    library,
    modules,
    progress,
    published,
    quiz,
    regrading,
    rendering,
    report_source,
    reports,
    visitor,
)

BLUEPRINTS = (
    modules.bp,
    lessons.bp,
    library.bp,
    quiz.bp,
    progress.bp,
    certificates.bp,
    accounts.bp,
    reports.bp,
    cohorts.bp,
    exports.bp,
    at_risk.bp,
    lesson_report.bp,
    authoring.bp,
    regrading.bp,
    analysis.bp,
    exchange.bp,
    administration.bp,
    assets.bp,
    health.bp,
)


def init_app(app: Flask, settings: Settings) -> None:
    guard.init_app(app)
    published.init_app(app)
    visitor.init_app(app)
    errors.init_app(app)
    headers.init_app(app, settings)
    compression.init_app(app)
    rendering.init_app(app)
    report_source.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    guard.check_views(app)
