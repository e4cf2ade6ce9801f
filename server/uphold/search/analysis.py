"""Text analysis: folds labels and search texts into words that can be compared.

Case, accents, Arabic vowel signs and letter variants, width and invisible characters are ignored; every character that
is not a letter or digit separates words. Each Chinese character is a separate word.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["fold", "is_han", "split", "whole"]

LONGEST_WORD, LONGEST_WHOLE = 40, 300
HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
IGNORED = {"Mn", "Me", "Cf"}  # accents and vowel signs, enclosing marks, invisible formatting such as RTL marks
LETTERS = str.maketrans(
    {
        "\u0640": "",  # the stroke that stretches an Arabic word
        "\u0649": "\u064a",  # letters with interchangeable variants in Arabic script
        "\u06cc": "\u064a",
        "\u0629": "\u0647",
        "\u06a9": "\u0643",
        "\u0131": "i",  # without its dot, as in Turkish
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
    }
)


def fold(text: str) -> str:
    """The folded text."""
    if text.isascii():  # the same, many times faster
        return text.lower()
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    remaining = "".join(each for each in parted if unicodedata.category(each) not in IGNORED)
    return unicodedata.normalize("NFC", remaining.translate(LETTERS))


def split(text: str) -> list[str]:
    """The folded words of a text, in order, each cut to a length beyond that of real words."""
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(text))]


def whole(words: list[str]) -> str:
    """All words as one, for comparing prefixes and whole labels."""
    return " ".join(words)[:LONGEST_WHOLE]


def is_han(word: str) -> bool:
    """Whether the word is one Chinese or Japanese character."""
    return len(word) == 1 and WORD.fullmatch(word) is not None and re.fullmatch(f"[{HAN}]", word) is not None
