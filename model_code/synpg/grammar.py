"""A small grammar of English: one meaning, and the text of its constituency tree in each of five constructions."""

import random
import zlib
from dataclasses import astuple, dataclass

# Every word has one role, since the model is given the words without their order.
SUBJECTS = (
    *(f"(NP (PRP {word}))" for word in ("we", "they", "you", "she", "he")),
    *(f"(NP (DT the) (NNS {word}))" for word in ("children", "students", "neighbors")),
    *(f"(NP (DT the) (NN {word}))" for word in ("teacher", "doctor", "painter", "mayor")),
)
ACTIONS = {
    "have": ("picnic", "party", "lesson", "feast"),
    "build": ("house", "boat", "kite"),
    "cook": ("soup", "dinner", "stew"),
    "write": ("letter", "poem", "story"),
    "paint": ("picture", "portrait", "fence"),
    "buy": ("bicycle", "lamp", "coat"),
    "play": ("game", "song", "match"),
}
ADJECTIVES = ("", "big", "small", "new", "funny", "simple", "good")
PLACES = ("", "park", "garden", "kitchen", "school", "hall", "library")
WEATHER = ("sunny", "rainy", "windy", "cloudy", "cold", "warm", "quiet")
TIMES_OF_DAY = ("day", "morning", "afternoon", "evening")
THINGS = ("shop", "road", "office", "gate", "station")
STATES = ("open", "closed", "empty", "busy", "ready")
DAYS = ("today", "tomorrow", "tonight")

_HELD_OUT = 10
"""One in as many meanings is never trained on."""


@dataclass(frozen=True)
class Meaning:
    """Who will do what, and on which condition; an empty string leaves a part out.

    Parameters
    ----------
    subject, condition
        Their trees, as text; the condition without its brackets, so that a day can follow.
    verb, adjective, thing, place, day
        Words.
    """

    subject: str
    verb: str
    adjective: str
    thing: str
    place: str
    condition: str
    day: str

    @property
    def held_out(self) -> bool:
        """Whether this meaning is for testing alone."""
        return zlib.crc32(" ".join(astuple(self)).encode()) % _HELD_OUT == 0


def draw_meaning(numbers: random.Random) -> Meaning:
    """Draw one of some three million meanings."""
    verb = numbers.choice(tuple(ACTIONS))
    if numbers.random() < 0.5:  # noqa: PLR2004 - either kind of condition as often
        time = f"(NP (DT a) (JJ {numbers.choice(WEATHER)}) (NN {numbers.choice(TIMES_OF_DAY)}))"
        condition = f"(NP (PRP it)) (VP (VBZ is) {time}"
    else:
        state = f"(ADJP (JJ {numbers.choice(STATES)}))"
        condition = f"(NP (DT the) (NN {numbers.choice(THINGS)})) (VP (VBZ is) {state}"
    return Meaning(
        numbers.choice(SUBJECTS),
        verb,
        numbers.choice(ADJECTIVES),
        numbers.choice(ACTIONS[verb]),
        numbers.choice(PLACES),
        condition,
        numbers.choice(DAYS),
    )


def constructions(meaning: Meaning) -> dict[str, str]:
    """Return the tree of a meaning in each construction, as text, by name."""
    day = f"(NP (NN {meaning.day}))"
    condition, undated = f"(S {meaning.condition} {day}))", f"(S {meaning.condition}))"
    adjective = f" (JJ {meaning.adjective})" if meaning.adjective else ""
    place = f" (PP (IN in) (NP (DT the) (NN {meaning.place})))" if meaning.place else ""
    action = f"(VB {meaning.verb}) (NP (DT a){adjective} (NN {meaning.thing})){place}"
    subject = meaning.subject
    texts = {
        "statement": f"(S {subject} (VP (MD will) (VP {action} (SBAR (IN if) {condition}))) (. .))",
        "condition first": f"(S (SBAR (IN if) {condition}) (, ,) {subject} (VP (MD will) (VP {action})) (. .))",
        "two clauses": f"(S {condition} (, ,) (CC so) (S {subject} (VP (MD will) (VP {action}))) (. .))",
        "question": f"(SQ (MD will) {subject} (VP {action} (SBAR (IN if) {condition})) (. ?))",
        "day first": f"(S {day} (, ,) {subject} (VP (MD will) (VP {action} (SBAR (IN if) {undated}))) (. .))",
    }
    return {name: f"(ROOT {text})" for name, text in texts.items()}
