"""Acumatica ↔ Pipedrive: sales people at Pipedrive, order entry and accounting at Acumatica."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from . import acumatica_side, pipedrive_seller, pipedrive_side
from .acumatica_side import ITEMS, NOUNS, OrderEntry, bare, key_of
from .base import Expected, Record, number, plain
from .pipedrive_seller import Seller

CLOCKS = timedelta(hours=16)
"""So far the machine's clock and the site's zone may be from each other."""
LONGEST_NAME = 60
UNSOLD = ("Inactive", "No Sales", "Marked for Deletion")
PARTS = {"City": "locality", "State": "admin_area_level_1", "PostalCode": "postal_code"}


class AcumaticaPipedrive(OrderEntry, Seller):
    people = {**pipedrive_seller.SELLERS, **acumatica_side.ORDER_ENTRY}
    switches = {
        **acumatica_side.SWITCHES, **pipedrive_side.SWITCHES,
        "pipedrive.deal_value_with_products": ("free", "refused"),
        "pipedrive.product_code_unique": (True,),
    }  # fmt: skip
    choices = {
        "sync_contacts": ("linked", "linked", "all", "off"),
        "value_item": ("CONSULTING-HOUR", "CONSULTING-HOUR", ""),
        "open_stages": ("", "2"), "cancel_stages": ("", "", "3"),
    }  # fmt: skip
    keeps = {"products": frozenset({"name"})}
    soft = frozenset({"name"})

    nouns = {
        "organizations": "customers", "persons": "contacts", "deals": "sales_orders",
        "deal_invoices": "sales_invoices", "items": "products", "billing": "deals",
        "invoice_billing": "deals",
    }  # fmt: skip
    moved = frozenset({"id", "Hold", "Status"})

    def known_by(self, route: str, key: str) -> set[str]:
        if route == "items":
            return plain(key)
        texts = [
            text
            for r in (self._living(route) if route in ("organizations", "persons") else ())
            if str(r["id"]) == key
            for text in (r["name"], *(e["value"] for e in r.get("emails") or ()))
        ]
        return plain(*texts)

    def is_gone(self, route: str, key: str) -> bool:
        if route in ("organizations", "persons", "deals"):
            return key not in {str(r["id"]) for r in self._living(route)}
        return False

    def looks(self, noun: str) -> dict[str, set[str]]:
        if noun not in NOUNS:
            return super().looks(noun)
        names = ("CustomerName", "Email", "DisplayName")
        return {
            self.seen_as(noun, r): plain(*(r.get(name) for name in names))
            for r in self.booked(noun)
        }

    def seen_as(self, noun: str, record: Record) -> str:
        if noun in ("sales_orders", "sales_invoices"):
            kind, number = (
                ("OrderType", "OrderNbr") if "OrderNbr" in record else ("Type", "ReferenceNbr")
            )
            return f"{record[kind]}/{record[number]}"
        number = {"customers": "CustomerID", "contacts": "ContactID"}.get(noun, "id")
        return str(record[number])

    def standing(self, noun: str) -> list[Record]:
        return self.booked(noun) if noun in (*NOUNS, "sales_invoices") else super().standing(noun)

    def look_around(self) -> None:
        super().look_around()
        self.pairs: dict[tuple[str, str, str], set[str]] = {}
        """What both sides of a linked pair may say of a two-way field in the end."""
        self.streets = {r["id"]: r["AddressLine1"] for r in self.booked("customers")}
        """Of customers that stood there before us."""
        self.regions: dict[str, str | None] = {}
        """Of organizations whose street was changed in Acumatica last."""
        self.has_currency = bool(self.of("acumatica", "sales_orders"))
        for noun in NOUNS:
            self.theirs |= {(noun, str(r["id"])) for r in self.of("acumatica", noun)}
        self.theirs |= {("products", str(r["id"])) for r in self.of("pipedrive", "products")}
        self.note_deals()

    def act(self, name: str, draw: random.Random) -> str:
        told = super().act(name, draw)
        self.note_deals()
        return told

    # --- what both sides say of a linked pair -----------------------------------------------------

    def asked(self, noun: str, id: str, field: str, record: Record) -> None:
        """Where both sides changed a field, Pipedrive's value stays."""
        self.pairs[noun, id, field] = {str(_told(noun, record, field))}
        if field == "address":
            self.regions.pop(id, None)

    def said(self, noun: str, id: str, field: str, value: Any) -> None:
        """It travels back, unless Pipedrive's own change was not brought over yet, or a write of
        ours is on its way."""
        at = {str(r["id"]): r for r in self.of("pipedrive", noun)}.get(id)
        pair = "contacts" if noun == "persons" else "customers"
        mine = next(r for r in self.ours(pair) if key_of(pair, r) == id)
        if field == "address":
            self.regions[id] = mine["State"]
        if field == "last":
            field, value = "name", " ".join(n for n in (mine["FirstName"], value) if n)
        there = None if at is None else _told(noun, at, field)
        here = _told(pair, mine, field)
        same = there is not None and here == (there[:LONGEST_NAME] if noun != "persons" else there)
        is_sure = (same and id not in self.unanswered) or there is None
        self.pairs[noun, id, field] = {value} if is_sure else {value, str(there)}

    def _both(self, noun: str, record: Record, field: str) -> set[str] | None:
        if self.given["sync_contacts"] == "off":
            return None
        now = _told(noun, record, field)
        told = self.pairs.get((noun, str(record["id"]), field)) or ({now} if now else None)
        adds = self.world.switches.value("pipedrive.emails_patch_adds")
        if field == "email" and adds and told and now:
            return told | {now}  # what travels back is added there, and the first one stays
        return told

    # --- what stands ------------------------------------------------------------------------------

    def held(self) -> dict[tuple[str, str], list[Record]]:
        found: dict[tuple[str, str], list[Record]] = {}
        for noun in NOUNS:
            for record in self.ours(noun):
                found.setdefault((noun, key_of(noun, record)), []).append(record)
        for noun in ("organizations", "persons", "deals"):
            for record in self._living(noun):
                names = {f: _told(noun, record, f) for f in ("name", "email", "phone", "address")}
                found[noun, str(record["id"])] = [{**record, **names}]
                if record.get("Acumatica order"):
                    found.setdefault((noun, record["Acumatica order"]), []).append(record)
        for product in self._living("products"):
            found.setdefault(("products", product["code"] or ""), []).append(product)
        for (noun, _), records in found.items():
            if noun == "products" and len(records) > 1:
                made = [r for r in records if ("products", str(r["id"])) not in self.theirs]
                records[:] = made or records[:1]  # the one that stood there is kept in step
        return {key: records for key, records in found.items() if records}

    # --- what must be there -----------------------------------------------------------------------

    def expected(self) -> list[Expected]:
        self._customers = {key_of("customers", r): r for r in self.ours("customers")}
        self._items = {r["InventoryID"]: r for noun in ITEMS for r in self.booked(noun)}
        deals = [self._of_deal(d) for d in self.shown("deals")]
        must = {str(d["org_id"]) for d, e in zip(self.shown("deals"), deals, strict=True) if e.must}
        people = {
            str(d["person_id"]) for d, e in zip(self.shown("deals"), deals, strict=True) if e.must
        }
        found = [e for o in self.shown("organizations") for e in self._of_organization(o, must)]
        found += [e for p in self.shown("persons") for e in self._of_person(p, people)]
        found += [*deals, *(self._of_item(item) for item in self._items.values())]
        return [*found, *(self._of_order(o) for o in self.ours("sales_orders"))]

    def _of_organization(self, o: Record, handed: set[str]) -> list[Expected]:
        id = str(o["id"])
        expected = partial(Expected, "organizations", source_id=id)
        if o["is_deleted"] or ("organizations", id) in self.merged:
            return [expected(noun="customers", fields={}, must=False)]
        must = id in handed or self.given["sync_contacts"] == "all"
        name, street = (
            self._both("organizations", o, "name"),
            self._both("organizations", o, "address"),
        )
        fields: dict[str, Any] = {}
        if name:
            fields["CustomerName"] = {each[:LONGEST_NAME] for each in name}
        if street:
            fields["AddressLine1"] = street
        elif o["address"] is None and (mine := self._customers.get(id)):
            before = self.streets.get(mine["id"])
            fields |= {"AddressLine1": before} if before else {}
        if self.regions.get(id):
            fields["State"] = self.regions[id]
        if street and ("organizations", id, "address") not in self.pairs:
            told = {name: o["address"].get(part) for name, part in PARTS.items()}
            fields |= {name: value for name, value in told.items() if value}
        back = expected(noun="organizations", fields={"name": name} if name else {}, must=False)
        return [expected(noun="customers", fields=fields, must=must), back]

    def _of_person(self, p: Record, handed: set[str]) -> list[Expected]:
        id = str(p["id"])
        parents = [("organizations", str(p["org_id"]))] if p["org_id"] else []
        expected = partial(Expected, "persons", source_id=id, parents=parents)
        if p["is_deleted"] or ("persons", id) in self.merged:
            return [expected(noun="contacts", fields={}, must=False)]
        must = id in handed or self.given["sync_contacts"] == "all"
        both = {f: self._both("persons", p, f) for f in ("name", "email", "phone")}
        fields: dict[str, Any] = {}
        if both["name"]:
            fields["FirstName"] = {_split(each)[0] for each in both["name"]}
            fields["LastName"] = {_split(each)[1] for each in both["name"]}
        fields |= {n: both[f] for n, f in (("Email", "email"), ("Phone1", "phone")) if both[f]}
        home = self._customers.get(str(p["org_id"]))
        if home and ("organizations", str(p["org_id"])) not in self.merged:
            fields["BusinessAccount"] = home["CustomerID"]
        back = {field: value for field, value in both.items() if value}
        return [
            expected(noun="contacts", fields=fields, must=must),
            expected(noun="persons", fields=back, must=False),
        ]

    def _of_deal(self, d: Record) -> Expected:
        id, org = str(d["id"]), str(d["org_id"])
        parents = [("organizations", org), ("persons", str(d["person_id"]))]
        expected = partial(Expected, "deals", "sales_orders", id, parents=parents)
        if id not in self.won or ("deals", id) in self.merged:
            return expected({}, must=False)
        lines = self._lines(d)
        customer = self._customers.get(org)
        is_usable = customer is None or (
            customer["Status"] == "Active" and customer["CurrencyID"] == d["currency"]
        )
        is_in = d["status"] == "won" and not d["is_deleted"] and self._is_since(d)
        must = is_in and d["org_id"] is not None and bool(lines) and is_usable
        must = must and d["currency"] == "USD" and ("organizations", org) not in self.merged
        must = must and all(self._is_sold(code) for code, _, _ in lines or ())
        fields: dict[str, Any] = {
            "OrderType": "SO", "Description": self.ever[id, "title"],
            "CustomerOrder": f"Deal {id}", "CurrencyID": d["currency"],
            "Date": lambda told: str(told)[:10] in self.won[id],
        }  # fmt: skip
        if lines:
            fields["Details"] = partial(_are_lines, lines)
        if customer and ("organizations", org) not in self.merged:
            fields["CustomerID"] = customer["CustomerID"]
        return expected(fields | (self._moves(d) if is_in else {}), must=must)

    def _moves(self, d: Record) -> Record:
        stages = {str(stage) for stage in self.ever[str(d["id"]), "stage_id"]}
        cancelling = {self.given["cancel_stages"]} - {""}
        if str(d["stage_id"]) in cancelling:
            return {"Status": "Cancelled"}
        if stages & cancelling:
            return {}
        return {"Hold": str(d["stage_id"]) != self.given["open_stages"]}

    def _is_since(self, d: Record) -> bool:
        margin = timedelta(minutes=3)  # the machine's clock may be wrong
        won = datetime.fromisoformat(d["won_time"])
        return self.since == "all" or won > self.installed_at + margin

    def _is_sold(self, code: str) -> bool:
        """An order may not name what is not there, or not sold any more."""
        return code in self._items and self._items[code]["ItemStatus"] not in UNSOLD

    def _lines(self, d: Record) -> list[tuple[str, Decimal, set[Decimal]]] | None:
        """SKU, quantity and the prices that a piece may have; None where there is no saying."""
        codes = {p["id"]: p["code"] for p in self.of("pipedrive", "products")}
        own = [li for li in self.of("pipedrive", "deal_products") if li["deal_id"] == d["id"]]
        lines = [li for li in own if li["is_enabled"]]
        if not lines:
            item, values = self.given["value_item"], self.ever[str(d["id"]), "value"]
            return [(item, Decimal(1), {number(v) for v in values})] if item else None
        return [
            (codes[li["product_id"]] or "", number(li["quantity"]), {_price(li)}) for li in lines
        ]

    def _of_item(self, item: Record) -> Expected:
        price = number(item["DefaultPrice"])
        fields: dict[str, Any] = {
            "name": item["Description"] or item["InventoryID"],
            "unit": item.get("SalesUOM") or item.get("SalesUnit"),
        }
        if self.has_currency:
            fields["prices"] = lambda told: (
                price in {number(each["price"]) for each in told if each["currency"] == "USD"}
            )
        return Expected("items", "products", item["InventoryID"], fields)

    def _of_order(self, o: Record) -> Expected:
        """What Acumatica bills and is paid, on the deal."""
        deal, key = key_of("sales_orders", o), f"{o['OrderType']}/{o['OrderNbr']}"
        expected = partial(Expected, "billing", "deals", key, parents=[("deals", deal)])
        there = {str(d["id"]): d for d in self._living("deals")}
        if deal not in there or ("deals", deal) in self.merged:
            return expected({}, must=False)
        invoices = self.billed(o)
        fields: dict[str, Any] = {"Order status": o["Status"]}
        if all(i["Status"] in ("Open", "Closed") for i in invoices):
            amount = sum((number(i["Amount"]) for i in invoices), Decimal(0))
            balance = sum((number(i["Balance"]) for i in invoices), Decimal(0))
            paid = [
                bare(a["PaymentDate"])[:10]
                for i in invoices
                for a in i["ApplicationsInvoice"] or ()
            ]
            due = [i["DueDate"][:10] for i in invoices if number(i["Balance"]) > 0]
            fields |= {
                "Invoiced": number(amount), "Balance due": number(balance),
                "Paid": number(amount - balance), "Due date": min(due, default=None),
                "Last payment": max(paid, default=None),
                "Billing status": self._statuses(invoices, due),
            }  # fmt: skip
        numbers = [i["ReferenceNbr"] for i in invoices]
        fields["Invoices"] = lambda told: all(each in str(told) for each in numbers)
        return expected(fields)

    def _statuses(self, invoices: list[Record], due: list[str]) -> set[str]:
        if not invoices:
            return {"Not invoiced"}
        now = self.world.clock.now()
        days: list[date] = [(now - CLOCKS).date(), (now + CLOCKS).date()]
        return {
            "Paid" if not due else "Overdue" if min(due) < day.isoformat() else "Open"
            for day in days
        }


def _told(noun: str, record: Record, field: str) -> str | None:
    """What that side says of a two-way field, in Pipedrive's form."""
    if noun == "customers":
        return str(record["CustomerName" if field == "name" else "AddressLine1"] or "") or None
    if noun == "contacts":
        names = (record["FirstName"], record["LastName"])
        told = {"name": " ".join(n for n in names if n), "email": record["Email"]}
        return str(told.get(field, record["Phone1"]) or "") or None
    if field == "name" or noun == "deals":
        return str(record.get("name") or "") or None
    if field == "address":
        return _street(record.get("address"))
    entries = record.get(f"{field}s") or []
    return next((str(e["value"]) for e in entries if e["primary"]), None)


def _street(address: Record | None) -> str | None:
    """Street and number, else the first part of the whole."""
    if address is None:
        return None
    parts = " ".join(p for p in (address.get("street_number"), address.get("route")) if p)
    return parts or str(address["value"]).split(",")[0].strip() or None


def _split(name: str) -> tuple[str | None, str]:
    """First and last name; who has one name only has a last one."""
    first, _, last = name.partition(" ")
    return (first, last) if last else (None, first)


def _price(line: Record) -> Decimal:
    """Of one piece, less its discount."""
    price, discount = number(line["item_price"]), number(line["discount"])
    if line["discount_type"] == "percentage":
        return price * (1 - discount / 100)
    return price - discount / number(line["quantity"])


def _are_lines(lines: list[tuple[str, Decimal, set[Decimal]]], told: Any) -> bool:
    if len(told) != len(lines):
        return False
    rows = [[bare(row[n]) for n in ("InventoryID", "OrderQty", "UnitPrice")] for row in told]
    return all(
        any(
            code == row[0] and quantity == number(row[1])
            and any(abs(price - number(row[2])) < Decimal("0.01") for price in prices)
            for row in rows
        )
        for code, quantity, prices in lines
    )  # fmt: skip
