"""What may be written on an invoice and on its lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_sandbox.vendors.freshbooks import errors, inputs
from ml_sandbox.vendors.freshbooks.errors import ApiError
from ml_sandbox.vendors.freshbooks.inputs import Form, Wrong
from ml_sandbox.vendors.freshbooks.money import ZERO
from ml_sandbox.vendors.freshbooks.records import Line, Stage

_ADDRESS = ("street", "street2", "city", "province", "country", "code")
#: Stored as they come, by name: what a new invoice shows if nothing was given, and the length.
PLAIN: dict[str, tuple[Any, int]] = {
    "organization": ("", 255), "fname": ("", 255), "lname": ("", 255), "address": ("", 255),
    **dict.fromkeys(_ADDRESS, ("", 255)),
    "vat_name": (None, 255), "vat_number": (None, 255), "language": ("en", 8),
    "notes": ("", 10_000), "terms": (None, 10_000), "po_number": (None, 255),
    "description": ("", 10_000), "discount_description": (None, 255), "template": ("clean", 64),
    "return_uri": (None, 1000), "payment_details": ("", 1000),
}  # fmt: skip
_FLAGS = ("auto_bill", "show_attachments", "gmail")
#: Taken and not kept: how a mail is written is nothing that a reader sees.
_MAIL = ("email_subject", "email_body")
ACTIONS = ("action_email", "action_mark_as_sent")
NUMBERS = ("estimateid", "parent", "basecampid", "ownerid")
READ_ONLY = frozenset(
    {
        "id", "invoiceid", "uuid", "due_date", "amount", "paid", "outstanding", "date_paid",
        "discount_total", "net_paid_amount", "v3_status", "display_status", "payment_status",
        "autobill_status", "last_order_status", "dispute_status", "deposit_status",
        "created_at", "updated", "version", "accountid", "accounting_systemid",
        "current_organization", "sentid", "ext_archive",
    }
)  # fmt: skip

LINE_FORM = Form(
    "line",
    {
        "name": inputs.text(255),
        "description": inputs.text(10_000),
        "qty": inputs.quantity,
        "unit_cost": inputs.money,
        "type": inputs.one_of(0, 1, numeric=True),
        "taxName1": inputs.text(255),
        "taxName2": inputs.text(255),
        "taxAmount1": inputs.percent,
        "taxAmount2": inputs.percent,
        "taxNumber1": inputs.text(255),
        "taxNumber2": inputs.text(255),
        "compounded_tax": inputs.boolean,
        "expenseid": inputs.whole(0),
        "taskno": inputs.whole(0),
        "retainer_id": inputs.passed,
        "lineid": inputs.whole(1),
    },
    frozenset({"amount", "updated", "invoiceid"}),
)


def _lines(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
        raise Wrong(errors.WRONG_KIND, "must be a list of lines.")
    return value


def _status(value: Any) -> Stage:
    """Only 0 to 3 are set by hand; text is errno 1015, 4 to 8 are refused (seen live)."""
    return Stage(inputs.one_of(0, 1, 2, 3, numeric=True)(value))


FORM = Form(
    "invoice",
    {
        **{name: inputs.text(most) for name, (_, most) in PLAIN.items()},
        **dict.fromkeys((*_FLAGS, *ACTIONS, "email_include_pdf"), inputs.boolean),
        **dict.fromkeys(_MAIL, inputs.text(10_000)),
        **dict.fromkeys(NUMBERS, inputs.whole(0)),
        "customerid": inputs.whole(1),
        "create_date": inputs.day,
        "generation_date": inputs.day,
        "fulfillment_date": inputs.day,
        "due_offset_days": inputs.whole(0),
        "invoice_number": inputs.text(10),
        "currency_code": inputs.currency,
        "discount_value": inputs.percent,
        "deposit_amount": lambda value: None if value is None else inputs.money(value),
        "deposit_percentage": lambda value: None if value is None else inputs.percent(value),
        "status": _status,
        "lines": _lines,
        "presentation": inputs.passed,
        "email": inputs.email,
        "email_recipients": inputs.texts,
        "invoice_customized_email": inputs.passed,
    },
    READ_ONLY,
)


def read_lines(given: list[Mapping[str, Any]], code: str, ignore_unknown: bool) -> tuple[Line, ...]:
    """The lines in the invoice's currency. Raises ApiError for the first wrong one."""
    return tuple(_line(LINE_FORM.read(line, ignore_unknown), code) for line in given)


def _line(found: Mapping[str, Any], code: str) -> Line:
    unit_cost, own_code = found.get("unit_cost", (ZERO, None))
    if own_code not in (None, code):
        message = f"must be in the invoice's currency, {code}."
        raise LINE_FORM.invalid("unit_cost", message, own_code)
    return Line(
        name=found.get("name") or "",
        description=found.get("description") or "",
        quantity=found.get("qty", inputs.decimal("1")),
        unit_cost=unit_cost,
        plain={
            name: found.get(name)
            for name in ("taxName1", "taxName2", "taxNumber1", "taxNumber2", "retainer_id")
        },
        tax1=found.get("taxAmount1", ZERO),
        tax2=found.get("taxAmount2", ZERO),
        compounded=found.get("compounded_tax", False),
        kind=found.get("type", 0),
    )


def no_recipients() -> ApiError:
    return FORM.invalid("email_recipients", "holds nobody to send to.", None)
