"""A column of which only the texts are known, read as its field wants it."""

from collections.abc import Sequence
from typing import Any

from boxship.codecs.table import Found
from boxship.core.type import Type
from boxship.frames.text_type import column_of_type, value_of_text


def found_of_texts(type_: Type, texts: Sequence[Any]) -> Found:
    """Of texts, None or empty for null. What does not say a value of the type stays the text it is."""
    read = column_of_type(texts, type_)
    if read is not None:
        return read
    return [value_of_text(text, type_) if text else None for text in texts]
