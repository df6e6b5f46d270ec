"""Addresses of the pages that combine several apps."""

from django.urls import path

from dashboards.components import components
from dashboards.conference import conference_detail
from dashboards.conference_window import conference_window
from dashboards.follow_through import follow_through
from dashboards.follow_through_acts import follow_through_act
from dashboards.follow_through_rates import follow_through_rates
from dashboards.follow_through_settings import conference_follow_through, desk_officers
from dashboards.gap import gap, requirement_detail
from dashboards.home import conference_list, counting, home
from dashboards.participant import participant_detail, participant_list
from dashboards.readiness import LISTS, readiness_list, registry
from dashboards.requirement_pages import requirement_change, requirement_new, requirement_remove
from dashboards.who_may import who_may
from dashboards.women import women_in_uniform

urlpatterns = [
    path("", home, name="home"),
    path("counting/", counting, name="counting"),
    path("who-may/", who_may, name="who-may"),
    path("conferences/", conference_list, name="conference-list"),
    path("conferences/<slug:slug>/", conference_detail, name="conference-detail"),
    path("participants/", participant_list, name="participant-list"),
    path("participants/<slug:code>/", participant_detail, name="participant-detail"),
    path("gap/", gap, name="gap"),
    path("requirements/<slug:reference>/", requirement_detail, name="requirement-detail"),
    path("work/requirements/new/", requirement_new, name="requirement-new"),
    path("work/requirements/<slug:reference>/change/", requirement_change, name="requirement-change"),
    path("work/requirements/<slug:reference>/remove/", requirement_remove, name="requirement-remove"),
    path("follow-through/", follow_through, name="follow-through"),
    path("follow-through/act/", follow_through_act, name="follow-through-act"),
    path("follow-through/rates/", follow_through_rates, name="follow-through-rates"),
    path("follow-through/desk-officers/", desk_officers, name="desk-officers"),
    path("work/conferences/<slug:slug>/follow-through/", conference_follow_through, name="conference-follow-through"),
    path("work/conferences/<slug:slug>/window/", conference_window, name="conference-window"),
    path("readiness/", registry, name="readiness"),
    *(path(f"readiness/{kept.name}/", readiness_list, {"name": kept.name}, name=kept.url_name) for kept in LISTS),
    path("women/", women_in_uniform, name="women"),
    path("components/", components, name="components"),
]
