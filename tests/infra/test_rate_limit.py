"""One policy of asking for every vendor: pauses, tries, Retry-After, bans and clocks, on a clock made for tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable
from tests.clocks import FakeClock

HOST = "api.example.com"


@dataclass
class Answer:
    status_code: int = 200
    headers: dict[str, str | None] = field(default_factory=dict)
    text: str = ""


def limited(retry_after: str | None = None, status: int = 429) -> Answer:
    return Answer(status, {} if retry_after is None else {"Retry-After": retry_after})


def sender(*outcomes: Answer | OSError) -> Callable[[], Answer]:
    """A `send` that gives these one after another; asked once more than that, the test fails."""
    script = iter(outcomes)

    def send() -> Answer:
        outcome = next(script)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    return send


@pytest.fixture
def retry_policy(clock: FakeClock) -> RetryPolicy:
    return RetryPolicy(clock, tries=4, pause=0.5, longest_wait=60, jitter=lambda: 1.0)


class TestPauses:
    def test_the_first_request_waits_for_nothing(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(Answer()))
        assert clock.sleeps == []

    def test_two_requests_to_one_host_stand_apart(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(Answer()))
        clock.sleep(0.2)
        retry_policy.request(HOST, sender(Answer()))
        assert clock.sleeps == [0.2, pytest.approx(0.3)]

    def test_another_host_is_not_kept_waiting(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(Answer()))
        retry_policy.request("other.example.com", sender(Answer()))
        assert clock.sleeps == []

    def test_a_clock_that_was_set_back_costs_one_pause(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(Answer()))
        clock._now -= timedelta(hours=1)
        retry_policy.request(HOST, sender(Answer()))
        assert clock.sleeps == [0.5]


class TestTries:
    @pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404])
    def test_an_answer_that_asking_again_does_not_mend_is_returned(
        self, retry_policy: RetryPolicy, status: int
    ) -> None:
        assert retry_policy.request(HOST, sender(Answer(status))).status_code == status

    @pytest.mark.parametrize("fault", [Answer(500), Answer(503), TimeoutError(), ConnectionResetError(), limited()])
    def test_what_may_pass_is_tried_again(self, retry_policy: RetryPolicy, fault: Answer | OSError) -> None:
        assert retry_policy.request(HOST, sender(fault, fault, fault, Answer())).status_code == 200

    def test_waits_double_and_are_shortened_by_the_jitter(self, clock: FakeClock) -> None:
        jitter = iter([1.0, 0.5, 0.25])
        retry_policy = RetryPolicy(clock, pause=0, jitter=lambda: next(jitter))
        retry_policy.request(HOST, sender(Answer(500), Answer(500), Answer(500), Answer()))
        assert clock.sleeps == [2, 2, 2]

    def test_after_the_last_try_the_line_names_host_tries_and_last_answer(self, retry_policy: RetryPolicy) -> None:
        with pytest.raises(Unreachable) as caught:
            retry_policy.request(
                HOST, sender(TimeoutError("https://h/?apiKey=x"), Answer(500), Answer(500), Answer(502))
            )
        assert str(caught.value) == (
            f"{HOST}: gave no valid response in 4 tries; was HTTP 502; resume with the same command"
        )
        assert caught.value.exit_code == 3

    def test_the_text_of_a_connection_error_is_not_repeated(self, retry_policy: RetryPolicy) -> None:
        with pytest.raises(Unreachable) as caught:
            retry_policy.request(HOST, sender(*[ConnectionError("https://h/?apiKey=x")] * 4))
        assert "apiKey" not in str(caught.value) and caught.value.__cause__ is None

    def test_a_host_that_failed_may_be_asked_again(self, retry_policy: RetryPolicy) -> None:
        with pytest.raises(Unreachable):
            retry_policy.request(HOST, sender(*[Answer(500)] * 4))
        assert retry_policy.request(HOST, sender(Answer())).status_code == 200

    def test_a_fault_of_ours_is_not_tried_again(self, retry_policy: RetryPolicy) -> None:
        def broken() -> Answer:
            raise KeyError("a bug")

        with pytest.raises(KeyError):
            retry_policy.request(HOST, broken)


class TestLimits:
    def test_retry_after_in_seconds_is_obeyed(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(limited("7"), Answer()))
        assert clock.sleeps == [7]

    def test_retry_after_as_a_date_is_obeyed(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        then = format_datetime(clock.now() + timedelta(seconds=9), usegmt=True)
        retry_policy.request(HOST, sender(limited(then), Answer()))
        assert clock.sleeps == [9]

    def test_a_date_is_read_by_the_vendors_own_clock(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        theirs = clock.now() + timedelta(hours=5)
        headers: dict[str, str | None] = {
            "Date": format_datetime(theirs, usegmt=True),
            "Retry-After": format_datetime(theirs + timedelta(seconds=3), usegmt=True),
        }
        retry_policy.request(HOST, sender(Answer(429, headers), Answer()))
        assert clock.sleeps == [3]

    def test_an_end_that_has_passed_costs_one_pause(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(limited("Wed, 01 Jan 2020 00:00:00 GMT"), Answer()))
        assert clock.sleeps == [0, 0.5]

    def test_a_wait_that_is_too_long_ends_the_asking_at_once(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        with pytest.raises(RateLimited, match=r"until 2025-11-28T20:00:00Z; was HTTP 429; resume with the same comm"):
            retry_policy.request(HOST, sender(limited("3600")))
        assert clock.sleeps == []

    def test_nothing_is_sent_until_the_named_time(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        with pytest.raises(RateLimited):
            retry_policy.request(HOST, sender(limited("3600")))
        clock.sleep(3599)
        with pytest.raises(RateLimited, match="2025-11-28T20:00:00Z"):
            retry_policy.request(HOST, sender())
        assert retry_policy.request("other.example.com", sender(Answer())).status_code == 200
        clock.sleep(1)
        assert retry_policy.closed_until(HOST) is None
        assert retry_policy.request(HOST, sender(Answer())).status_code == 200

    def test_limits_that_never_end_close_the_host(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        with pytest.raises(RateLimited):
            retry_policy.request(HOST, sender(*[limited()] * 4))
        assert retry_policy.closed_until(HOST) == clock.now() + timedelta(seconds=60)

    def test_a_ban_without_an_end_is_never_tried_again(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        with pytest.raises(RateLimited, match="HTTP 418"):
            retry_policy.request(HOST, sender(limited(status=418)))
        assert retry_policy.closed_until(HOST) == clock.now() + timedelta(minutes=2)

    @pytest.mark.parametrize("code", [418, 429])
    def test_the_end_of_a_ban_is_read_from_its_text(
        self, retry_policy: RetryPolicy, clock: FakeClock, code: int
    ) -> None:
        end = clock.now() + timedelta(hours=5)
        text = f'{{"code":-1003,"msg":"Way too much weight used; IP banned until {end.timestamp() * 1000:.0f}."}}'
        with pytest.raises(RateLimited, match="until 2025-11-29T00:00:00Z"):
            retry_policy.request(HOST, sender(Answer(code, text=text)))
        assert retry_policy.closed_until(HOST) == end

    @pytest.mark.parametrize(("retry_after", "minutes"), [(None, 10), ("5", 10), ("1200", 20)])
    def test_access_too_frequent_means_ten_minutes_of_silence(
        self, retry_policy: RetryPolicy, clock: FakeClock, retry_after: str | None, minutes: int
    ) -> None:
        with pytest.raises(RateLimited, match="HTTP 403, access too frequent"):
            retry_policy.request(HOST, sender(Answer(403, {"Retry-After": retry_after}, "403, access too frequent")))
        assert retry_policy.closed_until(HOST) == clock.now() + timedelta(minutes=minutes)

    def test_a_ban_outlives_the_process(self, retry_policy: RetryPolicy, clock: FakeClock, tmp_path: Path) -> None:
        retry_policy.bans.keep_in(tmp_path / "bans.json")
        with pytest.raises(RateLimited):
            retry_policy.request(HOST, sender(limited("86400", status=418)))
        after = RetryPolicy(clock)
        after.bans.keep_in(tmp_path / "bans.json")
        with pytest.raises(RateLimited, match="until 2025-11-29T19:00:00Z"):
            after.request(HOST, sender())

    def test_a_short_ban_with_an_end_is_waited_for(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        retry_policy.request(HOST, sender(limited("30", status=418), Answer()))
        assert clock.sleeps == [30]

    def test_a_server_that_is_down_for_long_is_not_waited_for(
        self, retry_policy: RetryPolicy, clock: FakeClock
    ) -> None:
        with pytest.raises(Unreachable, match="1 try"):
            retry_policy.request(HOST, sender(limited("3600", status=503)))
        assert clock.sleeps == []

    @given(st.one_of(st.text(), st.integers().map(str), st.floats().map(str), st.datetimes().map(format_datetime)))
    def test_whatever_retry_after_says_the_asking_ends_soon_or_by_the_book(self, said: str) -> None:
        clock = FakeClock()
        retry_policy = RetryPolicy(clock, pause=0, jitter=lambda: 0.5)
        started = clock.now()
        try:
            retry_policy.request(HOST, lambda: limited(said))
        except RateLimited:
            until = retry_policy.closed_until(HOST)
            assert until is None or until <= clock.now() + timedelta(days=7)
        assert clock.now() - started <= timedelta(seconds=180)


class TestPlaces:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(451),
            Answer(403, text="Service unavailable from a restricted location according to 'b. Eligibility'"),
            Answer(403, text="The Amazon CloudFront distribution is configured to block access from your country."),
        ],
    )
    def test_a_place_that_is_not_served_is_told_at_once(self, retry_policy: RetryPolicy, answer: Answer) -> None:
        with pytest.raises(Blocked, match=HOST):
            retry_policy.request(HOST, sender(answer))

    def test_any_other_403_is_the_clients_affair(self, retry_policy: RetryPolicy) -> None:
        assert retry_policy.request(HOST, sender(Answer(403, text="Forbidden"))).status_code == 403


class TestClocks:
    @pytest.mark.parametrize("ahead", [-300, 0, 42])
    def test_the_date_of_an_answer_tells_how_far_the_clocks_part(self, clock: FakeClock, ahead: int) -> None:
        retry_policy = RetryPolicy(clock)
        date = format_datetime(clock.now() + timedelta(seconds=ahead), usegmt=True)
        retry_policy.request(HOST, sender(Answer(200, {"Date": date})))
        assert retry_policy.skew == {HOST: ahead}

    def test_the_middle_of_the_exchange_is_compared(self, clock: FakeClock) -> None:
        retry_policy = RetryPolicy(clock)
        date = format_datetime(clock.now() + timedelta(seconds=5), usegmt=True)

        def slow() -> Answer:
            clock.sleep(10)
            return Answer(200, {"Date": date})

        retry_policy.request(HOST, slow)
        assert retry_policy.skew[HOST] == 0

    def test_an_answer_out_of_a_cache_is_as_old_as_it_says(self, clock: FakeClock) -> None:
        retry_policy = RetryPolicy(clock)
        date = format_datetime(clock.now() - timedelta(seconds=500), usegmt=True)
        retry_policy.request(HOST, sender(Answer(200, {"Date": date, "Age": "500"})))
        assert retry_policy.skew[HOST] == 0

    @pytest.mark.parametrize("date", ["", "yesterday", "0", "-1"])
    def test_a_date_that_is_none_tells_nothing(self, retry_policy: RetryPolicy, date: str) -> None:
        retry_policy.request(HOST, sender(Answer(200, {"Date": date})))
        assert retry_policy.skew == {}

    @pytest.mark.parametrize(
        ("date", "age", "old"),
        [(None, None, 10), (0, None, 10), (-40, None, 40), (60, None, 10), (0, "300", 310), (-300, "300", 600)],
    )
    def test_content_is_as_old_as_the_question_or_as_the_answer_says(
        self, clock: FakeClock, date: int | None, age: str | None, old: int
    ) -> None:
        """An answer that takes ten seconds; dates are seconds after it arrived."""
        retry_policy = RetryPolicy(clock)
        headers: dict[str, str | None] = {"Age": age}
        if date is not None:
            headers["Date"] = format_datetime(clock.now() + timedelta(seconds=10 + date), usegmt=True)

        def slow() -> Answer:
            clock.sleep(10)
            return Answer(200, headers)

        retry_policy.request(HOST, slow)
        assert clock.now() - retry_policy.answered[HOST] == timedelta(seconds=old)

    def test_an_error_tells_the_time_too(self, retry_policy: RetryPolicy, clock: FakeClock) -> None:
        with pytest.raises(RateLimited):
            date = format_datetime(datetime(2025, 11, 28, 19, 5, tzinfo=UTC), usegmt=True)
            retry_policy.request(HOST, sender(Answer(429, {"Date": date, "Retry-After": "900"})))
        assert retry_policy.skew[HOST] == 300


def test_at_least_one_try_is_asked_for(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="tries"):
        RetryPolicy(clock, tries=0)


def test_the_default_jitter_spreads_the_tries() -> None:
    waits = []
    for _ in itertools.repeat(None, 20):
        clock = FakeClock()
        RetryPolicy(clock, pause=0).request(HOST, sender(Answer(500), Answer()))
        waits += clock.sleeps
    assert len(set(waits)) > 10 and all(0 <= wait < 2 for wait in waits)
