"""A config is checked to the last key, and every fault is one line that says where and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ConfigError
from bot.core.listing import Release
from bot.core.series_kind import SeriesKind
from bot.settings.loader import CONFIG_FOLDER, kept_config, load_config
from tests.markets import config_with


def load(folder: Path, text: str, name: str = "mine.yaml") -> Any:
    path = folder / name
    path.write_text(text)
    return load_config(path)


def fault(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert "\n" not in message
    assert "mine.yaml" in message
    return message


def refused(changes: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        config_with(changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "symbol", "near"),
    [
        ("allow", "strax", "; did you mean 'STRAX'?"),
        ("allow", "STRAXX", "; did you mean 'STRAX'?"),
        ("allow", "0123456789", ""),
        ("money", "WALC", "; did you mean 'WALCL'?"),
    ],
)
def test_quality_names_no_symbol_that_is_not_in_the_table(key: str, symbol: str, near: str) -> None:
    told = f"quality.{key} has {symbol}, which is not in the symbol table{near}"
    assert refused({"quality": {key: [symbol]}}).endswith(told)


@pytest.mark.parametrize("name", ["gated.yaml", "config/gated.yaml", "examples/gold-miners.yaml", "gold-miners.yaml"])
def test_the_name_of_an_own_config_finds_it_in_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [own] = CONFIG_FOLDER.rglob(Path(name).name)
    assert load_config(Path(name)).fingerprint() == load_config(own).fingerprint() != load_config().fingerprint()


def test_a_file_of_the_user_goes_before_an_own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    load(tmp_path, "extends: default.yaml\nstart_equity: 777\n", "gated.yaml")
    assert load_config(Path("gated.yaml")).start_equity == 777


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gatd.yaml", "; did you mean 'gated.yaml'?"),
        ("absent/gated.yaml", "; did you mean 'gated.yaml'?"),
        ("gatd", "; did you mean 'gated.yaml'?"),
        ("missing.yaml", ""),
    ],
)
def test_a_missing_config_is_answered_by_another_name_that_works(
    name: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_config(Path(name))
    assert str(caught.value) == f"{name}: cannot be read: No such file or directory{hint}"
    (tmp_path / "gated.yaml").symlink_to("gone.yaml")
    with pytest.raises(ConfigError) as caught:
        load_config(Path("gated.yaml"))
    assert "did you mean 'gated.yaml'" not in str(caught.value)


class TestGood:
    def test_a_file_that_extends_the_default_changes_only_what_it_says(self, tmp_path: Path) -> None:
        mine = load(tmp_path, "extends: default.yaml\nrotation:\n  breakout: {base_sessions: 42}\n")
        ours = load_config()
        assert mine.rotation.breakout.base_sessions == 42
        assert mine.rotation.breakout.floor == ours.rotation.breakout.floor
        assert mine.costs == ours.costs

    def test_a_base_beside_the_file_wins_over_the_bots_own(self, tmp_path: Path) -> None:
        (tmp_path / "default.yaml").write_text(f"extends: {CONFIG_FOLDER / 'default.yaml'}\nstart_equity: 777\n")
        assert load(tmp_path, "extends: default.yaml\n").start_equity == 777

    def test_the_gated_config_differs_in_its_entry_alone(self) -> None:
        article, gated = load_config().resolved(), load_config(CONFIG_FOLDER / "gated.yaml").resolved()
        assert (article["rotation"].pop("entry"), gated["rotation"].pop("entry")) == ("article", "gated")
        assert article == gated

    def test_every_gate_and_kill_can_be_switched_by_itself(self) -> None:
        for section in ("gates", "risk_exits"):
            for name, on in load_config().resolved()["rotation"][section].items():
                changed = config_with({"rotation": {section: {name: not on}}}).resolved()["rotation"][section]
                assert changed[name] is not on
                assert sum(changed[k] != v for k, v in load_config().resolved()["rotation"][section].items()) == 1

    def test_the_symbol_table_tells_kind_and_release(self) -> None:
        listings = load_config().listings()
        found = {
            s: (listings[s].kind, listings[s].release) for s in ("RUT", "SOL", "WALCL", "RRPONTSYD", "USDT", "WBTC")
        }
        assert found == {
            "RUT": (SeriesKind.INDEX, Release.SESSION),
            "SOL": (SeriesKind.CRYPTO, Release.UTC_DAY),
            "WALCL": (SeriesKind.MACRO, Release.THURSDAY),
            "RRPONTSYD": (SeriesKind.MACRO, Release.SAME_DAY),
            "USDT": (SeriesKind.STABLECOIN, Release.UTC_DAY),
            "WBTC": (SeriesKind.WRAPPED, Release.UTC_DAY),
        }

    def test_the_fingerprint_follows_every_number_but_not_where_output_goes_and_who_is_told(self) -> None:
        one = load_config().fingerprint()
        assert config_with({"state": "elsewhere"}).fingerprint() == one
        assert config_with({"notify": {"kinds": []}, "paper": {"log": "json"}}).fingerprint() == one
        assert config_with({"costs": {"fee": 0.002}}).fingerprint() != one
        assert config_with({"rotation": {"volatility": {"calm_below": 27}}}).fingerprint() != one

    def test_the_numbers_are_those_of_the_thesis(self) -> None:
        rotation = load_config().resolved()["rotation"]
        assert rotation["breakout"] == {"base_sessions": 21, "confirm_closes": 5, "confirm_within": 10, "floor": 0.97}
        assert rotation["trail"] == {"of_level": 0.97, "of_high": 0.93}
        assert rotation["weights"] == {"eth_first": 0.49, "eth_full": 0.98, "altcoins": 0.49, "distribution": 0.5}
        assert rotation["stages"] == {
            "full_after_sessions": 5,
            "altcoins_after_sessions": 21,
            "leave_altcoins_days": 5,
            "quiet_sessions": 63,
            "weak_sessions": 10,
            "distribution_sessions": 21,
            "cooldown_sessions": 10,
        }
        on = {name for name, is_on in rotation["gates"].items() if is_on}
        assert on == {"relative_strength", "credit", "volatility", "participation"}
        assert not rotation["risk_exits"]["peg"]
        costs = load_config().resolved()["costs"]
        assert (costs["fee"], costs["slippage"]) == (0.001, {"major": 0.001, "large": 0.003, "other": 0.006})


class TestUnknownKeys:
    @pytest.mark.parametrize(
        ("text", "key", "meant"),
        [
            ("start_equty: 5", "start_equty", "start_equity"),
            ("rotation: {entri: gated}", "rotation.entri", "rotation.entry"),
            (
                "rotation: {breakout: {base_session: 5}}",
                "rotation.breakout.base_session",
                "rotation.breakout.base_sessions",
            ),
            ("costs: {slippage: {majors: 0.1}}", "costs.slippage.majors", "costs.slippage.major"),
            ("endings: {AAA: {kind: dead, lst: 2020-01-01}}", "endings.AAA.lst", "endings.AAA.last"),
            ("altcoins: {minimum_volum: 1}", "altcoins.minimum_volum", "altcoins.minimum_volume"),
            ("roles: {btcc: BTC}", "roles.btcc", "roles.btc"),
        ],
    )
    def test_a_misspelt_key_at_any_depth_gets_the_nearest_one(
        self, tmp_path: Path, text: str, key: str, meant: str
    ) -> None:
        message = fault(tmp_path, f"extends: default.yaml\n{text}\n")
        assert repr(key) in message
        assert f"did you mean '{meant}'?" in message

    def test_a_misspelt_key_that_is_required_gets_the_nearest_one_too(self, tmp_path: Path) -> None:
        assert "did you mean 'endings.AAA.kind'?" in fault(
            tmp_path, "extends: default.yaml\nendings: {AAA: {knd: dead}}\n"
        )

    def test_a_misspelt_rule_of_an_instrument_gets_the_nearest_one(self, tmp_path: Path) -> None:
        text = 'instruments: {table: {BTC: {step: "1", tick: "1", min_notional: "1", min_notionl: "1"}}}'
        assert "did you mean 'instruments.table.BTC.min_notional'?" in fault(
            tmp_path, f"extends: default.yaml\n{text}\n"
        )

    def test_a_key_like_no_other_gets_the_list(self, tmp_path: Path) -> None:
        message = fault(tmp_path, "extends: default.yaml\nrotation: {peg: {zzz: 1}}\n")
        assert "below" in message and "days" in message


class TestValues:
    @pytest.mark.parametrize(
        "changes",
        [
            {"start_equity": "much"},
            {"start_equity": 0},
            {"start_equity": "NaN"},
            {"start_equity": "Infinity"},
            {"on_start": "sometimes"},
            {"rotation": {"entry": "literal"}},
            {"rotation": {"breakout": {"base_sessions": 0}}},
            {"rotation": {"breakout": {"base_sessions": 2.5}}},
            {"rotation": {"breakout": {"floor": 1.5}}},
            {"rotation": {"gates": {"credit": "perhaps"}}},
            {"rotation": {"volatility": {"calm_below": float("nan")}}},
            {"rotation": {"credit": {"measure": "vibes"}}},
            {"rotation": {"breakout": [1, 2]}},
            {"altcoins": {"momentum_days": []}},
            {"altcoins": {"largest_share": 0}},
            {"overrides": {"multiplier": 1.1}},
            {"overrides": {"multiplier": -0.1}},
            {"overrides": {"multiplier": float("nan")}},
            {"overrides": {"no_trade": "BTC"}},
            {"costs": {"fee": -0.001}},
            {"costs": {"fee": float("nan")}},
            {"recovery": 1.5},
            {"demo": {"seed": -1}},
            {"demo": {"thesis_strength": float("inf")}},
            {"instruments": {"fallback": {"step": "0"}}},
            {"endings": {"AAA": {"kind": "asleep"}}},
            {"endings": {"AAA": {"last": "soon", "kind": "dead"}}},
            {"symbols": {"AAA": "sock"}},
            {"symbols": {"../../etc/passwd": "crypto"}},
        ],
    )
    def test_a_wrong_type_or_range_is_refused_and_names_its_key(self, changes: dict[str, Any]) -> None:
        message = refused(changes)
        deepest = changes
        while isinstance(deepest, dict):
            key, deepest = next(iter(deepest.items()))
        assert key in message

    @pytest.mark.parametrize(
        "changes",
        [
            {"rotation": {"breakout": {"confirm_closes": 12}}},  # within 10 sessions there are 11 closes
            {"rotation": {"trend": {"fast": 200}}},
            {"rotation": {"stale": {"after": 6}}},
            {"rotation": {"volatility": {"calm_below": 36}}},
            {"rotation": {"weights": {"eth_full": 0.99}}},
            {"rotation": {"weights": {"altcoins": 0.5}}},
            {"endings": {"AAA": {"kind": "renamed"}}},
        ],
    )
    def test_numbers_that_contradict_each_other_are_refused(self, changes: dict[str, Any]) -> None:
        assert (
            "must" in (message := refused(changes)) or "cannot" in message or "at most" in message or "needs" in message
        )

    def test_eleven_closes_within_ten_sessions_are_just_possible(self) -> None:
        assert config_with({"rotation": {"breakout": {"confirm_closes": 11}}}).rotation.breakout.confirm_closes == 11

    @pytest.mark.parametrize(
        "changes",
        [
            {"rotation": {"breakout": {"base_sessions": True}}},
            {"demo": {"seed": True}},
            {"rotation": {"gates": {"credit": 1}}},
        ],
    )
    def test_yes_is_no_number_and_a_number_is_no_yes(self, changes: dict[str, Any]) -> None:
        refused(changes)

    def test_a_number_in_quotes_is_text(self) -> None:
        refused({"costs": {"fee": "0.002"}})


def test_small_caps_that_the_symbol_table_calls_a_coin_are_refused() -> None:
    with pytest.raises(ConfigError, match="must be of kind index or etf-adjusted or etf-raw, was crypto"):
        config_with({"symbols": {"RUT": "crypto"}})


class TestFiles:
    def test_a_file_that_is_not_there_gets_the_nearest_name(self) -> None:
        with pytest.raises(ConfigError, match=r"did you mean 'default.yaml'\?"):
            load_config(CONFIG_FOLDER / "defualt.yaml")

    def test_a_base_that_is_not_there_gets_the_nearest_name(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"did you mean 'gated.yaml'\?"):
            load(tmp_path, "extends: gatd.yaml\n")

    def test_a_folder_is_no_config(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(tmp_path)

    @pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "42\n"])
    def test_what_is_no_mapping_is_refused(self, tmp_path: Path, text: str) -> None:
        assert "expected keys and values" in fault(tmp_path, text)

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ConfigError, match="not text"):
            load_config(tmp_path / "mine.yaml")

    def test_broken_yaml_is_refused_with_its_line(self, tmp_path: Path) -> None:
        assert "line 4" in fault(tmp_path, "extends: default.yaml\nrotation:\n  - {a: b\n c: d\n")

    @pytest.mark.parametrize(
        "tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!!python/object:object {}"]
    )
    def test_an_unsafe_tag_is_refused_and_runs_nothing(self, tmp_path: Path, tag: str) -> None:
        assert "not safe YAML" in fault(tmp_path, f"extends: default.yaml\nstate: {tag}\n")

    def test_a_key_that_stands_twice_is_refused(self, tmp_path: Path) -> None:
        message = fault(tmp_path, "extends: default.yaml\nstart_equity: 1\nstart_equity: 2\n")
        assert "'start_equity' stands twice" in message
        assert "line 3" in message

    def test_a_key_that_is_not_text_is_refused(self, tmp_path: Path) -> None:
        # `ON` is a symbol that YAML reads as true.
        assert "not text" in fault(tmp_path, "extends: default.yaml\nsymbols: {ON: crypto}\n")

    def test_a_file_extends_an_example_of_the_bot_by_its_name(self, tmp_path: Path) -> None:
        assert load(tmp_path, "extends: gold-miners.yaml\n").roles.eth == "GDXJ_RAW"

    def test_a_file_that_extends_itself_is_refused(self, tmp_path: Path) -> None:
        assert "extends itself" in fault(tmp_path, "extends: mine.yaml\n")

    def test_a_circle_of_files_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "other.yaml").write_text("extends: mine.yaml\n")
        assert "extends itself" in fault(tmp_path, "extends: other.yaml\n")

    def test_one_base_by_two_ways_is_no_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("extends: default.yaml\n")
        (tmp_path / "b.yaml").write_text("extends: default.yaml\nstart_equity: 5\n")
        assert load(tmp_path, "extends: [a.yaml, b.yaml]\n").start_equity == 5

    def test_an_empty_file_lacks_everything_and_says_how_to_start(self, tmp_path: Path) -> None:
        assert "extends: default.yaml" in fault(tmp_path, "")

    @pytest.mark.parametrize("text", ["extends: 5\n", "extends:\n", "extends: {default.yaml: 1}\n", "extends: [5]\n"])
    def test_an_extends_that_names_no_files_is_refused(self, tmp_path: Path, text: str) -> None:
        fault(tmp_path, text)


def test_a_config_that_an_older_version_kept_gets_what_came_later_and_one_with_other_keys_is_refused() -> None:
    kept = load_config().resolved()
    older = {key: value for key, value in kept.items() if key != "review"}
    assert kept_config(older, "a run") == load_config()
    with pytest.raises(ConfigError, match="a run: was made with a config of another version"):
        kept_config({**kept, "gone": 1}, "a run")


class TestEndings:
    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ({"MKR": ("SKY", None), "SKY": ("MKR", None)}, "endings: MKR and SKY become each other"),
            ({"SKY": ("SKY", None)}, "endings: SKY becomes itself"),
            ({"A": ("B", None), "B": ("C", None), "C": ("B", None)}, "endings: B and C become each other"),
            ({"C": ("A", None), "A": ("B", None), "B": ("C", None)}, "endings: A, B and C become each other"),
            (
                {"A": ("B", "2024-02-01"), "B": ("C", "2024-01-31")},
                "endings: B ends on 2024-01-31, before A becomes it on 2024-02-01",
            ),
            ({"MKR": ("SKYE", None)}, "endings has SKYE, which is not in the symbol table; did you mean 'SKY'?"),
            ({"MKR": ("RUT", None)}, "endings has RUT, which is no coin"),
            ({"SPY": ("POL", None)}, "endings has SPY, which is no coin"),
            ({"MATIK": ("POL", None)}, "endings has MATIK, which is not in the symbol table; did you mean 'MATIC'?"),
        ],
    )
    def test_a_table_that_contradicts_itself_is_refused(
        self, table: dict[str, tuple[str, str | None]], said: str
    ) -> None:
        endings = {
            symbol: {"kind": "renamed", "to": into, **({"last": last} if last else {})}
            for symbol, (into, last) in table.items()
        }
        symbols = dict.fromkeys("ABC", "crypto")
        assert said in refused({"symbols": symbols, "endings": endings})

    def test_a_chain_of_renamings_is_accepted(self) -> None:
        chain = {"MATIC": {"kind": "renamed", "to": "POL"}, "POL": {"kind": "renamed", "to": "SKY"}}
        assert config_with({"endings": chain}).endings["POL"].to == "SKY"

    def test_a_successor_belongs_to_a_renamed_coin(self) -> None:
        assert "belong to a renamed coin" in refused({"endings": {"SRM": {"kind": "dead", "to": "SKY"}}})
        assert "belong to a renamed coin" in refused({"endings": {"SRM": {"kind": "dead", "ratio": "2"}}})
