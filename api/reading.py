"""What all endpoints have in common."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from api.filters import unknown_parameters
from api.shapes import Site


class Reading(GenericAPIView):
    """What all endpoints have in common: they refuse what they do not know."""

    permission_classes = (AllowAny,)
    http_method_names = ["get", "head"]
    row_serializer_class: ClassVar[type[serializers.Serializer[Any]]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse other methods before anything else, then all at once what does not fit in the parameters."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        refusals = self.refusals(request)
        if refusals:
            raise ValidationError(refusals)

    def refusals(self, request: Request) -> dict[str, Any]:
        """Return what is wrong with the parameters, by name; most endpoints take none but the format."""
        return dict(unknown_parameters(request, ()))

    def site(self) -> Site:
        """Return where addresses in the answer begin."""
        return Site(self.request.build_absolute_uri("/").rstrip("/"))
