"""Countries and provinces. Codes come from the schema; where the cast lives has proper names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ml_sandbox.vendors.wave.currencies import Currency, currency

_COUNTRIES = {
    "AU": ("Australia", "AUD"),
    "BH": ("Bahrain", "BHD"),
    "CA": ("Canada", "CAD"),
    "DE": ("Germany", "EUR"),
    "ES": ("Spain", "EUR"),
    "FR": ("France", "EUR"),
    "GB": ("the United Kingdom", "GBP"),
    "JP": ("Japan", "JPY"),
    "MX": ("Mexico", "MXN"),
    "PL": ("Poland", "PLN"),
    "SE": ("Sweden", "SEK"),
    "US": ("the United States", "USD"),
}
_PROVINCES = {
    "BH": "BH-13 Capital",
    "CA": "CA-AB Alberta|CA-BC British Columbia|CA-MB Manitoba|CA-NB New Brunswick"
    "|CA-NL Newfoundland and Labrador|CA-NS Nova Scotia|CA-NT Northwest Territories|CA-NU Nunavut"
    "|CA-ON Ontario|CA-PE Prince Edward Island|CA-QC Quebec|CA-SK Saskatchewan|CA-YT Yukon",
    "DE": "DE-BE Berlin|DE-BY Bayern|DE-HH Hamburg|DE-NW Nordrhein-Westfalen",
    "FR": "FR-69 Rhône|FR-75 Paris",
    "GB": "GB-LND London|GB-ENG England|GB-SCT Scotland|GB-WLS Wales",
    "JP": "JP-13 Tokyo|JP-27 Osaka",
    "US": "US-AL Alabama|US-AK Alaska|US-AZ Arizona|US-AR Arkansas|US-CA California|US-CO Colorado"
    "|US-CT Connecticut|US-DE Delaware|US-DC District of Columbia|US-FL Florida|US-GA Georgia"
    "|US-HI Hawaii|US-ID Idaho|US-IL Illinois|US-IN Indiana|US-IA Iowa|US-KS Kansas|US-KY Kentucky"
    "|US-LA Louisiana|US-ME Maine|US-MD Maryland|US-MA Massachusetts|US-MI Michigan"
    "|US-MN Minnesota|US-MS Mississippi|US-MO Missouri|US-MT Montana|US-NE Nebraska|US-NV Nevada"
    "|US-NH New Hampshire|US-NJ New Jersey|US-NM New Mexico|US-NY New York|US-NC North Carolina"
    "|US-ND North Dakota|US-OH Ohio|US-OK Oklahoma|US-OR Oregon|US-PA Pennsylvania"
    "|US-RI Rhode Island|US-SC South Carolina|US-SD South Dakota|US-TN Tennessee|US-TX Texas"
    "|US-UT Utah|US-VT Vermont|US-VA Virginia|US-WA Washington|US-WV West Virginia"
    "|US-WI Wisconsin|US-WY Wyoming",
}


@dataclass(frozen=True, slots=True)
class Province:
    """`code` is ISO 3166-2, such as US-AZ."""

    code: str
    name: str

    @property
    def slug(self) -> str:
        return self.code.lower()


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    name: str
    name_with_article: str
    currency: Currency
    provinces: tuple[Province, ...]


@cache
def country(code: str) -> Country:
    """The country of an ISO 3166-1 code that the schema knows."""
    whole, money = _COUNTRIES.get(code, (code, "USD"))
    listed = _PROVINCES.get(code, "")
    provinces = tuple(Province(*one.split(" ", 1)) for one in listed.split("|") if one)
    return Country(code, whole.removeprefix("the "), whole, currency(money), provinces)


@cache
def province(code: str) -> Province | None:
    """The province of that code, None for one that is not listed."""
    for known in country(code.partition("-")[0]).provinces:
        if known.code == code:
            return known
    return None
