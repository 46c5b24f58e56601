"""Pipedrive as a source: what sales people sell, and to whom."""

from __future__ import annotations

import random
from abc import abstractmethod
from typing import Any

from .base import Record, pick
from .pipedrive_side import PipedriveTarget

SELLERS = {
    "sell": 6, "new_organization": 1, "new_deal": 3, "add_line": 2, "win": 5, "lose": 1,
    "reopen": 1, "edit_deal": 2, "move_deal": 3, "rename_organization": 3, "move_organization": 1,
    "edit_person": 3, "delete_one": 1, "merge_two": 0.7, "product_by_hand": 0.7,
}  # fmt: skip


class Seller(PipedriveTarget):
    """`won` are the days on which each deal was won, `ever` the values that a field of it had."""

    def look_around(self) -> None:
        self.won: dict[str, set[str]] = {}
        self.ever: dict[tuple[str, str], set[Any]] = {}
        self.merged: set[tuple[str, str]] = set()
        """Records that took part in a merge, of which it cannot be said what stands for them."""

    def note_deals(self) -> None:
        for deal in self.of("pipedrive", "deals"):
            for name in ("title", "value", "stage_id"):
                self.ever.setdefault((str(deal["id"]), name), set()).add(deal[name])

    @abstractmethod
    def said(self, noun: str, id: str, field: str, value: Any) -> None:
        """A two-way field of that record was changed at Acumatica."""

    @abstractmethod
    def asked(self, noun: str, id: str, field: str, record: Record) -> None:
        """A two-way field of that record was changed at Pipedrive, where it is now as told."""

    def _deals(self, *statuses: str) -> list[Record]:
        return [d for d in self._living("deals") if not statuses or d["status"] in statuses]

    def new_organization(self, draw: random.Random) -> Any:
        body: Record = {"name": self.name(draw)}
        if draw.random() < 0.6:
            body["address"] = self._address(draw)
        return self.create("pipedrive", "organizations", body)["id"]

    def _address(self, draw: random.Random) -> Record:
        """Found by Pipedrive, or only typed in."""
        self.count += 1
        value = f"{self.count} Main St, Halifax"
        if draw.random() < 0.3:
            return {"value": value}
        return {
            "value": value, "route": "Main St", "street_number": str(self.count),
            "locality": "Halifax", "admin_area_level_1": "NS", "postal_code": "B3H 1A1",
            "country": "CA",
        }  # fmt: skip

    def _person(self, draw: random.Random, organization: Any) -> Any:
        self.count += 1
        body: Record = {"name": draw.choice(("Ann Lee", "Madonna", "Ada van Byron"))}
        if organization is not None and draw.random() < 0.9:
            body["org_id"] = organization
        if draw.random() < 0.8:
            email = f"p{draw.choice((1, 2, self.count))}@sales.example"
            body["emails"] = [
                {"value": email, "primary": True, "label": "work"},
                {"value": f"private-{email}", "primary": False, "label": "home"},
            ]
        if draw.random() < 0.5:
            phone = {"value": f"+1 800 {self.count}", "primary": True, "label": "work"}
            body["phones"] = [phone]
        return self.create("pipedrive", "persons", body)["id"]

    def new_deal(self, draw: random.Random) -> Any:
        organizations = [o["id"] for o in self._living("organizations")]
        return self._open(draw, draw.choice([*organizations, None]))["id"]

    def _open(self, draw: random.Random, organization: Any) -> Record:
        self.count += 1
        body: Record = {
            "title": f"Deal {self.count}", "value": float(self.amount(draw)),
            "currency": draw.choice(("USD", "USD", "USD", "EUR")),
        }  # fmt: skip
        if organization is not None:
            body["org_id"] = organization
        if draw.random() < 0.7:
            body["person_id"] = self._person(draw, organization)
        deal = self.create("pipedrive", "deals", body)
        for _ in range(draw.choice((0, 1, 1, 2))):
            self._add(draw, deal)
        return deal

    def _add(self, draw: random.Random, deal: Record) -> Any:
        products = [p for p in self._living("products") if p["code"] or draw.random() < 0.1]
        product = pick(draw, products)
        body: Record = {
            "deal_id": deal["id"], "product_id": product["id"],
            "quantity": draw.choice((1, 2, 2.5)), "item_price": draw.choice((120, 99.99, 0.1)),
        }  # fmt: skip
        if draw.random() < 0.3:
            kind = draw.choice(("percentage", "amount"))
            body |= {"discount": draw.choice((5, 33)) if kind == "percentage" else 0.03,
                     "discount_type": kind}  # fmt: skip
        if draw.random() < 0.1:
            body["is_enabled"] = False
        return self.create("pipedrive", "deal_products", body)["id"]

    def sell(self, draw: random.Random) -> Any:
        """All in one go: the organization, its person, the deal with its lines, won."""
        deal = self._open(draw, self.new_organization(draw))
        return (self._win(deal), deal["org_id"], deal["person_id"])

    def _win(self, deal: Record) -> Any:
        told = self.do("pipedrive", "deals", deal["id"], "win")
        self.won.setdefault(str(deal["id"]), set()).add(str(told["won_time"])[:10])
        return deal["id"]

    def add_line(self, draw: random.Random) -> Any:
        """Lines are settled once a deal was won."""
        deal = pick(draw, [d for d in self._deals("open") if str(d["id"]) not in self.won])
        return (deal["id"], self._add(draw, deal))

    def win(self, draw: random.Random) -> Any:
        return self._win(pick(draw, self._deals("open")))

    def lose(self, draw: random.Random) -> Any:
        deal = pick(draw, self._deals("open", "won"))
        self.do("pipedrive", "deals", deal["id"], "lose")
        return deal["id"]

    def reopen(self, draw: random.Random) -> Any:
        deal = pick(draw, self._deals("won", "lost"))
        self.do("pipedrive", "deals", deal["id"], "reopen")
        return deal["id"]

    def edit_deal(self, draw: random.Random) -> Any:
        """What was handed over stays as it was."""
        deal = pick(draw, self._deals())
        self.count += 1
        change: Record = draw.choice([{"title": f"Renamed {self.count}"}, {"value": 7.5}])
        self.change("pipedrive", "deals", deal["id"], change)
        return (deal["id"], *change)

    def move_deal(self, draw: random.Random) -> Any:
        deal = pick(draw, self._deals())
        stage = pick(draw, [s for s in self.of("pipedrive", "stages") if s["id"] <= 3])["id"]
        self.change("pipedrive", "deals", deal["id"], {"stage_id": stage})
        return (deal["id"], stage)

    def rename_organization(self, draw: random.Random) -> Any:
        org = pick(draw, self._living("organizations"))
        name = self.name(draw)
        told = self.change("pipedrive", "organizations", org["id"], {"name": name})
        self.asked("organizations", str(org["id"]), "name", told)
        return (org["id"], name[:20])

    def move_organization(self, draw: random.Random) -> Any:
        org = pick(draw, self._living("organizations"))
        change = {"address": self._address(draw)}
        told = self.change("pipedrive", "organizations", org["id"], change)
        self.asked("organizations", str(org["id"]), "address", told)
        return org["id"]

    def edit_person(self, draw: random.Random) -> Any:
        person = pick(draw, self._living("persons"))
        self.count += 1
        email = {"value": f"mine{self.count}@sales.example", "primary": True, "label": "work"}
        phone = {"value": f"+1 700 {self.count}", "primary": True, "label": "work"}
        changes: dict[str, Record] = {
            "name": {"name": f"Grace Hopper{self.count}"}, "email": {"emails": [email]},
            "phone": {"phones": [phone]},
        }  # fmt: skip
        field = draw.choice(sorted(changes))
        told = self.change("pipedrive", "persons", person["id"], changes[field])
        self.asked("persons", str(person["id"]), field, told)
        return (person["id"], field)

    def delete_one(self, draw: random.Random) -> Any:
        noun = draw.choice(("organizations", "persons", "deals"))
        record = pick(draw, self._living(noun))
        self.delete("pipedrive", noun, record["id"])
        return (noun, record["id"])

    def merge_two(self, draw: random.Random) -> Any:
        noun = draw.choice(("organizations", "persons", "deals"))
        living = self._living(noun)
        loser = pick(draw, living)
        into = pick(draw, [r for r in living if r["id"] != loser["id"]])
        self.merged |= {(noun, str(each["id"])) for each in (loser, into)}
        self.do("pipedrive", noun, loser["id"], "merge", into=into["id"])
        return (noun, loser["id"], into["id"])

    def product_by_hand(self, draw: random.Random) -> Any:
        """With a code that Acumatica has, has not, or none."""
        self.count += 1
        codes = [p["code"] for p in self._living("products") if p["code"]]
        code = draw.choice([*codes, f"NO-SUCH-{self.count}", None])
        body = {"name": f"By hand {self.count}", **({"code": code} if code else {})}
        told = self.create("pipedrive", "products", body)
        self.theirs.add(("products", str(told["id"])))
        return (told["id"], code)
