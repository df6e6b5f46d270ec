"""The words of made-up pledges."""

from random import Random

MARK = "(synthetic)"
OPENINGS = (
    "{name} offers {what}",
    "{name} will provide {what}",
    "{name} undertakes to deploy {what}",
    "{name} prepares {what}",
    "{name} sets aside {what}",
    "{name} agrees to supply {what}",
)
PURPOSES = (
    "so that patrols reach remote villages in the rainy season",
    "for the protection of civilians along main supply routes",
    "to shorten the time from wound to surgery",
    "to replace a contingent that goes home",
    "for bridges, culverts and the runway of a forward base",
    "to find improvised explosive devices before convoys pass",
    "for reconnaissance at night and over the lake",
    "to teach instructors of other contributors",
    "to cut the diesel that camps burn",
    "for patient transport between field hospitals",
    "to raise the share of women among officers",
    "for criminal investigation and forensics",
)
CONDITIONS = (
    "Transport to the mission is still to be agreed.",
    "The parliament has to agree before the first rotation.",
    "Equipment is inspected at home before it is shipped.",
    "A second rotation follows after twelve months.",
    "Training before deployment takes four months.",
    "The unit brings its own workshop and water plant.",
    "A partner pays for fuel and spare parts.",
    "Reconnaissance on the ground comes first.",
)
OFFICES = (
    "Department of peace operations",
    "Joint staff, international section",
    "Directorate of police cooperation",
    "Multilateral affairs division",
)
EVIDENCE = (
    "Monthly strength report",
    "Verification visit",
    "Course list with names",
    "Bank statement",
    "Press release",
)
OUTCOMES = (
    "The gap in the mission is closed.",
    "Patrols double.",
    "Two hundred trainers are certified.",
    "Camps burn less.",
)
CAVEATS = (
    "No deployment outside the sector named in the memorandum.",
    "No operations at night in the first three months.",
    "Medical evacuation within one hour must be assured.",
)
STEPS = (
    "Memorandum signed",
    "Reconnaissance visit",
    "Pre-deployment training begun",
    "Equipment shipped",
    "Advance party in place",
    "Funds transferred",
)
REPORTS = (
    "The advance party has arrived and prepares the camp.",
    "Training goes on; the second company is certified.",
    "Talks with the Secretariat on equipment go on.",
    "The shipment waits for clearance at the port.",
    "Rotation took place as planned.",
    "The agreement was signed in the capital.",
)
DELAYS = ("The ship is late.", "The contract is not signed by both sides.", "The training was put off.")
REASONS = ("Confirmed by the mission's strength report.", "Confirmed by visit.", "The mission reports no arrival.")
RETURNS = ("Say how many units are meant.", "Name the mission, or say that any will do.", "Give a date.")


def title(random: Random, what: str, mission: str) -> str:
    """Return a title, marked as made up."""
    place = f" for {mission}" if mission else random.choice(("", "", " on standby", " at short notice", " in rotation"))
    return f"{what[:1].upper()}{what[1:]}{place} {MARK}"


def description(random: Random, name: str, what: str) -> str:
    """Return a description of one or two sentences, about as long as those of the record."""
    opening = random.choice(OPENINGS).format(name=name, what=what)
    condition = " " + random.choice(CONDITIONS) if random.random() < 0.3 else ""
    return f"{opening} {random.choice(PURPOSES)}.{condition}"
