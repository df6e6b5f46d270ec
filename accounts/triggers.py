"""The rule of accounts that the database keeps: it finds days where people live, and one unknown zone would stop it."""

import pgtrigger


def refuse(constraint: str, sentence: str) -> str:
    """Return the PL/pgSQL statement that refuses as a named constraint would; `sentence` holds no quotes."""
    return f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'check_violation', CONSTRAINT = '{constraint}';"


TIME_ZONE_KNOWN = pgtrigger.Trigger(
    name="time_zone_known",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("time_zone"),
    func=f"""
        BEGIN
            PERFORM timezone(NEW.time_zone, now());
        EXCEPTION WHEN invalid_parameter_value THEN
            {refuse("user_time_zone_known", "The database knows no such time zone.")}
        END;
        RETURN NEW;
    """,
)
