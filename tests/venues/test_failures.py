"""Whatever a venue does wrong becomes one sentence; ccxt's own classes and a real server."""

from __future__ import annotations

import json
import socket
import ssl
import zlib
from email.utils import formatdate

import aiohttp
import pytest

from dashboard.errors import VenueError, VenueUnavailableError
from dashboard.venues import ccxt_source
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.failures import (
    MAX_REASON_CHARACTERS,
    AnswerUnusableError,
    VenueBusyError,
    VenueDownError,
    plain,
    translate,
)
from dashboard.venues.session import MAX_BODY_BYTES, Exchanged
from tests.venues.faulty import NOW_MS, Answer, cut_off, faulty_server, hang, source_at, text

VENUES = list(CATALOGUE)
ASKED_THEMSELVES = [venue for venue, entry in CATALOGUE.items() if not entry.basic]
"""Those whose answers are read here; what ccxt makes of a basic venue's has words of its own."""
REAL_NOW_MS = 1_722_772_800_000
PAGE = "<html><head><title>Sorry</title></head><body>" + "x" * 20_000 + "</body></html>"


async def failure_of(answer: Answer, venue: str = "binanceusdm") -> VenueError:
    """What polling the first call of `venue` raises when that is the answer.

    A basic venue is asked for its listing, without which ccxt's unified calls ask nothing else.
    """
    async with faulty_server() as server, source_at(venue, server.url) as source:
        server.answer = answer
        first = source.entry.calls[0]
        asking = source.load_instruments() if source.entry.basic else source.poll(first, [])
        with pytest.raises(VenueError) as caught:
            await asking
        assert server.asked, "the fault was never served"
        return caught.value


@pytest.mark.parametrize("venue", ASKED_THEMSELVES)
@pytest.mark.parametrize("body", ["", "null", "<html>busy</html>", '{"result": {"list": ['])
async def test_an_answer_that_is_no_json_is_a_failure_of_that_question(
    venue: str, body: str
) -> None:
    error = await failure_of(text(body), venue)
    assert isinstance(error, AnswerUnusableError)
    assert error.user_message == f"{venue} answered with something that is not JSON"


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("body", ["[]", "{}"])
async def test_an_empty_answer_is_never_an_empty_success(venue: str, body: str) -> None:
    assert isinstance(await failure_of(text(body), venue), AnswerUnusableError)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("body", ["", "[]", "{}", "null", PAGE])
async def test_a_broken_listing_is_a_failure_and_lists_nothing(venue: str, body: str) -> None:
    async with faulty_server() as server, source_at(venue, server.url) as source:
        server.answer = text(body)
        with pytest.raises(VenueError):
            await source.load_instruments()
        assert server.asked
        assert source.instruments == {}


@pytest.mark.parametrize("venue", VENUES)
async def test_too_many_requests_is_a_pause_as_long_as_the_venue_says(venue: str) -> None:
    error = await failure_of(text("slow", 429, Retry_After="7"), venue)
    assert isinstance(error, VenueBusyError)
    assert error.pause_s == 7.0
    assert error.user_message == f"{venue} asks to slow down (429): no request for 7 s"


async def test_a_retry_time_may_be_a_date() -> None:
    exchanged = Exchanged("h", 429, formatdate(REAL_NOW_MS / 1000 + 90, usegmt=True))
    error = translate(RuntimeError("x"), "okx", exchanged, REAL_NOW_MS)
    assert isinstance(error, VenueBusyError)
    assert error.pause_s == 90.0


@pytest.mark.parametrize("retry_after", ["", "soon", "-5", "0"])
async def test_a_429_without_a_usable_time_still_pauses(retry_after: str) -> None:
    exchanged = Exchanged("h", 429, retry_after)
    error = translate(RuntimeError("x"), "okx", exchanged, REAL_NOW_MS)
    assert isinstance(error, VenueBusyError)
    assert error.pause_s == 30.0


async def test_a_ban_lasts_until_the_time_in_its_text() -> None:
    body = (
        f'{{"code":-1003,"msg":"Way too many requests; IP banned until {REAL_NOW_MS + 60_000}."}}'
    )
    exchanged = Exchanged("h", 418)
    error = translate(
        RuntimeError(f"binanceusdm 418 {body}"), "binanceusdm", exchanged, REAL_NOW_MS
    )
    assert isinstance(error, VenueBusyError)
    assert error.pause_s == 60.0
    assert error.user_message == (
        "binanceusdm has banned this address until 2024-08-04 12:01:00 UTC (418)"
    )


async def test_a_ban_arrives_through_ccxt() -> None:
    error = await failure_of(text("banned", 418, Retry_After="120"))
    assert isinstance(error, VenueBusyError)
    assert error.pause_s == 120.0


@pytest.mark.parametrize("status", [403, 451])
@pytest.mark.parametrize("venue", VENUES)
async def test_a_region_block_is_not_retried_soon(venue: str, status: int) -> None:
    error = await failure_of(text("no", status), venue)
    assert isinstance(error, VenueUnavailableError)
    assert error.user_message == f"{venue} does not serve this region or address ({status})"


async def test_bybits_403_for_asking_too_often_is_a_pause_and_no_block() -> None:
    error = await failure_of(text("403, access too frequent", 403), "bybit")
    assert isinstance(error, VenueBusyError)
    assert error.pause_s == 600.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_a_venue_that_is_down_in_few_words(status: int) -> None:
    error = await failure_of(text(PAGE, status))
    assert isinstance(error, VenueDownError)
    assert error.user_message == f"binanceusdm is out of order ({status})"
    assert len(error.detail) <= MAX_REASON_CHARACTERS
    assert "<" not in error.detail


async def test_a_missing_page_is_a_failure_of_that_question_alone() -> None:
    assert isinstance(await failure_of(text("{}", 404)), AnswerUnusableError)


@pytest.mark.parametrize("code", [0x061C, 0x200B, 0x202E, 0x2060, 0x2067, 0xFEFF])
async def test_a_hostile_notice_of_a_venue_is_one_short_line_that_runs_forward(code: int) -> None:
    notice = f"<a href='javascript:run()'>maintenance</a>{chr(code)} soon " + "x" * 100_000
    answer = json.dumps({"retCode": 10001, "retMsg": notice}, ensure_ascii=False)
    error = await failure_of(text(answer), "bybit")
    assert "maintenance soon xxx" in error.user_message
    assert "javascript" not in error.user_message
    assert error.user_message.isprintable()
    assert len(error.user_message) <= 2 * MAX_REASON_CHARACTERS


async def test_a_venues_own_error_code_is_a_refused_question() -> None:
    error = await failure_of(text('{"retCode":10001,"retMsg":"params error"}'), "bybit")
    assert isinstance(error, AnswerUnusableError)
    assert "params error" in error.user_message


async def test_a_hang_ends_after_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccxt_source, "REQUEST_TIMEOUT_S", 0.2)
    error = await failure_of(hang())
    assert isinstance(error, VenueDownError)
    assert error.user_message == "binanceusdm did not answer in time"


async def test_a_body_that_breaks_off_is_a_venue_that_is_down() -> None:
    error = await failure_of(cut_off())
    assert isinstance(error, VenueDownError)
    assert error.user_message == "the answer of binanceusdm broke off"


async def test_a_body_that_is_too_large_is_refused() -> None:
    error = await failure_of(text(b"[" + b"1," * (MAX_BODY_BYTES // 2) + b"1]"))
    assert isinstance(error, AnswerUnusableError)
    assert error.user_message == "binanceusdm answered with more than 8 MB"


async def test_a_packed_body_counts_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(b" " * (4 * MAX_BODY_BYTES)) + packer.flush()
    error = await failure_of(text(packed, Content_Encoding="gzip"))
    assert isinstance(error, VenueError)
    assert len(packed) < 100_000


async def test_a_refused_connection_names_the_host() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with source_at("okx", url) as source:
            with pytest.raises(VenueDownError, match="refused the connection"):
                await source.poll(source.entry.calls[0], [])


async def test_a_redirect_to_another_host_is_refused_and_that_host_is_not_asked() -> None:
    async with faulty_server() as other:
        error = await failure_of(text("", 307, Location=f"{other.url}/stolen"))
        assert isinstance(error, AnswerUnusableError)
        assert "another host" in error.user_message
        assert other.asked == []


@pytest.mark.parametrize("venue", VENUES)
async def test_the_host_of_a_venue_is_asked_at_its_usual_port(
    venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def offline(*_: object, **__: object) -> list[object]:
        raise socket.gaierror("no network in this test")

    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", offline)
    source = ccxt_source.CcxtSource(CATALOGUE[venue], lambda: NOW_MS)
    await source.open()
    try:
        with pytest.raises(VenueDownError, match="is the computer online"):
            await source.load_instruments()
    finally:
        await source.close()


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (ssl.SSLCertVerificationError("expired"), "the certificate of h was refused"),
        (ssl.SSLError("handshake"), "no secure connection to h"),
        (socket.gaierror("no"), "the address of h is not found: is the computer online?"),
        (ConnectionResetError(), "the connection to okx broke"),
        (TimeoutError(), "okx did not answer in time"),
        (aiohttp.ClientPayloadError(), "the answer of okx broke off"),
    ],
)
def test_each_cause_on_the_wire_has_its_sentence(cause: Exception, sentence: str) -> None:
    import ccxt

    error = ccxt.ExchangeNotAvailable("okx GET https://h/x")
    error.__cause__ = cause
    translated = translate(error, "okx", Exchanged("h"), REAL_NOW_MS)
    assert isinstance(translated, VenueDownError)
    assert translated.user_message == sentence


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DDoSProtection", VenueBusyError),
        ("RateLimitExceeded", VenueBusyError),
        ("OnMaintenance", VenueDownError),
        ("RequestTimeout", VenueDownError),
        ("ExchangeNotAvailable", VenueDownError),
        ("NetworkError", VenueDownError),
        ("BadSymbol", AnswerUnusableError),
        ("BadRequest", AnswerUnusableError),
        ("ExchangeError", AnswerUnusableError),
        ("NotSupported", AnswerUnusableError),
        ("AuthenticationError", AnswerUnusableError),
    ],
)
def test_each_of_ccxts_errors_has_its_kind(name: str, kind: type[VenueError]) -> None:
    import ccxt

    error = getattr(ccxt, name)("okx <b>text</b>")
    translated = translate(error, "okx", Exchanged(), REAL_NOW_MS)
    assert type(translated) is kind
    assert "<b>" not in translated.user_message + translated.detail


@pytest.mark.parametrize("error", [KeyError("x"), AttributeError("y"), TypeError("z")])
def test_a_raw_error_out_of_ccxt_is_an_answer_that_cannot_be_read(error: Exception) -> None:
    translated = translate(error, "okx", Exchanged(), REAL_NOW_MS)
    assert isinstance(translated, AnswerUnusableError)
    assert translated.user_message == "okx gave an answer that cannot be read"


def test_text_from_outside_becomes_one_short_plain_line() -> None:
    assert plain("<b>a</b>\n\u202eb\x00c  d") == "a b c d"
    assert len(plain("y" * 1000)) == MAX_REASON_CHARACTERS
