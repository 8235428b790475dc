"""A trial: what it reports, what it refuses and what it leaves."""

import pytest

from assets import checkout
from assets.errors import AssetError
from assets.preflight import PreflightError, preflight, trial
from assets.preflight.limits import Limits, limits_of
from assets.progress import Progress

ECHO = """
def answer(body, content_type):
    return 200, content_type, body
"""
WRONG = """
def answer(body, content_type):
    return 200, content_type, b"[1.0, 2.5]"
"""


def test_a_trial_reports_what_it_measured(toy):
    toy.sample("two", "body: 'a,b'\ncontent_type: text/csv\n")
    report, steps = toy.try_out(toy.behave(ECHO))
    assert report.container == "slim"
    assert report.started_after_s > 0
    assert report.memory_bytes > 1_000_000
    assert [(sample.name, sample.status, sample.ok) for sample in report.samples] == [
        ("one", 200, True),
        ("two", 200, True),
    ]
    assert [(sample.request_bytes, sample.response_bytes) for sample in report.samples] == [(9, 9), (3, 3)]
    assert all(sample.latency_s > 0 for sample in report.samples)
    assert report.notes == ()
    assert steps == ["unpacking toy to try it", "starting the server of toy", "sending 2 samples to toy"]
    assert len(report.lines()) == 3
    assert not toy.left()
    assert not toy.processes()


def test_a_passed_trial_is_not_repeated(toy):
    package = toy.behave(ECHO)
    report, steps = toy.try_out(package)
    assert steps
    assert toy.try_out(package) == (report, [])


@pytest.mark.parametrize("change", ["package", "sample", "container", "memory", "hosting"])
def test_a_change_makes_a_new_trial_necessary(toy, target, change):
    package = toy.behave(ECHO)
    toy.try_out(package)
    changed = {
        "container": target(container="ray-serve"),
        "memory": target(memory_size_in_mb=4096),
        "hosting": target(hosting="real-time", memory_size_in_mb=None),
    }
    if change == "package":
        package = toy.behave(ECHO + "# another one")
    if change == "sample":
        toy.sample("one", "body: [3.0]\n")
    assert toy.try_out(package, changed.get(change))[1]


def test_a_model_without_samples_has_to_start(toy):
    (toy.model.path / "samples/one.yaml").unlink()
    (toy.model.path / "samples").rmdir()
    report, _ = toy.try_out(toy.behave(ECHO))
    assert report.samples == ()
    with pytest.raises(PreflightError, match="the server ended with status 3 before it was ready"):
        toy.try_out(toy.behave("raise SystemExit(3)"))


def test_a_wrong_answer_is_refused_with_both_values(toy):
    with pytest.raises(PreflightError) as error:
        toy.try_out(toy.behave(WRONG))
    assert str(error.value) == (
        "model_code/toy/samples/one.yaml: the answer is not the expected one: "
        "[1] is 2.5, not 2.0 (tolerance 1e-05)."
    )
    assert isinstance(error.value, AssetError)


def test_a_failed_trial_is_tried_again_and_leaves_nothing(toy):
    package = toy.behave(WRONG)
    for _ in range(2):
        with pytest.raises(PreflightError, match="is not the expected one"):
            toy.try_out(package)
        assert not toy.left()
        assert not toy.processes()


def test_the_failures_of_all_samples_are_reported_together_with_the_servers_own_words(toy):
    toy.sample("two", "body: [2.0]\n")
    toy.sample("three", "body: [3.0]\n")
    code = """
    import sys
    def answer(body, content_type):
        print("the weights do not fit", file=sys.stderr)
        return (200 if b"2" in body else 500), content_type, b'{"error": "no"}'
    """
    with pytest.raises(PreflightError) as error:
        toy.try_out(toy.behave(code))
    one, three, words, *output, log = str(error.value).splitlines()
    assert one.startswith("model_code/toy/samples/one.yaml: the answer is not the expected one: it is ")
    assert three == 'model_code/toy/samples/three.yaml: was answered with status 500: {"error": "no"}.'
    assert words == "The server's last lines:"
    assert output == ["  the weights do not fit"] * 3
    assert "the weights do not fit" in (checkout.ROOT / log.removeprefix("All of it: ")).read_text()


def test_a_server_that_does_not_start_says_why(toy):
    with pytest.raises(PreflightError) as error:
        toy.try_out(toy.behave("raise RuntimeError('no weights here')"))
    text = str(error.value)
    assert text.startswith("model_code/toy: the server ended with status 1 before it was ready.\n")
    assert "  RuntimeError: no weights here\n" in text


def test_a_server_that_ends_under_a_sample(toy):
    toy.sample("two", "body: 2\n")
    with pytest.raises(PreflightError) as error:
        toy.try_out(toy.behave("import os\ndef answer(body, content_type):\n    os._exit(7)\n"))
    text = str(error.value)
    assert text.startswith("model_code/toy/samples/one.yaml: had no answer: ")
    assert "model_code/toy: 1 of 2 samples were sent: the server has ended." in text


def test_the_time_limit_holds_for_the_start(toy):
    with pytest.raises(
        PreflightError, match=r"toy: the server was not ready when the time limit .*all in all 0.5 s"
    ):
        toy.try_out(toy.behave("import time\nprint('loading', flush=True)\ntime.sleep(600)"), time_limit=0.5)
    assert not toy.processes()


def test_the_time_limit_holds_for_the_samples(toy):
    toy.sample("two", "body: 2\n")
    code = "import time\ndef answer(body, content_type):\n    time.sleep(600)\n"
    with pytest.raises(PreflightError) as error:
        toy.try_out(toy.behave(code), time_limit=2)
    first, second = str(error.value).splitlines()[:2]
    assert first.startswith("model_code/toy/samples/one.yaml: had no whole answer after ")
    assert second == "model_code/toy: 1 of 2 samples were sent: the time limit, 2 s, is up."
    assert not toy.processes()


def test_a_request_that_takes_longer_than_the_hosting_gives(toy, monkeypatch):
    monkeypatch.setattr(trial, "limits_of", lambda target: Limits(seconds=1))
    code = "import time\ndef answer(body, content_type):\n    time.sleep(600)\n"
    with pytest.raises(
        PreflightError, match=r"had no whole answer after \d+\.\d s; the hosting ends a request after 1 s"
    ):
        toy.try_out(toy.behave(code))


@pytest.mark.parametrize(
    ("hosting", "size", "refused"),
    [
        ("serverless", 4 * 1024 * 1024, None),
        ("serverless", 4 * 1024 * 1024 + 1, 4_194_304),
        ("real-time", 6_291_456, None),
        ("real-time", 6_291_457, 6_291_456),
        ("async", 6_291_457, None),
        (None, 6_291_457, None),
    ],
)
def test_bodies_within_what_the_hosting_takes(toy, target, hosting, size, refused):
    (toy.model.path / "samples/large.bin").write_bytes(bytes(size))
    toy.sample("one", "body_file: large.bin\ncontent_type: application/octet-stream\n")
    where = target(hosting=hosting, memory_size_in_mb=None)
    short = toy.behave("def answer(body, content_type):\n    return 200, 'text/plain', b'ok'\n")
    if refused is None:
        assert toy.try_out(short, where)[0].samples[0].request_bytes == size
        return
    with pytest.raises(PreflightError) as error:
        toy.try_out(short, where)
    sample = "model_code/toy/samples/one.yaml"
    assert str(error.value) == f"{sample}: the request has {size} bytes, and the hosting takes {refused}."
    toy.sample("one", "body: 1\n")
    long = toy.behave(f"def answer(body, content_type):\n    return 200, 'text/plain', bytes({size})\n")
    with pytest.raises(PreflightError) as error:
        toy.try_out(long, where)
    assert str(error.value) == f"{sample}: the answer has {size} bytes, and the hosting takes {refused}."


def test_a_request_may_take_a_minute_and_an_hour_where_nobody_waits(target):
    assert [limits_of(target(hosting=hosting)).seconds for hosting in ("serverless", "real-time", "async")] == [
        60,
        60,
        3600,
    ]


def test_memory_within_what_a_serverless_container_has(toy, target):
    code = "filled = bytearray(b'x' * 100_000_000)\n" + ECHO
    report, _ = toy.try_out(toy.behave(code), target(memory_size_in_mb=1024))
    assert 100_000_000 < report.memory_bytes < 200_000_000
    with pytest.raises(PreflightError, match=r"more than the 90 MB of its serverless endpoint. Raise memory_size"):
        toy.try_out(toy.behave(code), target(memory_size_in_mb=90))


def test_a_mistake_in_a_sample_is_reported_before_anything_starts(toy):
    toy.sample("one", "bodi: 1\n")
    with pytest.raises(AssetError, match=r"samples/one.yaml: bodi: unknown key"):
        toy.try_out(toy.behave("raise SystemExit(3)"))


def test_work_that_is_called_off_ends_the_server(toy, target):
    class CalledOffError(Exception):
        pass

    class Impatient(Progress):
        steps: tuple[str, ...] = ()

        def check(self) -> None:
            if any("sending" in step for step in self.steps):
                raise CalledOffError

    progress = Impatient(lambda step: setattr(progress, "steps", (*progress.steps, step)))
    package = toy.behave("import time\ndef answer(body, content_type):\n    time.sleep(600)\n")
    with pytest.raises(CalledOffError):
        preflight(package, toy.model, target(), progress=progress)
    assert not toy.processes()
    assert not toy.left()
