"""The web application: its addresses, each with what answers it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import Route

from ml_connector.app import App
from ml_connector.web.bodies import Bodies
from ml_connector.web.bounds import Bounds
from ml_connector.web.consent import Consent
from ml_connector.web.health import Health
from ml_connector.web.hooks import Hooks
from ml_connector.web.metrics import Metrics


def make_app(app: App, lanes_running: Callable[[], bool], bounds: Bounds) -> Starlette:
    """The ASGI application on an open home. `lanes_running` is asked by `/readyz`."""
    metrics = Metrics(app)
    bodies = Bodies(bounds)
    hooks = Hooks(app, bodies, metrics.count_delivery)
    health = Health(app, lanes_running)
    consent = Consent(app, bodies)
    made = Starlette(
        routes=[
            Route("/hooks/{token}", hooks.take, methods=["POST"]),
            Route("/hooks/{token}/{subscription}", hooks.take, methods=["POST"]),
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
            Route("/metrics", metrics.show),
            Route("/oauth/callback", consent.come_back, methods=["GET"]),
            Route("/oauth/callback", consent.withdrawn, methods=["DELETE"]),
        ]
    )
    # An address with a slash too many is none of ours: to send its caller on would repeat a token
    # and whatever Host it named, and fails on a query that is no text.
    made.router.redirect_slashes = False
    return made
