"""The endpoints: find the rows that this reader may see, narrow and order them, answer. Writing is in `writing`."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django_filters import FilterSet
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from api import serializers as described
from api import shapes
from api.content import WrittenSerializer
from api.filters import PAGING, bound, filtered, unknown_parameters, wrong_values
from api.pagination import order_of, wrong_paging
from api.reading import Reading
from api.renderers import OrjsonRenderer, columns_of, csv_lines
from api.shapes import Row, Shape
from api.shares import ShareSerializer, ShareWrites
from api.writing import PledgeWrites, StepSerializer, StepWrites, Writes
from capabilities.filters import CapabilityTypeFilter, MissionFilter, RequirementFilter
from capabilities.models import CapabilityType, Mission, Requirement
from conferences.filters import ConferenceFilter, ParticipantFilter
from conferences.keyset import Order
from conferences.models import Conference, Participant
from pledges.figures import cohorts, counting_rule, gap, readers_pledges
from pledges.filters import ORDERS, PledgeFilter
from pledges.models import Pledge
from pledges.querysets import today
from pledges.timeline import timeline

CHUNK = 1000
Rows = list[Row]  # named before a method takes the name `list`


class Root(Reading):
    """Where everything is."""

    row_serializer_class = serializer_class = described.RootSerializer

    def get(self, request: Request) -> Response:
        """Return the addresses of the endpoints."""
        names = (*RESOURCES, "gap", "delivery", "schema", "docs")
        return Response({name.replace("-", "_"): reverse(f"api-{name}", request=request) for name in names})


class Missing(Reading):
    """Any other address."""

    schema = None
    row_serializer_class = serializer_class = described.RootSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say so, whatever was asked."""
        raise NotFound


class Resource(Reading, GenericViewSet[Any]):
    """The rows of one resource, as a list and one by one."""

    shape: ClassVar[Shape]
    filterset_class: ClassVar[type[FilterSet]]
    orders: ClassVar[dict[str, Order]]
    filters: FilterSet | None = None

    def refusals(self, request: Request) -> dict[str, Any]:
        """Return what is wrong with the parameters of a list; a single row takes none."""
        if self.action != "list":
            return super().refusals(request)
        self.filters = bound(self.filterset_class, request)
        return (
            (wrong_values(self.filters) if self.filters else {})
            | wrong_paging(request, self.orders)
            | unknown_parameters(request, [*self.filterset_class.base_filters, *PAGING])
        )

    def list(self, request: Request) -> Response | StreamingHttpResponse:
        """Return a page; as CSV without page_size, the whole list as a file."""
        rows = self.shape.read(self.filter_queryset(self.get_queryset()))
        paged = request.query_params.keys() & {"page_size", "cursor"}
        if request.accepted_renderer.format == "csv" and not paged:
            return self.whole_list(rows)
        return self.get_paginated_response(self.nested(self.paginate_queryset(rows) or []))

    def retrieve(self, request: Request, **key: str) -> Response:
        """Return one row by its code or reference, or that there is none to be seen."""
        found = self.shape.read(self.get_queryset().filter(**key)).first()
        if found is None:
            raise NotFound
        return Response(self.nested([found])[0])

    def nested(self, rows: Rows) -> Rows:
        """Return rows as the answer shows them."""
        return self.shape.nest(rows, self.site())

    def whole_list(self, rows: "QuerySet[Any]") -> StreamingHttpResponse:
        """Return all rows as CSV, read and sent some at a time, so that memory does not grow with their number."""
        ordered = order_of(self.request, self.orders).apply(rows, backwards=False)
        lines = csv_lines(columns_of(self.row_serializer_class()), self.chunks(ordered))
        name = self.request.path.rstrip("/").rpartition("/")[2]
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingHttpResponse(batched(lines), content_type="text/csv; charset=utf-8", headers=headers)

    def chunks(self, rows: "QuerySet[Any]") -> Iterator[Row]:
        """Yield all rows as the answer shows them."""
        found = rows.iterator(chunk_size=CHUNK)
        for chunk in iter(lambda: [*islice(found, CHUNK)], []):
            yield from self.nested(chunk)


def batched(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines some at a time: sending each alone costs more than making it."""
    return iter(lambda: "".join(islice(lines, CHUNK)), "")


class Participants(Resource):
    """States and organisations that pledge, host or co-chair."""

    queryset = Participant.objects.all()
    row_serializer_class = serializer_class = described.ParticipantSerializer
    shape = shapes.PARTICIPANTS
    lookup_field = "code"
    filterset_class = ParticipantFilter
    orders: ClassVar[dict[str, Order]] = {"name": Order("sort_en", "code"), "code": Order("code", "code")}


class Conferences(Resource):
    """Summits and ministerials since 2014, and meetings related to them."""

    queryset = Conference.objects.all()
    row_serializer_class = serializer_class = described.ConferenceSerializer
    shape = shapes.CONFERENCES
    lookup_field = "slug"
    filterset_class = ConferenceFilter
    orders: ClassVar[dict[str, Order]] = {
        "newest": Order("starts_on", "slug", descending=True),
        "oldest": Order("starts_on", "slug"),
    }


class Missions(Resource):
    """Missions that asks and pledges name."""

    queryset = Mission.objects.all()
    row_serializer_class = serializer_class = described.MissionSerializer
    shape = shapes.MISSIONS
    lookup_field = "acronym"
    filterset_class = MissionFilter
    orders: ClassVar[dict[str, Order]] = {"acronym": Order("acronym", "acronym")}


class CapabilityTypes(Resource):
    """What can be asked for or given, and the unit in which it is counted."""

    queryset = CapabilityType.objects.all()
    row_serializer_class = serializer_class = described.CapabilityTypeSerializer
    shape = shapes.CAPABILITY_TYPES
    lookup_field = "code"
    filterset_class = CapabilityTypeFilter
    orders: ClassVar[dict[str, Order]] = {"name": Order("name", "code"), "code": Order("code", "code")}


class Requirements(Resource):
    """What missions and member states asked for, edition by edition."""

    queryset = Requirement.objects.all()
    row_serializer_class = serializer_class = described.RequirementSerializer
    shape = shapes.REQUIREMENTS
    lookup_field = "reference"
    filterset_class = RequirementFilter
    orders: ClassVar[dict[str, Order]] = {"reference": Order("reference", "reference")}


class Pledges(PledgeWrites, Resource):
    """What participants pledged, and what is known of it. Without a sign-in: what was announced."""

    queryset = Pledge.objects.all()
    row_serializer_class = serializer_class = described.PledgeSerializer
    shape = shapes.PLEDGES
    lookup_field = "reference"
    filterset_class = PledgeFilter
    orders = ORDERS

    def get_queryset(self) -> "QuerySet[Any]":
        """Return the pledges that this reader may see, with what is known of them."""
        return Pledge.objects.visible_to(self.request.user).with_known_state()

    def retrieve(self, request: Request, **key: str) -> Response:
        """Return one pledge, with its ETag for those who may write it."""
        return self.with_etag(super().retrieve(request, **key), key["reference"])


RESOURCES: dict[str, type[Resource]] = {
    "pledges": Pledges,
    "requirements": Requirements,
    "conferences": Conferences,
    "participants": Participants,
    "missions": Missions,
    "capability-types": CapabilityTypes,
}


class PledgeContent(Writes):
    """A pledge as its delegation and the Secretariat work on it, the words that are not public among them."""

    queryset = Pledge.objects.all()
    row_serializer_class = serializer_class = WrittenSerializer
    renderer_classes = (OrjsonRenderer,)
    lookup_field = "reference"

    def get(self, request: Request, reference: str) -> Response:
        """Return it, with the ETag that a change of it needs."""
        pledge = self.visible(reference)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        self.check_reader(pledge)
        return self.answer(pledge).response()


class PledgeStep(StepWrites):
    """A step of a pledge's life, taken by its delegation."""

    queryset = Pledge.objects.all()
    row_serializer_class = WrittenSerializer
    serializer_class = StepSerializer
    lookup_field = "reference"


class PledgeShare(ShareWrites):
    """A partner's share of a joint pledge, for the delegation that is asked to take part."""

    queryset = Pledge.objects.all()
    row_serializer_class = serializer_class = ShareSerializer
    renderer_classes = (OrjsonRenderer,)
    lookup_field = "reference"


class PledgeTimeline(Reading):
    """What everybody may read of what happened to a pledge, newest first."""

    queryset = Pledge.objects.all()
    serializer_class = described.TimelineSerializer
    row_serializer_class = described.EntrySerializer
    lookup_field = "reference"

    def get(self, request: Request, reference: str) -> Response:
        """Return the timeline of a pledge that this reader may see."""
        rows = Pledge.objects.visible_to(request.user).select_related("conference", "participant")
        pledge = rows.defer("search").filter(reference=reference).first()
        if pledge is None:
            raise NotFound
        site = self.site()
        return Response({"results": [shapes.entry(found, pledge, site) for found in timeline(pledge, AnonymousUser())]})


class CapabilityGap(Reading):
    """What is asked for and how much of it is offered, verified and delivered, per mission and capability type."""

    queryset = Requirement.objects.all()
    serializer_class = described.GapSerializer
    row_serializer_class = described.GapRowSerializer
    filterset_class = RequirementFilter

    def refusals(self, request: Request) -> dict[str, Any]:
        """Return what is wrong with the filters."""
        self.filters = bound(self.filterset_class, request)
        wrong = wrong_values(self.filters) if self.filters else {}
        return wrong | unknown_parameters(request, self.filterset_class.base_filters)

    def get(self, request: Request) -> Response:
        """Return the gap over the pledges that this reader may see."""
        asks = filtered(self.filters, Requirement.objects.all())
        site = self.site()
        rows = [shapes.gap_row(row, site) for row in gap(asks, readers_pledges(request.user))]
        counted = {"as_of": timezone.now(), "rule": counting_rule(request.user)}
        return Response(counted | {"next": None, "previous": None, "results": rows})


class Delivery(Reading):
    """What became of the pledges of each conference held, the oldest first: how much is delivered at which age."""

    queryset = Conference.objects.all()
    serializer_class = described.DeliverySerializer
    row_serializer_class = described.DeliveryRowSerializer

    def get(self, request: Request) -> Response:
        """Return the conferences over the pledges that this reader may see."""
        site, pledges = self.site(), readers_pledges(request.user)
        rows = [shapes.delivery_row(row, request.user, site) for row in cohorts(pledges, on=today())]
        counted = {"as_of": timezone.now(), "rule": counting_rule(request.user)}
        return Response(counted | {"next": None, "previous": None, "results": rows})
