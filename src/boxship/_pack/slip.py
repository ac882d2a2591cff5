"""Columns that are not what they look like: a word among numbers, numbers as text, words for null."""

from collections.abc import Collection
from itertools import islice

from boxship.adapters import Level
from boxship.core.column import Column
from boxship.errors import DataError

_NULL_WORDS = frozenset({"#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"})
_MANY = 1000  # values that show what a column holds


def refuse_number_texts(name: str, column: Column, *, secret: bool) -> None:
    """A word among numbers is a slip, and so are numbers written as text, unless the model or the
    contract file says that the column is text."""
    if column.type.kind != "text" or not _look_like_numbers(column):
        return
    otherwise = f'if the model takes text there, [fields.{name}] type = "text" in the contract file says so'
    known = [(row, value) for row, value in enumerate(column.values) if value is not None]
    odd = next(((row, value) for row, value in known if not _is_number(value)), None)
    if odd is not None:
        row, value = odd
        raise DataError(
            "data.mixed_types",
            f"column {name!r} holds numbers, and {'text' if secret else repr(value[:40])} in row {row}",
            f"correct that row; {otherwise}",
            {"column": name, "row": row},
        )
    if not any(_is_code(value) for _, value in known):
        raise DataError(
            "data.number_text",
            f"column {name!r} holds numbers written as text, and the model does not say that it takes text",
            f"give it as numbers: pandas.to_numeric(data[{name!r}]); {otherwise}",
            {"column": name},
        )


def refuse_null_words(name: str, column: Column, levels: Collection[Level]) -> None:
    """A text that pandas reads as null, and that the model knows nothing of: training had a null there."""
    if column.type.kind not in ("text", "category"):
        return
    values = column.to_list()
    if found := sorted(_NULL_WORDS.intersection(values).difference(map(str, levels))):
        raise DataError(
            "data.null_word",
            f"column {name!r} holds {found[0]!r} in {values.count(found[0])} rows, and the model knows no such "
            "category: in training it may have been read as a null",
            "leave such fields empty, or give the data as the model had it: a DataFrame, or Parquet",
            {"column": name, "words": found},
        )


def _look_like_numbers(column: Column) -> bool:
    """Whether more than half of the first values are numbers."""
    first = list(islice((value for value in column.values if value is not None), _MANY))
    return 2 * sum(map(_is_number, first)) > len(first)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_code(text: str) -> bool:
    """Digits that are no number, as 00420 is."""
    return text[:1] == "0" and text[1:2].isdigit()
