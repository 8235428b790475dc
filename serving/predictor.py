"""The handler on its thread: loaded, warmed up, and from then on ready for requests."""

from concurrent.futures import Future

from serving.errors import RequestError, StartError
from serving.handler import Handler
from serving.messages import Answer, Request
from serving.settings import Settings, WarmUp
from serving.worker import Worker


class Predictor:
    """One loaded model that answers requests one at a time; once made, it is ready.

    Parameters
    ----------
    settings
        What to serve.

    Raises
    ------
    StartError
        The model cannot be loaded, or does not answer the warm-up sample; the cause is the user's exception.
    """

    def __init__(self, settings: Settings) -> None:
        self._worker = Worker()
        self._handler = self._worker.submit(Handler, settings).result()
        if settings.warm_up:
            self._answer_sample(settings.warm_up)

    def submit(self, request: Request) -> Future[Answer]:
        """Queue a request; the future raises RequestError when it is refused."""
        return self._worker.submit(self._handler.invoke, request)

    def is_alive(self) -> bool:
        """Whether requests are answered."""
        return self._worker.is_alive()

    def is_busy(self) -> bool:
        """Whether a prediction runs now."""
        return self._worker.is_busy()

    def _answer_sample(self, sample: WarmUp) -> None:
        headers = {"content-type": sample.content_type, "accept": sample.accept}
        try:
            self.submit(Request(sample.body, sample.content_type, sample.accept, headers)).result()
        except RequestError as error:
            raise StartError(
                f"the warm-up sample {sample.name} ({sample.content_type}) gets {error.status}: {error}"
            ) from error.__cause__
