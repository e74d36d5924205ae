"""Sentences to synthesise: read sentences of the training sets, spoken commands, and words strung together at random.

Random words come half from the training texts and half from the whole dictionary (which is mostly names), so that the
network learns sounds rather than which word follows which.
"""
from corpus import clips
from lexicon import dictionary, pronunciations, words

ROOMS = "kitchen,bedroom,living room,garage,hallway,office,garden,bathroom,upstairs,attic".split(",")
THINGS = "lights,lamp,heating,fan,radio,television,blinds,oven,music,alarm,camera,door,sprinklers,vacuum".split(",")
NUMBERS = "one,two,three,four,five,six,seven,eight,nine,ten,twelve,fifteen,twenty,thirty five,forty,fifty,ninety".split(",")
COMMANDS = [
    "turn {on} the {room} {thing}", "turn {on} the {thing} in the {room}", "set the {thing} to {number} percent",
    "send a message to {name}", "message {name} I will be {number} minutes late", "call {name}", "tell {name} that {words}",
    "play {words} in the {room}", "set a timer for {number} minutes", "wake me at {number} thirty", "hey {name}", "okay {name}",
    "is the {thing} in the {room} still on", "I'd like a {size} coffee with {number} sugars", "yes send it to {name}",
    "no cancel that", "lock the {thing}", "open the {room} {thing}", "what's the weather in {name} tomorrow", "hey {words}",
]


def sentences():
    texts = {r["text"] for p in ("speech/ljspeech", "speech/speechocean", "tts/sentence") for r in clips(p, "train")}
    return sorted(t for t in texts if all(pronunciations(w) for w in words(t)))


class Texts:
    def __init__(self):
        self.sentences = sentences()
        self.common = sorted({w for t in self.sentences for w in words(t)})
        self.every = sorted(w for w in dictionary() if w.isalpha() and len(w) > 2)

    def words(self, rng, low, high):
        return " ".join(self.word(rng) for _ in range(rng.integers(low, high)))

    def word(self, rng):
        source = self.common if rng.random() < 0.5 else self.every
        return source[rng.integers(len(source))]

    def __call__(self, rng):
        kind = rng.random()
        if kind < 0.35:
            return self.sentences[rng.integers(len(self.sentences))]
        if kind < 0.6:
            pick = lambda items: items[rng.integers(len(items))]
            return pick(COMMANDS).format(on=pick(["on", "off"]), room=pick(ROOMS), thing=pick(THINGS), number=pick(NUMBERS),
                                         size=pick(["small", "medium", "large"]), name=self.every[rng.integers(len(self.every))],
                                         words=self.words(rng, 1, 4))
        return self.words(rng, 2, 8)
