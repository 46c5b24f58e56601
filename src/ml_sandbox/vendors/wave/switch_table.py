"""Each open point of the sheet on Wave as a switch, and the troubles that can be turned on."""

from __future__ import annotations

from ml_sandbox.switches import Switch

SWITCHES: dict[str, Switch] = {
    "error_status": Switch(
        "mixed",
        "HTTP status of GraphQL errors: 200 always, 4xx always, or mixed: 400 only for a document "
        "that does not validate.",
        ("mixed", "200", "4xx"),
    ),
    "payment_touches_modified": Switch(True, "A payment moves the invoice's modifiedAt."),
    "overdue_touches_modified": Switch(
        False, "Becoming overdue by the calendar moves the invoice's modifiedAt."
    ),
    "view_touches_modified": Switch(
        False, "Being opened by the customer moves the invoice's modifiedAt."
    ),
    "modified_bounds_inclusive": Switch(
        False, "modifiedAtAfter and modifiedAtBefore include the very moment named."
    ),
    "page_size_cap": Switch(200, "Largest pageSize; 0 is no limit."),
    "page_size_over_cap": Switch(
        "error", "A larger pageSize is an error, or is quietly cut to the cap.", ("error", "cut")
    ),
    "money_value_grouping": Switch(True, "Money.value groups thousands: 1,250.00."),
    "email_filter_ignores_case": Switch(False, "customers(email:) matches without regard to case."),
    "approved_status": Switch(
        "SAVED", "Status of an invoice that is approved and not sent.", ("SAVED", "UNPAID")
    ),
    "invoice_number_unique": Switch(False, "Two invoices may not share an invoiceNumber."),
    "delete_only_drafts": Switch(True, "invoiceDelete refuses what is not a draft."),
    "input_error_path_prefix": Switch(False, "Paths of inputErrors begin with input."),
    "input_error_code": Switch("INVALID", "The code that inputErrors carry."),
    "variable_error_code": Switch(
        "BAD_USER_INPUT",
        "extensions.code of a variable of the wrong type.",
        ("BAD_USER_INPUT", "VARIABLE_VALUE"),
    ),
    "missing_scope_code": Switch("FORBIDDEN", "extensions.code where the token lacks the scope."),
    "reject_inline_strings": Switch(
        False, "String arguments written into the document are refused; only variables are taken."
    ),
    "rate_limit_per_minute": Switch(
        0, "Requests that one token may send in 60 seconds, the next gets 429; 0 is no limit."
    ),
    "concurrency_limit": Switch(
        0, "Requests that one token may have open at a time, the next gets 429; 0 is no limit."
    ),
    "retry_after_header": Switch(False, "A 429 carries Retry-After."),
    "ban_seconds": Switch(0, "How long a token that passed the rate limit stays shut out."),
    "latency_seconds": Switch(0.0, "How long each GraphQL request takes, in sandbox time."),
    "insert_between_pages": Switch(
        0, "After each page of customers or invoices a human adds this many more of them."
    ),
    "access_token_seconds": Switch(7200, "Life of an access token, told in expires_in."),
    "refresh_answer": Switch(
        "new",
        "The refresh token in the answer to a refresh: a new one, the same one, or none.",
        ("new", "same", "none"),
    ),
    "old_refresh_token_dies": Switch(True, "A refresh token that was exchanged is refused."),
    "refresh_ends_access_token": Switch(True, "A refresh ends the access token before it."),
    "refresh_token_needs_offline_access": Switch(
        True, "Without the scope offline_access no refresh token is given."
    ),
    "offline_access_known": Switch(True, "If off, asking for offline_access is invalid_scope."),
    "token_bound_to_business": Switch(
        True, "An OAuth token sees one business only, which the token answer names."
    ),
    "plan_lapsed": Switch(
        False, "The Pro plan has ended: consent is denied, refresh answers 403, no webhooks."
    ),
    "consent_denied": Switch(False, "The authorize address answers error=access_denied."),
    "webhook_signature": Switch(
        "timestamped",
        "x-wave-signature is t=,v1= over time and body, or bare hex over the body.",
        ("timestamped", "bare"),
    ),
    "webhook_timestamp_header": Switch(False, "Deliveries also carry x-wave-timestamp."),
    "webhook_second_v1": Switch(
        False, "x-wave-signature carries two v1 parts, the first of another secret."
    ),
    "webhook_ids": Switch(
        "opaque",
        "Ids in webhooks: opaque as in the API, or the uuid of the business with the number of the "
        "record as a number or as text.",
        ("opaque", "number", "text"),
    ),
    "webhook_retry_delays": Switch(
        "5,30,120,600,3600", "Seconds to each retry of a delivery not answered with 2xx."
    ),
    "webhook_retry_signs_anew": Switch(True, "A retry carries a fresh time in its signature."),
    "webhook_timeout_seconds": Switch(10.0, "How long a delivery waits for its answer."),
    "webhook_disabled_after": Switch(
        0, "Deliveries given up in a row after which the portal turns the webhook off; 0 is never."
    ),
    "webhook_probe": Switch(
        "empty",
        "What the portal posts when a webhook is saved: an empty body, a body that is no event, or "
        "nothing.",
        ("empty", "other", "none"),
    ),
    "product_text_events": Switch(
        False,
        "Also send customer.created, customer.updated, invoice.created, invoice.updated and "
        "payment.created, which Wave itself does not have.",
    ),
}
