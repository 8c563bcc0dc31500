"""Passphrases that a person can read aloud and type: syllables, each as likely as any other."""

from typing import Final

from darasa.sync.ids import Rng

_CONSONANTS: Final = "bdfghjklmnprstwz"  # 16: four bits
_VOWELS: Final = "aeiu"  # 4: two bits; o is left out beside 0
_WORDS: Final = 4
_SYLLABLES: Final = 2


def new_passphrase(rng: Rng) -> str:
    """Four words of two syllables, 48 bits: "mabe-tiru-lase-niku"."""
    words = []
    for _ in range(_WORDS):
        raw = rng(_SYLLABLES)
        words.append("".join(_CONSONANTS[b & 15] + _VOWELS[b >> 4 & 3] for b in raw))
    return "-".join(words)
