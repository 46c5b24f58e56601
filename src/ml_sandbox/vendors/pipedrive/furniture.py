"""The furniture of a fresh account: company, users, currencies, activity types, pipeline, fields.

What every Pipedrive account has before any record is in it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .account import Account, Actor
from .clocktext import to_v1
from .desk import Desk
from .tables import Record

COMPANY = {
    "id": 1234567,
    "name": "Harbour & Vale Ltd",
    "domain": "harbourvale-sandbox",
    "host": "harbourvale-sandbox.pipedrive.com",
    "country": "GB",
    "industry": "Business Services",
}
#: name, e-mail, is admin; the first one's token and grant are handed out
_USERS = (
    ("Morgan Reyes", "morgan.reyes@harbourvale.example", True),
    ("Ada Lindqvist", "ada.lindqvist@harbourvale.example", False),
    ("Tomas Okafor", "tomas.okafor@harbourvale.example", False),
    ("Priya Nair", "priya.nair@harbourvale.example", False),
    ("Jonas Weber", "jonas.weber@harbourvale.example", True),
)
#: How long ago the company signed up.
OPENED_AGO = timedelta(days=400)
FIRST_USER_ID = 99001
#: The user at the screen when a human changes something.
HUMAN_USER_ID = FIRST_USER_ID + 1
#: code, name, decimals, symbol. XAF and other rare ones are absent on purpose: a client must cope
#: with a currency that the account does not have.
_CURRENCIES = (
    ("USD", "US Dollar", 2, "$"),
    ("EUR", "Euro", 2, "€"),
    ("GBP", "British Pound", 2, "£"),
    ("CAD", "Canadian Dollar", 2, "CA$"),
    ("AUD", "Australian Dollar", 2, "A$"),
    ("NZD", "New Zealand Dollar", 2, "NZ$"),
    ("CHF", "Swiss Franc", 2, "CHF"),
    ("SEK", "Swedish Krona", 2, "kr"),
    ("NOK", "Norwegian Krone", 2, "kr"),
    ("DKK", "Danish Krone", 2, "kr"),
    ("PLN", "Polish Zloty", 2, "zł"),
    ("CZK", "Czech Koruna", 2, "Kč"),
    ("HUF", "Hungarian Forint", 2, "Ft"),
    ("RON", "Romanian Leu", 2, "lei"),
    ("TRY", "Turkish Lira", 2, "₺"),
    ("ILS", "Israeli Shekel", 2, "₪"),
    ("ZAR", "South African Rand", 2, "R"),
    ("KES", "Kenyan Shilling", 2, "KSh"),
    ("NGN", "Nigerian Naira", 2, "₦"),
    ("INR", "Indian Rupee", 2, "₹"),
    ("SGD", "Singapore Dollar", 2, "S$"),
    ("HKD", "Hong Kong Dollar", 2, "HK$"),
    ("CNY", "Chinese Yuan", 2, "CN¥"),
    ("THB", "Thai Baht", 2, "฿"),
    ("MXN", "Mexican Peso", 2, "MX$"),
    ("BRL", "Brazilian Real", 2, "R$"),
    ("ARS", "Argentine Peso", 2, "AR$"),
    ("AED", "UAE Dirham", 2, "AED"),
    ("JPY", "Japanese Yen", 0, "¥"),
    ("KRW", "South Korean Won", 0, "₩"),
    ("ISK", "Icelandic Krona", 0, "kr"),
    ("BHD", "Bahraini Dinar", 3, "BD"),
    ("KWD", "Kuwaiti Dinar", 3, "KD"),
)
_ACTIVITY_TYPES = (
    ("Call", "call"),
    ("Meeting", "meeting"),
    ("Task", "task"),
    ("Deadline", "deadline"),
    ("Email", "email"),
    ("Lunch", "lunch"),
)
_STAGES = (
    ("Qualified", 20),
    ("Contact Made", 30),
    ("Demo Scheduled", 50),
    ("Proposal Made", 70),
    ("Negotiations Started", 90),
)
#: entity, name, type, option labels. Names are not unique in Pipedrive: "Wave customer ID" stands
#: here as a number, which a client that looks fields up by name alone would stumble over.
_CUSTOM_FIELDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("organization", "Wave customer ID", "double", ()),
    ("organization", "Region", "enum", ("North", "South", "Overseas")),
    ("organization", "Contract renewal", "date", ()),
    ("person", "Preferred language", "enum", ("English", "French", "German")),
    ("deal", "PO number", "varchar", ()),
    ("deal", "Competitors", "set", ("Alba", "Brightline", "Corvus")),
    ("deal", "Setup fee", "monetary", ()),
    ("product", "Supplier reference", "varchar", ()),
)


def furnish(account: Account, default_currency: str) -> None:
    """Fills what the records need to refer to: company, users, currencies, activity types."""
    account.company = dict(COMPANY)
    opened = to_v1(account.stamp()) or ""
    for position, (name, email, admin) in enumerate(_USERS):
        user = _user(account, position, name, email, admin=admin, currency=default_currency)
        account.users[user["id"]] = user
    for number, (code, name, decimals, symbol) in enumerate(_CURRENCIES, start=1):
        account.currencies[code] = {
            "id": number,
            "code": code,
            "name": name,
            "decimal_points": decimals,
            "symbol": symbol,
            "active_flag": True,
            "is_custom_flag": False,
        }
    for number, (name, key) in enumerate(_ACTIVITY_TYPES, start=1):
        account.activity_types[key] = {
            "id": number,
            "name": name,
            "icon_key": key,
            "color": "FFFFFF",
            "order_nr": number,
            "key_string": key,
            "active_flag": True,
            "is_custom_flag": False,
            "add_time": opened,
            "update_time": opened,
        }


def _user(
    account: Account, position: int, name: str, email: str, *, admin: bool, currency: str
) -> Record:
    opened = to_v1(account.stamp())
    apps = ("sales", "global", "account_settings") if admin else ("sales", "global")
    access: list[dict[str, Any]] = [
        {"app": app, "admin": admin, "permission_set_id": account.new_uuid()} for app in apps
    ]
    return {
        "id": FIRST_USER_ID + position,
        "name": name,
        "default_currency": currency,
        "locale": "en_GB",
        "lang": 1,
        "email": email,
        "phone": None,
        "activated": True,
        "last_login": opened,
        "created": opened,
        "modified": opened,
        "has_created_company": position == 0,
        "access": access,
        "active_flag": True,
        "timezone_name": "Europe/London",
        "timezone_offset": "+00:00",
        "role_id": 1,
        "icon_url": None,
        "is_you": False,
        "is_deleted": False,
    }


def set_up(desk: Desk, actor: Actor) -> None:
    """The default pipeline with its stages, and the custom fields that people have made."""
    pipeline = desk.pipelines.create({"name": "Sales"}, actor)
    for name, probability in _STAGES:
        body = {"name": name, "pipeline_id": pipeline["id"], "deal_probability": probability}
        desk.stages.create(body, actor)
    for entity, name, kind, labels in _CUSTOM_FIELDS:
        desk.account.fields[entity].create(name, kind, labels, {})
