"""Writes the report as Markdown and answers with a chart for the terminal. Gets the task as JSON on standard input."""

import json
import os
import sys

COMPASS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"]
BAR = 24  # columns for 24 hours


def bar(hours):
    eighths = round(hours / 24 * BAR * 8)
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()).ljust(BAR, "·")


def hours_and_minutes(hours):
    minutes = round(hours * 60)
    return f"{minutes // 60:2}h {minutes % 60:02}m"


def light(row):
    return {"day": "the sun never sets", "night": "the sun never rises"}.get(row["polar"]) or f"{row['sunrise_utc']}–{row['sunset_utc']}"


def compass(bearing):
    return COMPASS[round(bearing / 45) % 8]


def chart(task):
    lines = [f"Daylight on {task['date']}, longest day first; distances from {task['home']}", ""]
    for row in task["rows"]:
        there = "home" if row["city"] == task["home"] else f"{row['distance_km']:6} km {compass(row['bearing'])}"
        lines.append(f"{row['city'][:14]:14} {row['latitude']:+6.1f}°  {bar(row['day_hours'])} {hours_and_minutes(row['day_hours'])}  {there}")
    return "\n".join([*lines, "", *facts(task)])


def facts(task):
    e = task["extremes"]
    share = round(100 * e["people_in_long_days"] / e["people"]) if e["people"] else 0
    return [
        f"Longest day: {e['longest']['city']} ({hours_and_minutes(e['longest']['day_hours']).strip()}). Shortest: {e['shortest']['city']} ({hours_and_minutes(e['shortest']['day_hours']).strip()}).",
        f"The noon sun stands highest in {e['highest_sun']['city']} ({e['highest_sun']['noon_height']}°). Farthest from {task['home']}: {e['farthest']['city']} ({e['farthest']['distance_km']} km).",
        f"Of the {e['people'] / 1e6:.0f} million people in these cities {share} % have a day of twelve hours or more.",
    ]


def markdown(task):
    lines = [f"# Daylight on {task['date']}", "", *(f"- {fact}" for fact in facts(task)), ""]
    lines += ["| city | country | latitude | day | light (UTC) | sun at noon | from " + task["home"] + " |", "|---|---|--:|--:|---|--:|--:|"]
    for row in task["rows"]:
        lines.append(f"| {row['city']} | {row['country']} | {row['latitude']:.1f}° | {hours_and_minutes(row['day_hours'])} | {light(row)} | {row['noon_height']}° | {row['distance_km']} km {compass(row['bearing'])} |")
    return "\n".join(lines) + "\n"


def main():
    task = json.load(sys.stdin)["parameters"]
    try:
        with open(task["file"] + ".new", "w", encoding="utf-8") as file:
            file.write(markdown(task))
        os.replace(task["file"] + ".new", task["file"])
    except OSError as problem:
        sys.exit(f"the report cannot be written: {problem}")
    print(json.dumps({"file": os.path.abspath(task["file"]), "chart": chart(task)}))


main()
