"""The GraphQL documents that are sent to Wave. Every argument travels as a variable.

Wave takes text arguments only as variables, and fields change over time, so a document asks for
just what the models read. `Invoice.payments` is filled only where a single invoice is asked for,
hence single reads share one request as aliases: `r0: invoice(id: $k0)`, `r1: …`.
Reference: "API Reference" and "Clients" of Wave's developer portal.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SIZE = 50
"""Records a page. The ceiling is not published: 100 and 200 are both told of."""

OPEN_STATUSES = ("SAVED", "SENT", "VIEWED", "UNPAID", "PARTIAL", "OVERDUE")
"""States that the calendar, a view or a payment may end, perhaps without moving `modifiedAt`."""

_CUSTOMER = """
fragment Known on Customer {
  id name firstName lastName displayId email phone mobile isArchived createdAt modifiedAt
  currency { code }
  address {
    addressLine1 addressLine2 city postalCode
    province { code name }
    country { code name }
  }
}
"""

_INVOICE = """
fragment Known on Invoice {
  id status invoiceNumber title poNumber invoiceDate dueDate viewUrl createdAt modifiedAt
  currency { code }
  customer { id name email }
  total { ...Amount }
  taxTotal { ...Amount }
  amountDue { ...Amount }
  amountPaid { ...Amount }
}
fragment Amount on Money { minorUnitValue currency { code exponent } }
"""

_PAYMENTS = """
fragment Paid on Invoice {
  payments {
    id amount paymentDate paymentMethod state origin transactionType memo active
    createdAt modifiedAt
    paymentCurrency { code exponent }
    invoiceCurrency { code exponent }
    originInvoicePayment { id }
  }
}
"""

IDENTITY = """
query Identity($business: ID, $size: Int!) {
  user { id defaultEmail firstName lastName }
  business(id: $business) { ...Firm }
  businesses(pageSize: $size) { pageInfo { totalCount } edges { node { ...Firm } } }
}
fragment Firm on Business { id name isArchived timezone currency { code } }
"""


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents for one kind of record: `many` and `one` are its fields of `Business`."""

    many: str
    one: str
    known: str
    single: str = ""
    single_fragment: str = ""

    def changes(self) -> str:
        """A page in the order of change. Variables: business, after?, before?, page, size."""
        return f"""
query Changes(
  $business: ID!, $after: DateTime, $before: DateTime, $page: Int!, $size: Int!
) {{
  business(id: $business) {{
    id
    listing: {self.many}(
      sort: [MODIFIED_AT_ASC], modifiedAtAfter: $after, modifiedAtBefore: $before,
      page: $page, pageSize: $size
    ) {{ pageInfo {{ currentPage totalPages totalCount }} edges {{ node {{ ...Known }} }} }}
  }}
}}
{self.known}"""

    def ids(self) -> str:
        """A page of bare ids. Variables: business, page, size."""
        return self._page("Ids", "id")

    def everything(self) -> str:
        """As `ids`, with the records."""
        return self._page("Everything", "...Known") + self.known

    def _page(self, name: str, shown: str) -> str:
        return f"""
query {name}($business: ID!, $page: Int!, $size: Int!) {{
  business(id: $business) {{
    id
    listing: {self.many}(sort: [CREATED_AT_ASC], page: $page, pageSize: $size) {{
      pageInfo {{ currentPage totalPages totalCount }} edges {{ node {{ {shown} }} }}
    }}
  }}
}}
"""

    def several(self, count: int) -> str:
        """That many single records as `r0`, `r1`, … Variables: business, k0, k1, …"""
        keys = ", ".join(f"$k{i}: ID!" for i in range(count))
        reads = "\n".join(
            f"    {alias_of(i)}: {self.one}(id: $k{i}) {{ ...Known {self.single} }}"
            for i in range(count)
        )
        return f"""
query Several($business: ID!, {keys}) {{
  business(id: $business) {{
    id
{reads}
  }}
}}
{self.known}{self.single_fragment}"""


def alias_of(place: int) -> str:
    """What `Documents.several` calls the record at that place."""
    return f"r{place}"


def is_alias(name: str) -> bool:
    return name.startswith("r") and name[1:].isdecimal()


OF_CUSTOMERS = Documents("customers", "customer", _CUSTOMER)
OF_INVOICES = Documents("invoices", "invoice", _INVOICE, "...Paid", _PAYMENTS)

CUSTOMER_INVOICES = f"""
query CustomerInvoices($business: ID!, $customer: ID!, $page: Int!, $size: Int!) {{
  business(id: $business) {{
    id
    listing: invoices(
      sort: [CREATED_AT_ASC], customerId: $customer, page: $page, pageSize: $size
    ) {{ pageInfo {{ currentPage totalPages totalCount }} edges {{ node {{ ...Known }} }} }}
  }}
}}
{_INVOICE}"""

OPEN_INVOICES = f"""
query OpenInvoices($business: ID!, $status: InvoiceStatus!, $page: Int!, $size: Int!) {{
  business(id: $business) {{
    id
    listing: invoices(
      sort: [CREATED_AT_ASC], status: $status, page: $page, pageSize: $size
    ) {{ pageInfo {{ currentPage totalPages totalCount }} edges {{ node {{ ...Known }} }} }}
  }}
}}
{_INVOICE}"""
