"""The words that the cast is made of: invented firms, people, places and things sold."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A town with its country, the province by ISO 3166-2, and the money used there."""

    city: str
    province: str
    country: str
    currency: str
    postal_code: str
    dialing: str


#: Each is a trouble for software that is careless with names.
AWKWARD_FIRMS = (
    "Häberle & Söhne GmbH",
    "Béton, Brique et Compagnie",
    "Smith, Jones & Partners, LLC",
    "東雲印刷株式会社",
    "Al Noor Trading W.L.L.",
    "Harbor Lane Bakery",
    "Harbor Lane Bakery",
    "Nuñez Hermanos S.L.",
    'The "Good Enough" Tool Co.',
    "O'Brien Roofing",
    "Łódź Meble sp. z o.o.",
    "100% Pure Water <Springs>",
)
SURNAMES = (
    "Abbott", "Achterberg", "Baptiste", "Bergström", "Calloway", "Castellanos", "Delacroix",
    "Dhillon", "Eriksen", "Fairweather", "Fukuda", "Galvão", "Gruber", "Hathaway", "Holloway",
    "Ibáñez", "Ingersoll", "Jankowski", "Kestrel", "Kowalczyk", "Lefèvre", "Lindqvist", "Marchetti",
    "Mbeki", "Nakamura", "Novák", "Oyelaran", "Pemberton", "Quigley", "Ramírez", "Rosenthal",
    "Sandoval", "Sørensen", "Thackeray", "Trần", "Underhill", "Vasquez", "Whitlock", "Yildiz",
    "Zimmermann",
)  # fmt: skip
FIRST_NAMES = (
    "Ana", "Bruno", "Chloé", "Dmitri", "Eleni", "Farah", "Grace", "Håkon", "Imran", "Jolanta",
    "Kenji", "Leila", "Marek", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Søren", "Tomás",
    "Uma", "Viktor", "Wanda", "Xavier", "Yara", "Zoë",
)  # fmt: skip
TRADES = (
    "Architects", "Audio", "Bicycles", "Bookbinding", "Brewing", "Cabinetry", "Catering",
    "Consulting", "Dental Studio", "Design", "Electric", "Events", "Farm Supply", "Florists",
    "Freight", "Glassworks", "Hardware", "Interiors", "Landscaping", "Legal", "Logistics",
    "Machining", "Marine", "Optics", "Photography", "Plumbing", "Pottery", "Press", "Robotics",
    "Roofing", "Software", "Surveying", "Tailors", "Textiles", "Veterinary", "Vineyards",
)  # fmt: skip
FORMS = ("", " Ltd", " Inc.", " LLC", " & Co.", " Group", " Studio", " Works")
STREETS = (
    "Mill Road", "Station Street", "Rue des Lilas", "Hauptstraße", "Calle Mayor", "Kungsgatan",
    "Wharf Lane", "King Street West", "Elm Avenue", "Victoria Parade",
)  # fmt: skip
#: Weighted by repetition: most customers of this business are near it.
PLACES = (
    Place("Toronto", "CA-ON", "CA", "CAD", "M5V 2T6", "+1 416"),
    Place("Phoenix", "US-AZ", "US", "USD", "85004", "+1 602"),
    Place("Austin", "US-TX", "US", "USD", "73301", "+1 512"),
    Place("Portland", "US-OR", "US", "USD", "97201", "+1 503"),
    Place("Brooklyn", "US-NY", "US", "USD", "11201", "+1 718"),
    Place("Chicago", "US-IL", "US", "USD", "60601", "+1 312"),
    Place("Denver", "US-CO", "US", "USD", "80202", "+1 303"),
    Place("Montréal", "CA-QC", "CA", "CAD", "H2Y 1C6", "+1 514"),
    Place("London", "GB-LND", "GB", "GBP", "SW1A 1AA", "+44 20"),
    Place("München", "DE-BY", "DE", "EUR", "80331", "+49 89"),
    Place("Lyon", "FR-69", "FR", "EUR", "69001", "+33 4"),
)
TOKYO = Place("東京", "JP-13", "JP", "JPY", "100-0001", "+81 3")
MANAMA = Place("Manama", "BH-13", "BH", "BHD", "317", "+973")

#: Name, price in the business's own money, and whether it is a service.
GOODS = (
    ("Consulting hour", "95.00", True),
    ("Monthly retainer", "1250.00", True),
    ("Website maintenance", "180.00", True),
    ("Logo design", "640.00", True),
    ("Printed brochure", "2.35", False),
    ("Workshop day", "1480.00", True),
    ("Hosting, one year", "228.00", True),
    ("Photo licence", "74.90", False),
)
