"""Head of the page: the verdict's word, what it means, what would change it, and what the study was made from."""

from __future__ import annotations

from html import escape

from bot.core.plural import counted
from bot.report import numbers
from bot.report.markup import bullets, facts, folded, paragraph
from bot.study.page.plan_names import Figures, PlanNames, both, log_return, names_of, p_value
from bot.study.page.rows_table import plain_table

_RETROSPECTIVE = (
    "The word is retrospective: whoever wrote the plan knew these prices. Only episodes after the date of a registered "
    "plan are free of that."
)


def head(study: Figures) -> str:
    """Return the head as HTML."""
    verdict, names = study["verdict"], names_of(study)
    is_demo = any(name.startswith("DEMO-") for name in study["reads"])
    labels = "".join(f'<li><span class="badge">{escape(label)}</span></li>' for label in verdict["labels"])
    word = paragraph(verdict["word"], "word")
    return "".join(
        (
            paragraph("DEMO: synthetic market", "watermark") if is_demo else "",
            f"<h1>The honest test: {escape(study['plan']['name'])}</h1>",
            word,
            paragraph(f"Retrospective, {study['made_at'][:10]}. Claim: {study['plan']['claim']}", "date"),
            f'<ul class="labels" aria-label="Labels of the verdict">{labels}</ul>' if labels else "",
            f'<div class="reading"><div><h2>What it means</h2>{_texts(meaning(study, names))}</div>',
            f"<div><h2>What would change it</h2>{_texts(changes(study, names))}</div></div>",
            _faults(study),
            _facts(study),
            _manifest(study),
        )
    )


def meaning(study: Figures, names: PlanNames) -> list[str]:
    """Return in plain words what the verdict means, its labels included."""
    verdict, rule = study["verdict"], study["plan"]["judgement"]
    if not verdict["n"]:
        return [f"No event of {names.signal} has a known outcome of {names.outcome}: there is nothing to judge."]
    episodes = counted(verdict["n"], "counted episode")
    excess, effect = both(verdict["excess"]), both(rule["effect"])
    moved = (
        f"Over the {names.horizon} sessions after {episodes} of {names.signal}, the log return of {names.outcome} "
        f"differed by {excess} from its mean over all sessions."
    )
    return [moved, _of_word(study, names, effect), *(label_sentence(label, study, names) for label in _held(study))]


def _of_word(study: Figures, names: PlanNames, effect: str) -> str:
    verdict, rule = study["verdict"], study["plan"]["judgement"]
    bound = verdict["bound"]
    if verdict["word"] == "SUPPORTED":
        return (
            f"Only {_share(verdict['p_up'])} of all placements of the episodes do as well, and the excess stays above "
            "zero without the best episode: chance is a poor explanation."
        )
    if verdict["word"] == "NOT SUPPORTED":
        below = f" A lead under {both(bound)} is not ruled out." if bound else ""
        return (
            f"A lead of {effect}, the smallest that would matter, would look as weak as this in only "
            f"{_share(verdict['p_low'])} of all placements, so it is rejected.{below}"
        )
    if verdict["n"] < rule["least_episodes"]:
        return f"Fewer than {rule['least_episodes']} counted episodes say nothing, whichever way they point."
    return (
        f"The data neither show a lead nor reject one of {effect}. A lead under {both(verdict['detectable'])} would "
        "often stay unseen in so few episodes."
    )


def _held(study: Figures) -> list[Figures]:
    labels = study["sections"].get("verdict", {}).get("labels", [])
    return [label for label in labels if label.get("holds")]


def label_sentence(label: Figures, study: Figures, names: PlanNames) -> str:
    """Return a label that holds with its evidence."""
    name, p_up = label["name"], study["verdict"]["p_up"]
    if "against" in label:
        return (
            f"{name.capitalize()}: events of {names.label(label['against'])} have a smaller or equal p for a lead "
            f"({p_value(label['p_up'])} against {p_value(p_up)})."
        )
    if "share" in label:
        return (
            f"{name.capitalize()}: {numbers.percent(label['share'], 0)} of {numbers.count(label['cells'])} other "
            f"choices give another word (limit {numbers.percent(label['limit'], 0)})."
        )
    return f"{name.capitalize()}: with a redrawn index the word is {label['word']}."


def changes(study: Figures, names: PlanNames) -> list[str]:
    """Return in plain words what would change the verdict."""
    verdict, rule = study["verdict"], study["plan"]["judgement"]
    up = (
        f"SUPPORTED needs p for a lead of at most {rule['p_up']:g} (now {p_value(verdict['p_up'])}), with an excess "
        "above zero without the best episode"
    )
    low = f"NOT SUPPORTED needs p against the effect of at most {rule['p_low']:g} (now {p_value(verdict['p_low'])})"
    if not verdict["n"]:
        return [f"{rule['least_episodes']} counted episodes are needed.", _RETROSPECTIVE]
    text = {"SUPPORTED": low, "NOT SUPPORTED": up}.get(verdict["word"], f"{up}. {low}")
    return [
        f"{text}. With {verdict['n']} episodes the test sees a lead from {both(verdict['detectable'])} on in four of "
        "five cases; more episodes let it see smaller ones.",
        _RETROSPECTIVE,
    ]


def _faults(study: Figures) -> str:
    """Return a warning if the rule itself is wrong too often in synthetic worlds."""
    faults = (study.get("worlds") or {}).get("faults") or []
    texts = [
        f"{row['word']} in {numbers.percent(row['rate'])} \N{PLUS-MINUS SIGN} {numbers.percent(row['error'])} of "
        f"worlds with a lead of {log_return(row['effect'])} ({row['kind']}, {row['looks']})"
        for row in faults
    ]
    if not texts:
        return ""
    title = "<h2>The rule is wrong too often</h2>"
    return f'<div class="caveats">{title}{bullets((*texts, "At most 5% and its error is allowed."))}</div>'


def _texts(texts: list[str]) -> str:
    return "".join(paragraph(text) for text in texts)


def _share(p: float) -> str:
    return numbers.percent(p, 1 if p >= 0.01 else 2)


def _facts(study: Figures) -> str:
    trials, series = study["trials"], study["series"]
    section = study["sections"].get("verdict", {})
    window = [("Outcomes", f"{section['first']} to {section['last']}")] if "first" in section else []
    return facts(
        (
            ("Plan", study["plan"]["name"]),
            ("Plan hash", study["plan_sha256"][:16]),
            ("Trials", f"{counted(trials['plans'], 'plan')}, {trials['variants']:,} variants"),
            ("Data", f"{len(series):,} series, hash {study['data_sha256'][:16]}"),
            *([("Universe", study["universe"]["line"].partition(": ")[2])] if "universe" in study else []),
            *window,
            ("Version", study["version"]),
        )
    )


def _manifest(study: Figures) -> str:
    series = study["series"]
    rows = [{"series": name, "sha256": digest} for name, digest in series.items()]
    whole = bullets((f"Plan: {study['plan_sha256']}", f"Data: {study['data_sha256']}", f"Market: {study['market']}"))
    title = f"Full hashes and the data manifest: {len(series):,} series"
    return folded(title, f'<div class="hash">{whole}{plain_table("Series and the hash of their rows", rows)}</div>')
