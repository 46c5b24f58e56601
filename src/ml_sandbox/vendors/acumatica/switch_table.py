"""A switch is an open point of the sheet made choosable, or a limit or trouble to be set.

Names carry the prefix `acumatica.` outside this folder.
"""

from __future__ import annotations

from ml_sandbox.switches import Switch

_BODIES = ("json", "empty")
SWITCHES: dict[str, Switch] = {
    # the site
    "served_versions": Switch(
        "20.200.001,22.200.001,23.200.001,24.200.001,25.200.001",
        "Versions of the Default endpoint that are served; any other answers 404.",
    ),
    "entity_list_form": Switch(
        "object",
        "GET /entity answers the object, or the bare array of older builds.",
        ("object", "array"),
    ),
    "single_tenant_site": Switch(
        False, "A site with one tenant: any tenant name is accepted at a cookie login."
    ),
    "maintenance": Switch(False, "Every call of the REST interface answers 503."),
    "html_errors": Switch(False, "Every call of an entity answers 500 with an HTML page."),
    "not_found_body": Switch(
        "json",
        "Body of 404 for an endpoint, version, entity or action that is not there.",
        ("json", "empty", "html"),
    ),
    "setup_not_entered": Switch(
        "", "An entity whose module is not configured: it answers PXSetupNotEnteredException."
    ),
    "companies_structure_fails": Switch(False, "The CompaniesStructure inquiry answers 500."),
    "advanced_so_invoices": Switch(
        False, "Sales invoices may be entered without an order; otherwise 403."
    ),
    "document_offset": Switch(
        "-07:00", "Offset from UTC at which document dates are midnight, the site's own zone."
    ),
    # identity
    "oauth_flow": Switch(
        "any",
        "The flow that the connected application is registered for.",
        ("any", "authorization_code", "password"),
    ),
    "basic_client_auth": Switch(
        False, "The token address also takes the client's id and secret by HTTP Basic."
    ),
    "authorize_returns_state": Switch(True, "The redirect carries the state it was given."),
    "consent_denied": Switch(False, "The authorize address answers error=access_denied."),
    "access_token_seconds": Switch(3600, "Life of an access token."),
    "refresh_mode": Switch(
        "absolute",
        "How refresh tokens of the application expire; none: they are not given.",
        ("absolute", "sliding", "none"),
    ),
    "refresh_absolute_days": Switch(30, "Days from the consent to the end, in absolute mode."),
    "refresh_sliding_days": Switch(15, "Days that each refresh adds, in sliding mode."),
    "refresh_sliding_end_days": Switch(
        90, "Days from the consent to the end in sliding mode; 0 is infinite."
    ),
    "refresh_grace_seconds": Switch(
        0, "How long a refresh token that was exchanged is still taken."
    ),
    "refresh_token_in_answer": Switch(
        True, "Token answers carry the refresh token, which the vendor's sample body leaves out."
    ),
    "unauthorized_body": Switch("json", "Body of 401.", _BODIES),
    # licence
    "login_slots": Switch(2, "Sessions that may be open at once; 0 is no limit."),
    "login_limit_status": Switch(429, "Status of a refused sign-in.", (429, 500)),
    "login_limit_body": Switch("json", "Body of a refused sign-in.", ("json", "text")),
    "login_limit_at_token": Switch(
        False, "Slots are asked for by the token address already, not by the first access."
    ),
    "bad_login_status": Switch(500, "Status of a cookie login with bad credentials.", (500, 401)),
    "session_idle_seconds": Switch(1200, "Life of a cookie session that is not used."),
    "requests_per_minute": Switch(
        100, "Requests that the licence allows in a minute; from half of it on they are slowed."
    ),
    "concurrent_requests": Switch(4, "Requests that are worked on at once; more of them queue."),
    "queue_length": Switch(20, "Requests that may wait; one more is declined."),
    "work_seconds": Switch(0.0, "How long a request occupies one of the cores."),
    "decline_body": Switch("text", "Body of a declined request.", ("text", "json")),
    "retry_after_header": Switch(False, "Declined requests carry Retry-After."),
    "logout_needs_length": Switch(True, "A logout without Content-Length answers 411."),
    # reading
    "empty_field": Switch(
        "absent",
        'An empty field reads {}, or its value null, or its value "".',
        ("absent", "null", "text"),
    ),
    "missing_record_status": Switch(500, "Status of GET for no such record.", (500, 404)),
    "detail_filters": Switch(
        "refuse",
        "A filter on detail rows is refused, or finds what it likes.",
        ("refuse", "scramble"),
    ),
    "shuffle_lists": Switch(False, "Every list comes in another order."),
    "orderby": Switch(
        "ignore", "What becomes of $orderby on an entity.", ("ignore", "honour", "refuse")
    ),
    "count": Switch("ignore", "What becomes of $count.", ("ignore", "refuse")),
    "not_optimizable": Switch(
        "CreditVerificationRules,Attributes",
        "Fields that make a list answer 500 when they are expanded, selected or filtered by.",
    ),
    "late_commit_seconds": Switch(
        0.0, "What people enter is seen by readers this much later than its own stamp."
    ),
    "stamp_tick_seconds": Switch(
        0.0, "Tick of last-modified stamps; 0 is the database's own, a 300th of a second."
    ),
    # writing
    "unknown_fields": Switch(
        "refuse",
        "A field that the contract does not have is refused or ignored.",
        ("refuse", "ignore"),
    ),
    "read_only_fields": Switch(
        "refuse",
        "Another value for a computed field is refused or ignored.",
        ("refuse", "ignore"),
    ),
    "clears_field": Switch(
        "both",
        "What empties a field: null, an empty text, or both; the other is skipped.",
        ("both", "null", "text"),
    ),
    "put_answer": Switch(
        "asked",
        "Fields in the answer of a write: those sent or selected, also keys, or all.",
        ("asked", "keys", "all"),
    ),
    "several_matches": Switch(
        "refuse",
        "A PUT whose $filter finds several rows is refused, or changes the first.",
        ("refuse", "first"),
    ),
    "unknown_number": Switch(
        "insert",
        "A number that does not exist, at an entity with its own numbers: a new record "
        "under the next number, or a refusal.",
        ("insert", "refuse"),
    ),
    "precondition_body": Switch("json", "Body of 412.", _BODIES),
    "customer_numbering": Switch(
        "auto",
        "Customer ids are given by a sequence where left out, or must be entered.",
        ("auto", "manual"),
    ),
    "external_ref_unique": Switch(
        False, "A second order of one customer with an ExternalRef already used is refused."
    ),
    "orders_on_hold": Switch(False, "New orders are on hold unless they say otherwise."),
    "invoices_on_hold": Switch(True, "New invoices are on hold unless they say otherwise."),
    "payments_on_hold": Switch(False, "New payments are on hold unless they say otherwise."),
    "payments_stamp_invoices": Switch(
        False, "Applying a payment moves the last-modified stamp of the invoice."
    ),
    # long operations
    "action_polls": Switch(2, "Status polls answered 202 before a long operation has ended."),
    "action_seconds": Switch(30.0, "A long operation that nobody asks about ends after this."),
    "actions_at_once": Switch(False, "Every action is done at once and answered 204."),
    "action_error": Switch(
        "", "Long operations fail with this sentence, which the status address answers."
    ),
    "action_error_status": Switch(500, "Status of a long operation that failed.", (500, 422, 400)),
    # push notifications
    "push_header": Switch("X-ML-Connector", "Name of the static header of push notifications."),
    "push_splits_transaction": Switch(
        False, "A transaction is told row by row, in several messages with one Id."
    ),
    "push_in_order": Switch(True, "Messages are stamped in the order in which they are sent."),
}
