"""Rules that keep what pledges rest on: capability types and requirements that are in use keep their unit.

Pledges are a layer above; only their tables are named here, so that the rule holds whoever changes a type.
"""

import pgtrigger

from accounts.triggers import refuse as refuse

TYPE_IN_USE = pgtrigger.Trigger(
    name="type_in_use",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("unit_of_measure", "is_pcrs_registrable"),
    func=f"""
        IF NEW.unit_of_measure <> OLD.unit_of_measure AND EXISTS (
            SELECT FROM pledges_allocation a JOIN pledges_pledge p ON p.id = a.pledge_id
            WHERE p.capability_type_id = NEW.code AND a.quantity IS NOT NULL)
        THEN {refuse("allocation_unit_compatible", "Units of this type are allocated: its unit of measure is fixed.")}
        END IF;
        IF NOT NEW.is_pcrs_registrable AND EXISTS (
            SELECT FROM pledges_readiness r JOIN pledges_pledge p ON p.id = r.pledge_id
            WHERE p.capability_type_id = NEW.code)
        THEN {refuse("readiness_only_registrable", "Pledges of this type have a readiness level.")} END IF;
        RETURN NEW;
    """,
)

REQUIREMENT_IN_USE = pgtrigger.Trigger(
    name="requirement_in_use",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("unit"),
    func=f"""
        IF NEW.unit <> OLD.unit AND EXISTS (
            SELECT FROM pledges_allocation WHERE requirement_id = NEW.id AND quantity IS NOT NULL)
        THEN {refuse("allocation_unit_compatible", "Pledges are allocated to this requirement: its unit is fixed.")}
        END IF;
        RETURN NEW;
    """,
)
