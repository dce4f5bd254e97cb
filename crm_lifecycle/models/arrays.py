# Types of PostgreSQL for the kinds of numpy.
ARRAYS = {"f": "numeric[]", "U": "varchar[]"}


def array_text(values):
    """:param values: array of numpy, nan or "" for empty
    :return: text of the same array of PostgreSQL. It is read several times as fast as
        ``ARRAY[...]``, whose every element is an expression of its own
    """
    if values.dtype.kind == "U":
        text = ",".join(value or "NULL" for value in values.tolist())
    else:
        text = str(values.tolist())[1:-1].replace("nan", "NULL")
    return f"{{{text}}}"
