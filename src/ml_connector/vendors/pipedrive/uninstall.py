"""The call by which Pipedrive tells that a user uninstalled the app: a DELETE to the callback URL.

The body names client_id, company_id, user_id and timestamp; the proof is HTTP Basic with the app's
own client id and secret. Source: "Handling user app uninstallation" in Pipedrive's developer pages.
"""

from __future__ import annotations

import json

from ml_connector.core.faults import Unreadable
from ml_connector.core.vendor import Delivery, Uninstalled


def read_uninstall(delivery: Delivery) -> Uninstalled:
    """Whose app it was and at which company. Raises Unreadable."""
    try:
        told = json.loads(delivery.body)
        return Uninstalled(str(told["client_id"]), str(told["company_id"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("The body does not say which app was uninstalled where.") from None
