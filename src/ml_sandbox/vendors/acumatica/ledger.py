"""The rules of the general ledger: accounts and journal transactions."""

from __future__ import annotations

from ml_sandbox.vendors.acumatica import money
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.lines import number_lines
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules
from ml_sandbox.vendors.acumatica.work import Work


class AccountRules(Rules):
    def begin(self, work: Work) -> None:
        super().begin(work)
        work.row["AccountID"] = int(work.books.next_number("account")) + 1000
        work.default(Active=True, PostOption="Summary", CashAccount=False)

    def check(self, work: Work) -> None:
        work.missing("Type", "Type")
        work.choose("Type", "Type", ("Asset", "Liability", "Income", "Expense"))


class JournalRules(Rules):
    def takes_key(self, books: Books) -> bool:
        return False

    def usual_key(self) -> dict[str, str]:
        return {"Module": "GL"}

    def begin(self, work: Work) -> None:
        work.default(
            Module="GL", TransactionDate=work.today, BranchID=work.branch, LedgerID="ACTUAL",
            CurrencyID=work.books.base_currency, Hold=False,
        )  # fmt: skip

    def check(self, work: Work) -> None:
        row = work.row
        if not work.is_new and row["Status"] in ("Unposted", "Posted"):
            work.fail(f"The document has the status {row['Status']} and is read-only.")
            return
        work.refer("LedgerID", "Ledger", "ledgers")
        row["PostPeriod"] = row["PostPeriod"] or money.period(row["TransactionDate"])
        balance = money.ZERO
        for line in row.lines():
            account = work.refer("Account", "Account", "accounts", line)
            if account is None and line["Account"] is None:
                work.missing("Account", "Account", line)
            balance += (line["DebitAmount"] or money.ZERO) - (line["CreditAmount"] or money.ZERO)
        number_lines(row.lines())
        row["Status"] = "On Hold" if row["Hold"] else "Balanced"
        if balance and not row["Hold"]:
            work.fail("The document is out of balance.")
        if work.is_new and not work.errors:
            row["BatchNbr"] = work.books.next_number("BATCH", "GL{:08d}")

    def kept(self, row: Row) -> str | None:
        return None if row["Status"] in ("On Hold", "Balanced") else "The batch is released."
