"""A body is what a v2 write may carry: one strict model per request, unknown keys refused.

The field lists are those of the published OpenAPI v2; read-only fields are simply not in them,
so that sending one is refused as an unknown key (sheet, sections 3 and 5). `None` clears a field
where the model allows it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from . import clocktext

VISIBILITIES = (1, 3, 5, 7)
FREQUENCIES = ("one-time", "annually", "semi-annually", "quarterly", "monthly", "weekly")


def _one_of_visibilities(value: int) -> int:
    if value not in VISIBILITIES:
        raise ValueError("must be one of [1, 3, 5, 7]")
    return value


def _archive_time(text: str) -> str:
    """Documented as `YYYY-MM-DD HH:MM:SS`, the one v1 time in a v2 body; RFC 3339 passes too."""
    return clocktext.from_v1(text) if " " in text else clocktext.parse_seconds(text)


Moment = Annotated[str, AfterValidator(clocktext.parse_seconds)]
Day = Annotated[str, AfterValidator(clocktext.parse_day)]
ClockTime = Annotated[str, AfterValidator(clocktext.parse_clock_time)]
Duration = Annotated[str, AfterValidator(clocktext.parse_duration)]
Visibility = Annotated[int, AfterValidator(_one_of_visibilities)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Short = Annotated[str, Field(max_length=255)]
Percent = Annotated[float, Field(ge=0, le=100)]
CustomValues = dict[str, Any]
Frequency = Literal["one-time", "annually", "semi-annually", "quarterly", "monthly", "weekly"]
Cycles = Annotated[int, Field(ge=1, le=208)]
TaxMethod = Literal["exclusive", "inclusive", "none"]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    def given(self) -> dict[str, Any]:
        """Only what the request carried."""
        return self.model_dump(exclude_unset=True)


class Address(Body):
    """Only `value` is needed; parts left out become null."""

    value: str | None = None
    country: str | None = None
    admin_area_level_1: str | None = None
    admin_area_level_2: str | None = None
    locality: str | None = None
    sublocality: str | None = None
    route: str | None = None
    street_number: str | None = None
    subpremise: str | None = None
    postal_code: str | None = None


class Contact(Body):
    value: Short
    primary: bool = False
    label: str = "work"


class OrganizationPatch(Body):
    name: Name = ""
    owner_id: int = 0
    visible_to: Visibility = 0
    label_ids: list[int] = []
    address: Address | None = None
    website: Short | None = None
    linkedin: Short | None = None
    industry: int | None = None
    annual_revenue: int | None = None
    employee_count: int | None = None
    custom_fields: CustomValues = {}


class OrganizationPost(OrganizationPatch):
    name: Name
    add_time: Moment = ""


class PersonPatch(Body):
    name: Name = ""
    owner_id: int = 0
    org_id: int | None = None
    emails: list[Contact] = []
    phones: list[Contact] = []
    visible_to: Visibility = 0
    label_ids: list[int] = []
    marketing_status: Literal["no_consent", "unsubscribed", "subscribed", "archived"] = "no_consent"
    postal_address: Address | None = None
    notes: str | None = None
    im: list[Contact] = []
    birthday: Day | None = None
    job_title: Short | None = None
    custom_fields: CustomValues = {}


class PersonPost(PersonPatch):
    name: Name
    add_time: Moment = ""


class DealPatch(Body):
    title: Name = ""
    owner_id: int = 0
    person_id: int | None = None
    org_id: int | None = None
    pipeline_id: int = 0
    stage_id: int = 0
    value: float = 0
    currency: str = ""
    is_deleted: bool = False
    is_archived: bool = False
    archive_time: Annotated[str, AfterValidator(_archive_time)] | None = None
    status: Literal["open", "won", "lost"] = "open"
    probability: Percent | None = None
    lost_reason: str | None = None
    visible_to: Visibility = 0
    close_time: Moment | None = None
    won_time: Moment | None = None
    lost_time: Moment | None = None
    expected_close_date: Day | None = None
    label_ids: list[int] = []
    custom_fields: CustomValues = {}


class DealPost(DealPatch):
    title: Name


class DealProductPatch(Body):
    product_id: int = 0
    item_price: float = 0
    quantity: float = 0
    tax: float = 0
    comments: str | None = None
    discount: float = 0
    discount_type: Literal["percentage", "amount"] = "percentage"
    tax_method: TaxMethod = "exclusive"
    is_enabled: bool = True
    product_variation_id: int | None = None
    billing_frequency: Frequency = "one-time"
    billing_frequency_cycles: Cycles | None = None
    billing_start_date: Day | None = None


class DealProductPost(DealProductPatch):
    product_id: int
    item_price: float
    quantity: float


class DealProductBulk(Body):
    data: Annotated[list[DealProductPost], Field(min_length=1, max_length=100)]


class Price(Body):
    currency: str
    price: float = 0
    cost: float = 0
    direct_cost: float | None = None
    notes: str = ""


class ProductPatch(Body):
    name: Name = ""
    code: Short | None = None
    description: str | None = None
    unit: Short | None = None
    tax: float = 0
    category: float | None = None
    owner_id: int = 0
    is_linkable: bool = True
    visible_to: Visibility = 0
    prices: list[Price] = []
    custom_fields: CustomValues = {}
    billing_frequency: Frequency = "one-time"
    billing_frequency_cycles: Cycles | None = None


class ProductPost(ProductPatch):
    name: Name


class Participant(Body):
    person_id: int
    primary: bool = False


class Attendee(Body):
    email: str
    name: str | None = None
    status: str | None = None
    is_organizer: bool = False
    person_id: int | None = None
    user_id: int | None = None


class ActivityBody(Body):
    """`person_id` is in the published schema but read-only: link through `participants`."""

    subject: Short = ""
    type: str = ""
    owner_id: int = 0
    deal_id: int | None = None
    lead_id: str | None = None
    org_id: int | None = None
    project_id: int | None = None
    due_date: Day | None = None
    due_time: ClockTime | None = None
    duration: Duration | None = None
    busy: bool = False
    done: bool = False
    location: Address | None = None
    participants: list[Participant] = []
    attendees: list[Attendee] | None = None
    public_description: str | None = None
    priority: int | None = None
    note: str | None = None


class PipelinePatch(Body):
    name: Name = ""
    is_deal_probability_enabled: bool = False


class PipelinePost(PipelinePatch):
    name: Name


class StagePatch(Body):
    name: Name = ""
    pipeline_id: int = 0
    deal_probability: Annotated[int, Field(ge=0, le=100)] = 100
    is_deal_rot_enabled: bool = False
    days_to_rotten: int | None = None


class StagePost(StagePatch):
    name: Name
    pipeline_id: int
