"""The rules that cross tables, kept by the database itself.

Each refusal is a check violation with a constraint name and a sentence, so that every path meets the same wall: page,
API, import, admin, raw SQL. Sums lock the pledge's row first: two writers cannot pass together what neither may alone.
The lock is the one that changing the pledge takes; it does not hold up rows that merely point to the pledge.
"""

import pgtrigger

from capabilities.triggers import refuse

ROW_CHECKS = pgtrigger.Insert | pgtrigger.Update


def lock(pledge: str) -> str:
    """Return the statement that locks a pledge, so that the next statement sees what others committed before."""
    return f"PERFORM FROM pledges_pledge WHERE id IN ({pledge}) ORDER BY id FOR NO KEY UPDATE;"


def sum_of(table: str, column: str, pledge: str, besides: str = "") -> str:
    """Return the SQL for what is taken of a pledge in a child table, one row left out."""
    rest = f" AND id IS DISTINCT FROM {besides}" if besides else ""
    live = " AND confirmation <> 'declined'" if table == "pledges_partner" else ""
    return f"(SELECT COALESCE(SUM({column}), 0) FROM {table} WHERE pledge_id = {pledge}{rest}{live})"


PLEDGE_LEAD = pgtrigger.Trigger(
    name="lead_can_pledge",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("participant_id"),
    func=f"""
        IF EXISTS (SELECT FROM conferences_participant WHERE code = NEW.participant_id AND kind = 'un_secretariat')
        THEN {refuse("pledge_lead_can_pledge", "The Secretariat does not pledge.")} END IF;
        IF EXISTS (SELECT FROM pledges_partner WHERE pledge_id = NEW.id AND participant_id = NEW.participant_id)
        THEN {refuse("pledge_lead_is_no_partner", "The lead of a pledge cannot be its partner too.")} END IF;
        RETURN NEW;
    """,
)

PLEDGE_SESSION = pgtrigger.Trigger(
    name="session_of_conference",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("session_id", "conference_id"),
    condition=pgtrigger.Condition("NEW.session_id IS NOT NULL"),
    func=f"""
        IF NOT EXISTS (
            SELECT FROM conferences_session WHERE id = NEW.session_id AND conference_id = NEW.conference_id)
        THEN {refuse("pledge_session_of_conference", "The session belongs to another conference.")} END IF;
        RETURN NEW;
    """,
)

PLEDGE_SUMS = pgtrigger.Trigger(
    name="taken_within_pledge",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("quantity", "amount", "personnel", "capability_type_id", "match"),
    func=f"""
        IF {sum_of("pledges_partner", "share_quantity", "NEW.id")} > COALESCE(NEW.quantity, 0)
            OR {sum_of("pledges_partner", "share_personnel", "NEW.id")} > COALESCE(NEW.personnel, 0)
            OR {sum_of("pledges_partner", "share_amount", "NEW.id")} > COALESCE(NEW.amount, 0)
        THEN {refuse("partner_shares_within_pledge", "The shares of the partners exceed the pledge.")} END IF;
        IF {sum_of("pledges_allocation", "quantity", "NEW.id")} > COALESCE(NEW.quantity, 0)
        THEN {refuse("allocations_within_pledge", "More is allocated than the pledge holds.")} END IF;
        IF EXISTS (SELECT FROM pledges_allocation WHERE pledge_id = NEW.id AND quantity IS NOT NULL)
            AND (NEW.match <> 'exact' OR NEW.capability_type_id IS DISTINCT FROM OLD.capability_type_id)
        THEN {refuse("allocation_unit_compatible", "Units of this pledge are allocated: its type is fixed.")} END IF;
        IF EXISTS (SELECT FROM pledges_readiness WHERE pledge_id = NEW.id) AND NOT EXISTS (
            SELECT FROM capabilities_capabilitytype t WHERE t.code = NEW.capability_type_id AND t.is_pcrs_registrable)
        THEN {refuse("readiness_only_registrable", "This pledge has a readiness level: its type must be registrable.")}
        END IF;
        RETURN NEW;
    """,
)

PLEDGE_SEARCH = pgtrigger.Trigger(
    name="search_text",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert
    | pgtrigger.UpdateOf(
        "reference", "title", "description", "capability_wording", "participant_id", "capability_type_id"
    ),
    func="""
        NEW.search :=
            setweight(to_tsvector('plain_english', concat_ws(' ', NEW.reference, NEW.title)), 'A')
            || setweight(to_tsvector('plain_english', concat_ws(' ', NEW.capability_wording,
                (SELECT name FROM capabilities_capabilitytype WHERE code = NEW.capability_type_id),
                (SELECT name_en FROM conferences_participant WHERE code = NEW.participant_id))), 'B')
            || setweight(to_tsvector('plain_english', NEW.description), 'C');
        RETURN NEW;
    """,
)

# What the rows beside the pledge say is no edit of the pledge: nobody's form grows stale by a report.
KEPT = ["reported_state", "last_reported_on", "assessed_state", "delivered_quantity", "readiness_level"]
PLEDGE_VERSION = pgtrigger.Trigger(
    name="next_version",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange(exclude=[*KEPT, "search", "dated_at", "version"]),
    func="""
        NEW.version := OLD.version + 1;
        IF NEW.updated_at = OLD.updated_at THEN NEW.updated_at := now(); END IF;
        RETURN NEW;
    """,
)

PARTNER_SHARES = pgtrigger.Trigger(
    name="shares_within_pledge",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    declare=[("whole", "RECORD")],
    func=f"""
        SELECT * INTO whole FROM pledges_pledge WHERE id = NEW.pledge_id FOR NO KEY UPDATE;
        IF whole.participant_id = NEW.participant_id
        THEN {refuse("pledge_lead_is_no_partner", "The lead of a pledge cannot be its partner too.")} END IF;
        IF NEW.confirmation <> 'declined' AND (
            {sum_of("pledges_partner", "share_quantity", "NEW.pledge_id", "NEW.id")}
                + COALESCE(NEW.share_quantity, 0) > COALESCE(whole.quantity, 0)
            OR {sum_of("pledges_partner", "share_personnel", "NEW.pledge_id", "NEW.id")}
                + COALESCE(NEW.share_personnel, 0) > COALESCE(whole.personnel, 0)
            OR {sum_of("pledges_partner", "share_amount", "NEW.pledge_id", "NEW.id")}
                + COALESCE(NEW.share_amount, 0) > COALESCE(whole.amount, 0))
        THEN {refuse("partner_shares_within_pledge", "The shares of the partners exceed the pledge.")} END IF;
        RETURN NEW;
    """,
)

ALLOCATION_SUM = pgtrigger.Trigger(
    name="allocations_within_pledge",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    condition=pgtrigger.Condition("NEW.quantity IS NOT NULL"),
    declare=[("whole", "RECORD")],
    func=f"""
        SELECT * INTO whole FROM pledges_pledge WHERE id = NEW.pledge_id FOR NO KEY UPDATE;
        IF {sum_of("pledges_allocation", "quantity", "NEW.pledge_id", "NEW.id")} + NEW.quantity
            > COALESCE(whole.quantity, 0)
        THEN {refuse("allocations_within_pledge", "More is allocated than the pledge holds.")} END IF;
        IF whole.match <> 'exact' OR NOT EXISTS (
            SELECT FROM capabilities_requirement r, capabilities_capabilitytype t
            WHERE r.id = NEW.requirement_id AND t.code = whole.capability_type_id AND r.unit = t.unit_of_measure)
        THEN {refuse("allocation_unit_compatible", "Pledge and requirement are counted in different units.")} END IF;
        RETURN NEW;
    """,
)

READINESS_REGISTRABLE = pgtrigger.Trigger(
    name="only_registrable",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    func=f"""
        IF NOT EXISTS (
            SELECT FROM pledges_pledge p JOIN capabilities_capabilitytype t ON t.code = p.capability_type_id
            WHERE p.id = NEW.pledge_id AND t.is_pcrs_registrable)
        THEN {refuse("readiness_only_registrable", "Only registrable capability types have a readiness level.")} END IF;
        RETURN NEW;
    """,
)

# Without a passed assessment and advisory visit no selection; the last one that saw the unit by that day decides, as
# in pledges/readiness.py. It concerns new requests alone: a visit's result that is mended later ends none.
UNSEEN = refuse("deployment_chosen_after_visit", "The unit passed no assessment visit: say why it was chosen.")
CHOSEN_AFTER_VISIT = pgtrigger.Trigger(
    name="chosen_after_visit",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("btrim(NEW.exception) = ''"),
    func=f"""
        IF (SELECT u.is_passed FROM pledges_visitedunit u JOIN pledges_visit v ON v.id = u.visit_id
            WHERE u.pledge_id = NEW.pledge_id AND v.kind = 'assessment' AND u.is_passed IS NOT NULL
                AND v.held_on <= NEW.requested_on
            ORDER BY v.held_on DESC, u.id DESC LIMIT 1) IS NOT TRUE
        THEN {UNSEEN} END IF;
        RETURN NEW;
    """,
)


LINEAGE_LOOP = pgtrigger.Trigger(
    name="no_loop",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    func=f"""
        PERFORM pg_advisory_xact_lock(hashtext('pledges_lineage'));
        IF EXISTS (
            WITH RECURSIVE ancestor (id) AS (
                SELECT NEW.earlier_id
                UNION SELECT l.earlier_id FROM pledges_lineage l JOIN ancestor a ON l.later_id = a.id
                WHERE l.id <> NEW.id)
            SELECT FROM ancestor WHERE id = NEW.later_id)
        THEN {refuse("lineage_without_loop", "A pledge cannot descend from itself.")} END IF;
        RETURN NEW;
    """,
)


DEPENDENCY_LOOP = pgtrigger.Trigger(
    name="steps_of_one_pledge_without_loop",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    func=f"""
        PERFORM pg_advisory_xact_lock(hashtext('pledges_milestonedependency'));
        IF (SELECT count(DISTINCT pledge_id) FROM pledges_milestone WHERE id IN (NEW.milestone_id, NEW.needs_id)) <> 1
        THEN {refuse("dependency_within_pledge", "The two steps belong to different pledges.")} END IF;
        IF EXISTS (
            WITH RECURSIVE needed (id) AS (
                SELECT NEW.needs_id
                UNION SELECT d.needs_id FROM pledges_milestonedependency d JOIN needed n ON d.milestone_id = n.id
                WHERE d.id <> NEW.id)
            SELECT FROM needed WHERE id = NEW.milestone_id)
        THEN {refuse("dependency_without_loop", "A step cannot wait for itself.")} END IF;
        RETURN NEW;
    """,
)

ELSEWHERE = refuse("visit_of_lead", "The visit goes to another participant than the one that leads the pledge.")
VISIT_OF_LEAD = pgtrigger.Trigger(
    name="visit_of_lead",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    func=f"""
        IF (SELECT participant_id FROM pledges_visit WHERE id = NEW.visit_id)
            <> (SELECT participant_id FROM pledges_pledge WHERE id = NEW.pledge_id)
        THEN {ELSEWHERE} END IF;
        RETURN NEW;
    """,
)

AGREEMENT_TYPE = pgtrigger.Trigger(
    name="statement_of_same_type",
    when=pgtrigger.Before,
    operation=ROW_CHECKS,
    func=f"""
        IF (SELECT capability_type_id FROM pledges_unitstatement WHERE id = NEW.statement_id)
            IS DISTINCT FROM (SELECT capability_type_id FROM pledges_pledge WHERE id = NEW.pledge_id)
        THEN {refuse("agreement_of_same_type", "The statement is for another type of unit.")} END IF;
        RETURN NEW;
    """,
)

# The level in force is that of the latest day; a level of an unknown day comes before all others.
LEVEL_LOWERED = pgtrigger.Trigger(
    name="lowered_with_reason",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.author_id IS NOT NULL AND btrim(NEW.lowered_because) = ''"),
    func=f"""
        {lock("NEW.pledge_id")}
        IF array_position(ARRAY['1', '2', '3', 'rdl'], NEW.level::text) < (
            SELECT array_position(ARRAY['1', '2', '3', 'rdl'], level::text) FROM pledges_readiness
            WHERE pledge_id = NEW.pledge_id AND (reached_on IS NULL OR reached_on <= NEW.reached_on)
            ORDER BY reached_on DESC NULLS LAST, id DESC LIMIT 1)
        THEN {refuse("readiness_lowered_with_reason", "A lower level is recorded with the reason.")} END IF;
        RETURN NEW;
    """,
)


def same_pledge(column: str, table: str, constraint: str) -> pgtrigger.Trigger:
    """Return the trigger that refuses a row whose `column` names a row of `table` that belongs to another pledge."""
    return pgtrigger.Trigger(
        name=f"{column}_of_same_pledge",
        when=pgtrigger.Before,
        operation=ROW_CHECKS,
        condition=pgtrigger.Condition(f"NEW.{column}_id IS NOT NULL"),
        func=f"""
            IF NOT EXISTS (SELECT FROM {table} WHERE id = NEW.{column}_id AND pledge_id = NEW.pledge_id)
            THEN {refuse(constraint, "This belongs to another pledge.")} END IF;
            RETURN NEW;
        """,
    )


MILESTONE_PARTNER = same_pledge("partner", "pledges_partner", "milestone_partner_of_same_pledge")
UPDATE_PARTNER = same_pledge("partner", "pledges_partner", "progress_partner_of_same_pledge")
UPDATE_MILESTONE = same_pledge("milestone", "pledges_milestone", "progress_milestone_of_same_pledge")
LINK_PARTNER = same_pledge("partner", "pledges_partner", "report_link_partner_of_same_pledge")
LINK_MILESTONE = same_pledge("milestone", "pledges_milestone", "report_link_milestone_of_same_pledge")
FILE_UPDATE = same_pledge("progress_update", "pledges_progressupdate", "file_update_of_same_pledge")


def latest(column: str, table: str, day: str, extra: str = "", said: str = "") -> str:
    """Return the SQL for the latest value of a child table's column by day, then by the instant in the column `said`,
    if one is named, then by order of entry."""
    order = f"ORDER BY {day} DESC NULLS LAST, {f'{said} DESC, ' if said else ''}id DESC LIMIT 1"
    return f"(SELECT {column} FROM {table} WHERE pledge_id = kept.id {extra} {order})"


def keeper(name: str, **latest_values: str) -> pgtrigger.Trigger:
    """Return the trigger that keeps a pledge's latest known values beside it, for lists and figures.

    The lock comes in a statement of its own: of two reports at once, the second to write must see the first. A pledge
    that has these values is not written anew, with all its indexes.
    """
    changed = " OR ".join(f"{column} IS DISTINCT FROM {value}" for column, value in latest_values.items())
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            {lock("OLD.pledge_id, NEW.pledge_id")}
            UPDATE pledges_pledge kept SET {", ".join(f"{column} = {value}" for column, value in latest_values.items())}
            WHERE id IN (OLD.pledge_id, NEW.pledge_id) AND ({changed});
            RETURN NULL;
        """,
    )


def or_none(text: str) -> str:
    """Return the SQL of a text that is empty where there is none."""
    return f"COALESCE({text}, '')"


# What a partner reports on its share speaks for that share alone: the regular report on the pledge is the lead's. What
# came through a link is entered once it is confirmed, and was said before: of one day the last said stands.
REPORTS = ("pledges_progressupdate", "happened_on")
REPORTED = keeper(
    "latest_report",
    reported_state=or_none(
        latest("state", *REPORTS, "AND state <> '' AND partner_id IS NULL", said="created_at"),
    ),
    last_reported_on=latest("happened_on", *REPORTS, "AND partner_id IS NULL"),
)
ASSESSED = keeper(
    "latest_assessment",
    assessed_state=or_none(latest("state", "pledges_assessment", "assessed_on")),
    delivered_quantity=latest("confirmed_quantity", "pledges_assessment", "assessed_on"),
)
LEVELLED = keeper(
    "latest_level",
    readiness_level=or_none(latest("level", "pledges_readiness", "reached_on")),
)

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
# A correction of the public record may replace a sourced row; what a person stated stays as stated.
STATEMENTS_STAY = pgtrigger.Protect(
    name="statements_stay",
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__author__isnull=False),
)
