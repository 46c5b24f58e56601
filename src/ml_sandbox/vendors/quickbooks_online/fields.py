"""A field is one property of an entity: its type, its bounds, who may write it, who may filter it.

Order is that of the published XSDs, which XML answers keep. Lengths as in the sheet, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Field:
    """`kind` names the check in `forms.py`; `refers` the entity that a reference names."""

    kind: str
    most: int = 4000
    refers: str = ""
    choices: tuple[str, ...] = ()
    read_only: bool = False
    query: bool = False
    parts: Mapping[str, Field] | None = None


def text(most: int = 4000, query: bool = False, choices: tuple[str, ...] = ()) -> Field:
    return Field("text", most, query=query, choices=choices)


def ref(entity: str = "", query: bool = False) -> Field:
    return Field("ref", refers=entity, query=query)


def part(**parts: Field) -> Field:
    return Field("part", parts=parts)


def shown(field: Field) -> Field:
    """The same, but only the server writes it."""
    return replace(field, read_only=True)


def sought(field: Field) -> Field:
    """The same, and queries may filter by it."""
    return replace(field, query=True)


BOOL, NUMBER, WHOLE, DATE = Field("bool"), Field("number"), Field("whole"), Field("date")
ANY = Field("any")
LINKED = Field("list", parts={"TxnId": text(), "TxnType": text(), "TxnLineId": text()})
ADDRESS = part(
    Id=text(), Line1=text(500), Line2=text(500), Line3=text(500), Line4=text(500), Line5=text(500),
    City=text(255), Country=text(255), CountryCode=text(3), County=text(255),
    CountrySubDivisionCode=text(255), PostalCode=text(31), Lat=text(), Long=text(), Tag=text(),
    Note=text(),
)  # fmt: skip
PHONE = part(Id=text(), DeviceType=text(), FreeFormNumber=text(30), Default=BOOL, Tag=text())
EMAIL = Field("email", 100)
WEB = part(Id=text(), URI=text(1000), Default=BOOL, Tag=text())
META = part(CreateTime=text(), LastUpdatedTime=text(), CreatedByRef=ref(), LastModifiedByRef=ref())
HEAD: dict[str, Field] = {
    "Id": shown(text(query=True)),
    "SyncToken": shown(text()),
    "MetaData": shown(META),
    "CustomField": ANY,
    "domain": shown(text()),
    "status": shown(text()),
    "sparse": shown(BOOL),
}
NAME: dict[str, Field] = {
    "Title": text(16),
    "GivenName": text(100, True),
    "MiddleName": text(100, True),
    "FamilyName": text(100, True),
    "Suffix": text(16),
    "FullyQualifiedName": shown(text(query=True)),
    "CompanyName": text(500, True),
    "DisplayName": text(500, True),
    "PrintOnCheckName": text(110, True),
    "Active": sought(BOOL),
    "V4IDPseudonym": shown(text()),
    "PrimaryPhone": PHONE,
    "AlternatePhone": PHONE,
    "Mobile": PHONE,
    "Fax": PHONE,
    "PrimaryEmailAddr": sought(EMAIL),
    "WebAddr": WEB,
    "DefaultTaxCodeRef": ref(),
}
CUSTOMER: dict[str, Field] = {
    **HEAD,
    **NAME,
    "Taxable": BOOL,
    "BillAddr": ADDRESS,
    "ShipAddr": ADDRESS,
    "Notes": text(2000),
    "Job": BOOL,
    "BillWithParent": BOOL,
    "RootCustomerRef": shown(ref()),
    "ParentRef": ref("Customer"),
    "Level": shown(WHOLE),
    "CustomerTypeRef": ref("CustomerType"),
    "SalesTermRef": ref("Term"),
    "PaymentMethodRef": ref("PaymentMethod"),
    "Balance": sought(NUMBER),
    "OpenBalanceDate": DATE,
    "BalanceWithJobs": shown(NUMBER),
    "CurrencyRef": ref("Currency"),
    "PreferredDeliveryMethod": text(choices=("Print", "Email", "None")),
    "ResaleNum": text(16),
    "ARAccountRef": ref("Account"),
    "PrimaryTaxIdentifier": text(20),
    "TaxExemptionReasonId": text(),
    "IsProject": shown(BOOL),
    "BusinessNumber": text(10),
    "GSTIN": text(15),
    "GSTRegistrationType": text(15),
    "ClientEntityId": shown(text()),
    "Source": shown(text()),
}
VENDOR: dict[str, Field] = {
    **HEAD, **NAME, "BillAddr": ADDRESS, "TermRef": ref("Term"), "Balance": shown(NUMBER),
    "AcctNum": text(100), "CurrencyRef": ref("Currency"), "Vendor1099": BOOL,
}  # fmt: skip
EMPLOYEE: dict[str, Field] = {
    **HEAD, **NAME, "PrimaryAddr": ADDRESS, "HiredDate": DATE, "BillableTime": BOOL,
}  # fmt: skip
SALES_LINE = part(
    ItemRef=ref("Item"), ClassRef=ref(), UnitPrice=NUMBER, RatePercent=NUMBER, MarkupInfo=ANY,
    Qty=NUMBER, ItemAccountRef=ref("Account"), TaxCodeRef=ref(), ServiceDate=DATE,
    TaxInclusiveAmt=NUMBER, DiscountRate=NUMBER, DiscountAmt=NUMBER,
)  # fmt: skip
DISCOUNT_LINE = part(
    PercentBased=BOOL, DiscountPercent=NUMBER, DiscountAccountRef=ref("Account"),
    ServiceDate=DATE, ClassRef=ref(), TaxCodeRef=ref(), DiscountRef=ref(), Discount=ANY,
)  # fmt: skip
LINE = Field(
    "list",
    parts={
        "Id": text(),
        "LineNum": WHOLE,
        "Description": text(4000),
        "Amount": NUMBER,
        "LinkedTxn": LINKED,
        "DetailType": text(
            choices=(
                "SalesItemLineDetail",
                "DiscountLineDetail",
                "SubTotalLineDetail",
                "DescriptionOnly",
                "GroupLineDetail",
            )
        ),
        "DiscountLineDetail": DISCOUNT_LINE,
        "SalesItemLineDetail": SALES_LINE,
        "DescriptionLineDetail": ANY,
        "GroupLineDetail": ANY,
        "SubTotalLineDetail": ANY,
        "CustomField": ANY,
        "LineEx": shown(ANY),
    },
)
TRANSACTION: dict[str, Field] = {
    **HEAD,
    "DocNumber": text(21, True),
    "TxnDate": sought(DATE),
    "DepartmentRef": ref(),
    "CurrencyRef": ref("Currency"),
    "ExchangeRate": NUMBER,
    "PrivateNote": text(4000),
    "TxnStatus": shown(text()),
    "LinkedTxn": LINKED,
    "Line": LINE,
    "TxnTaxDetail": ANY,
    "TxnSource": shown(text()),
    "TransactionLocationType": text(),
    "CustomerRef": ref("Customer", True),
}
SALE: dict[str, Field] = {
    **TRANSACTION,
    "CustomerMemo": ANY,
    "BillAddr": ADDRESS,
    "ShipAddr": ADDRESS,
    "FreeFormAddress": BOOL,
    "ClassRef": ref(),
    "SalesTermRef": ref("Term", True),
    "DueDate": sought(DATE),
    "ShipMethodRef": ref(),
    "ShipDate": DATE,
    "TrackingNum": text(31),
    "GlobalTaxCalculation": text(choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
    "TotalAmt": sought(shown(NUMBER)),
    "HomeTotalAmt": shown(NUMBER),
    "ApplyTaxAfterDiscount": BOOL,
    "PrintStatus": text(choices=("NotSet", "NeedToPrint", "PrintComplete")),
    "EmailStatus": text(choices=("NotSet", "NeedToSend", "EmailSent")),
    "BillEmail": EMAIL,
    "BillEmailCc": EMAIL,
    "BillEmailBcc": EMAIL,
    "ARAccountRef": ref("Account"),
    "Balance": sought(shown(NUMBER)),
    "HomeBalance": shown(NUMBER),
    "PaymentMethodRef": ref("PaymentMethod"),
    "PaymentRefNum": text(21),
    "DepositToAccountRef": ref("Account"),
    "DeliveryInfo": shown(ANY),
    "RecurDataRef": shown(ref()),
    "TaxExemptionRef": ref(),
}
INVOICE: dict[str, Field] = {
    **SALE,
    "Deposit": NUMBER,
    "AllowIPNPayment": BOOL,
    "AllowOnlinePayment": BOOL,
    "AllowOnlineCreditCardPayment": BOOL,
    "AllowOnlineACHPayment": BOOL,
    "EInvoiceStatus": shown(text()),
    "InvoiceLink": shown(text()),
}
CREDIT_MEMO: dict[str, Field] = {
    **SALE,
    "RemainingCredit": shown(NUMBER),
    "InvoiceRef": ref("Invoice"),
}
PAYMENT: dict[str, Field] = {
    **TRANSACTION,
    "ARAccountRef": ref("Account"),
    "DepositToAccountRef": ref("Account"),
    "PaymentMethodRef": ref("PaymentMethod"),
    "PaymentRefNum": text(21, True),
    "CreditCardPayment": ANY,
    "TaxExemptionRef": ref(),
    "TotalAmt": sought(NUMBER),
    "UnappliedAmt": shown(NUMBER),
    "ProcessPayment": BOOL,
}
TERM: dict[str, Field] = {
    **HEAD,
    "Name": text(31, True),
    "Active": sought(BOOL),
    "Type": shown(text()),
    "DiscountPercent": NUMBER,
    "DueDays": WHOLE,
    "DiscountDays": WHOLE,
    "DayOfMonthDue": WHOLE,
    "DueNextMonthDays": WHOLE,
    "DiscountDayOfMonth": WHOLE,
}
PAYMENT_METHOD: dict[str, Field] = {
    **HEAD,
    "Name": text(31, True),
    "Active": sought(BOOL),
    "Type": text(choices=("CREDIT_CARD", "NON_CREDIT_CARD")),
}
COMPANY: dict[str, Field] = {
    **HEAD,
    "CompanyName": text(1024, True),
    "LegalName": text(1024),
    "CompanyAddr": ADDRESS,
    "CustomerCommunicationAddr": ADDRESS,
    "LegalAddr": ADDRESS,
    "PrimaryPhone": PHONE,
    "CompanyStartDate": shown(DATE),
    "FiscalYearStartMonth": shown(text()),
    "Country": shown(text()),
    "Email": EMAIL,
    "WebAddr": WEB,
    "SupportedLanguages": shown(text()),
    "DefaultTimeZone": shown(text()),
    "NameValue": shown(ANY),
}
#: Kept by the server alone in this sandbox, so what they hold needs no check.
LISTED: dict[str, Field] = {**HEAD, "Name": text(100, True), "Active": sought(BOOL)}
