"""Each open point of the sheet on FreshBooks as a switch, and troubles that can be turned on."""

from __future__ import annotations

from ml_sandbox.switches import Switch

SWITCHES: dict[str, Switch] = {
    # consent and tokens
    "consent_denied": Switch(False, "The authorize address answers error=access_denied."),
    "consent_user": Switch(
        "owner",
        "Who sits before the consent page: the owner, or an accountant who belongs to the second "
        "account alone.",
        ("owner", "accountant"),
    ),
    "app_scopes": Switch(
        "all",
        "Scopes that the app is registered for, separated by spaces, or all; asking for another "
        "rejects the whole consent.",
    ),
    "strict_redirect_uri": Switch(
        False, "Only redirect addresses with https and without a query are taken, as at FreshBooks."
    ),
    "pkce_enforced": Switch(
        True, "A code that was asked for with a challenge is refused without its verifier."
    ),
    "bad_client_status": Switch(401, "Status of a wrong client id or secret.", (400, 401)),
    "refresh_needs_redirect_uri": Switch(
        False, "A refresh without redirect_uri is refused, as the documentation has it."
    ),
    "access_token_seconds": Switch(43200, "Life of an access token, told in expires_in."),
    "refresh_grace_seconds": Switch(
        0.0, "How long a spent refresh token is answered with the pair that it was spent for."
    ),
    "refresh_keeps_created_at": Switch(
        False, "The answer to a refresh repeats the created_at of the pair before."
    ),
    "token_extras": Switch(True, "Token answers carry direct_buy_tokens, which nobody asked for."),
    # limits
    "limit_per_minute": Switch(
        500, "Calls in 60 seconds, the next gets 429; identity apart; 0 is no limit."
    ),
    "identity_limit_per_minute": Switch(
        20, "Calls of /users/me in 60 seconds, the next gets 429; 0 is no limit."
    ),
    "limit_counts_by": Switch(
        "token", "Whose calls a limit counts together.", ("token", "account", "app")
    ),
    "limit_headers": Switch(
        True, "Answers carry X-RateLimit-* and Retry-After, those of 200 too; a 429 always does."
    ),
    "limit_body": Switch(
        "family", "Body of a 429: the family's own error shape, or empty.", ("family", "empty")
    ),
    # errors
    "errors_as_object": Switch(
        False, "Accounting's older error bodies hold one object instead of a list."
    ),
    "errors_with_status_200": Switch(
        False, "Accounting answers errors other than 401 with status 200."
    ),
    "account_inactive": Switch(False, "The accounts are inactive: errno 1042."),
    "unknown_fields": Switch(
        "refused", "Fields of a body that do not exist.", ("refused", "ignored")
    ),
    "invoice_status_read_only": Switch(
        False, "An invoice's status cannot be written, as the product's description has it."
    ),
    "invoice_number_unique": Switch(True, "Two invoices of an account may not share a number."),
    # reading
    "deleted_by_id": Switch(
        "shown",
        "A deleted record asked for by its id is shown, refused with errno 1011, or not found.",
        ("shown", "refused", "not_found"),
    ),
    "lines_always": Switch(
        False, "Lines and presentation of invoices come without include[] asking for them."
    ),
    "default_order": Switch(
        "newest_first", "Order of a list by id.", ("newest_first", "oldest_first")
    ),
    "day_boundary_zone": Switch(
        "eastern", "Zone of the days that filters and overdue go by.", ("eastern", "utc")
    ),
    "filter_with_time": Switch(
        "cut",
        "A time behind the day of updated_min and updated_max is cut off, or refused.",
        ("cut", "refused"),
    ),
    # what moves and what is told
    "view_touches_updated": Switch(True, "Being opened by the client moves an invoice's updated."),
    "view_fires_invoice_update": Switch(False, "Being opened by the client fires invoice.update."),
    "payment_touches_invoice_updated": Switch(True, "A payment moves the updated of its invoice."),
    "payment_fires_invoice_update": Switch(
        False, "A payment fires invoice.update besides its own event."
    ),
    "overdue_touches_updated": Switch(
        False, "Becoming overdue by the calendar moves an invoice's updated."
    ),
    "overdue_fires_invoice_update": Switch(
        False, "Becoming overdue by the calendar fires invoice.update."
    ),
    "archive_event": Switch(
        "update",
        "Which event archiving fires, and taking out of the archive.",
        ("update", "delete", "none"),
    ),
    "restore_event": Switch(
        "update", "Which event restoring a deleted record fires.", ("update", "create", "none")
    ),
    "overpayment": Switch(
        "credit",
        "What was paid too much becomes a credit, or leaves a negative outstanding.",
        ("credit", "negative"),
    ),
    # webhooks
    "send_by_email_events": Switch(
        False, "invoice.sendByEmail exists as an event, as third parties have it."
    ),
    "handshake_before_answer": Switch(
        True, "The handshake arrives before the call that caused it is answered."
    ),
    "wrong_verifier_status": Switch(
        422, "Status of handing back a code that is not the one sent last.", (400, 403, 404, 422)
    ),
    "resend_issues_new_code": Switch(True, "Asking for the code again gives out another one."),
    "disabled_callback_shows": Switch(
        "unverified",
        "A callback that FreshBooks disabled shows verified false, or still true.",
        ("unverified", "verified"),
    ),
    "callback_updated_at": Switch(
        "iso", "Form of a callback's updated_at: ISO in UTC, or SQL in US/Eastern.", ("iso", "sql")
    ),
    "webhook_https_only": Switch(False, "A callback with a plain http address is refused."),
    "webhook_legacy_fields": Switch(
        False, "Deliveries carry system and their fields in another order, as in 2020."
    ),
    "webhook_signature": Switch(
        "verifier",
        "The signature is by the callback's verifier over the rebuilt JSON text, or raw: by "
        "webhook_secret over the body, as the product's description has it.",
        ("verifier", "raw"),
    ),
    "webhook_retry_minutes": Switch(
        "1,5,15,60", "Minutes to each retry of a delivery not answered with 2xx; then it is lost."
    ),
    "webhook_retries_end": Switch(
        True,
        "After the last retry a delivery is lost; if off, its last pause is repeated until the "
        "callback is disabled or deleted, as the product's description has it.",
    ),
    "webhook_timeout_seconds": Switch(10.0, "How long a delivery waits for its answer."),
    "webhook_disabled_after_hours": Switch(
        24.0, "Hours of nothing but failures after which a callback is disabled; 0 is never."
    ),
}
