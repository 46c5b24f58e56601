"""Acumatica and Pipedrive, side by side: won deals are orders of customers, items are products, and
what is billed stands in the deal."""

from __future__ import annotations

from typing import Any

from tests.crash.model import Kept, Sides, amount
from tests.crash.world import Record, World, source_id


def compare(world: World, kept: Kept) -> Sides:
    """What a person would see who lays both screens beside each other."""
    sides = Sides()
    deals = {str(d["id"]): d for d in world.pipedrive("deals")}
    won = {
        id: d for id, d in deals.items() if d["status"] == "won" and id not in world.born["deals"]
    }
    customers = _customers(world, sides, won)
    _contacts(world, sides, won)
    orders = _orders(world, sides, won, customers)
    _products(world, kept, sides)
    _billing(world, sides, won, orders)
    return sides


def _ours(world: World, sides: Sides, noun: str, field: str) -> list[tuple[str, Record]]:
    """(source id, record with plain values) of Acumatica's records that carry our key."""
    records = world.all(f"acumatica/{noun}")
    sides.ours[noun] = sum(1 for r in records if str(r["id"]) not in world.born[noun])
    flat = [{name: _plain(value) for name, value in record.items()} for record in records]
    return [(source_id(r[field]), r) for r in flat if source_id(r[field])]


def _customers(world: World, sides: Sides, won: dict[str, Record]) -> dict[str, str]:
    """Acumatica's own id of each organization's customer. Names are the same on both sides."""
    organizations = {str(o["id"]): o for o in world.all("pipedrive/organizations")}
    ids: dict[str, str] = {}
    for id, record in _ours(world, sides, "customers", "AccountRef"):
        ids[id] = record["CustomerID"]
        sides.show(f"customer {id}", {"name": record["CustomerName"]})
    for deal in won.values():
        id = str(deal["org_id"])
        sides.wanted[f"customer {id}"] = {"name": organizations[id]["name"]}
    return ids


def _contacts(world: World, sides: Sides, won: dict[str, Record]) -> None:
    persons = {str(p["id"]): p for p in world.all("pipedrive/persons")}
    for id, record in _ours(world, sides, "contacts", "ExtRefNbr"):
        sides.show(f"contact {id}", {"mail": record["Email"]})
    for deal in won.values():
        id = str(deal["person_id"])
        sides.wanted[f"contact {id}"] = {"mail": persons[id]["emails"][0]["value"]}


def _orders(
    world: World, sides: Sides, won: dict[str, Record], customers: dict[str, str]
) -> dict[str, Record]:
    orders: dict[str, Record] = {}
    for id, record in _ours(world, sides, "sales_orders", "ExternalRef"):
        orders[id] = record
        lines = sorted((_plain(d["InventoryID"]), _plain(d["OrderQty"])) for d in record["Details"])
        sides.show(f"order {id}", {"customer": record["CustomerID"], "lines": lines})
    codes = {p["id"]: p["code"] for p in world.all("pipedrive/products")}
    for id, deal in won.items():
        told = [p for p in world.all("pipedrive/deal_products") if str(p["deal_id"]) == id]
        lines = sorted((codes[p["product_id"]], float(p["quantity"])) for p in told)
        customer = customers.get(str(deal["org_id"]))
        sides.wanted[f"order {id}"] = {"customer": customer, "lines": lines}
    return orders


def _products(world: World, kept: Kept, sides: Sides) -> None:
    products = world.all("pipedrive/products")
    born = world.born["products"]
    sides.ours["products"] = sum(1 for p in products if str(p["id"]) not in born)
    items = [*world.all("acumatica/stock_items"), *world.all("acumatica/non_stock_items")]
    names = {_plain(i["InventoryID"]): _plain(i["Description"]) for i in items}
    for product in products:
        if product["code"] in names and not product["is_deleted"]:
            sides.show(f"product {product['code']}", {"name": product["name"]})
            by_hand = kept.get(("products", str(product["id"]), "name"))
            name = by_hand or names[product["code"]] or product["code"]
            wanted = {"name": name} if str(product["id"]) not in born else {}
            sides.wanted[f"product {product['code']}"] = wanted
    for code in names:
        sides.wanted.setdefault(f"product {code}", {})


def _billing(
    world: World, sides: Sides, won: dict[str, Record], orders: dict[str, Record]
) -> None:  # fmt: skip
    invoices = [
        {name: _plain(value) for name, value in record.items()}
        for record in world.all("acumatica/sales_invoices")
    ]
    for id, deal in won.items():
        sides.show(f"billing {id}", {
            "order": deal["Acumatica order"], "status": deal["Order status"],
            "invoiced": amount(deal["Invoiced"]), "due": amount(deal["Balance due"]),
        })  # fmt: skip
        mine = [i for i in invoices if i["CustomerOrder"] == f"Deal {id}"]
        wanted: dict[str, Any] = {
            "invoiced": float(sum(i["Amount"] for i in mine)),
            "due": float(sum(i["Balance"] for i in mine)),
        }
        if id in orders:
            order = orders[id]
            wanted |= {"order": f"{order['OrderType']}/{order['OrderNbr']}",
                       "status": order["Status"]}  # fmt: skip
        sides.wanted[f"billing {id}"] = wanted


def _plain(wrapped: Any) -> Any:
    return wrapped.get("value") if isinstance(wrapped, dict) else wrapped
