"""Which language a file translates into, and which of its rows are in that language."""

from collections.abc import Mapping

from link.errors import LexiconError
from link.lexicon.formats.parsed import Parsed
from link.lexicon.languages import (
    is_part_of,
    known_tag,
    language_in,
    language_name,
    language_of,
    language_tag,
    with_script,
)

_SHOWN = 12  # languages in a message
WAY_OUT = "if the file is wrong about it, add --force-lang"


def choose_language(
    parsed: Parsed, asked: str, stated: str, name: str, *, force: bool = False
) -> str:
    """The tag of the target language: as asked for, as the file states it, or as its name does.

    Of a file with several target languages, only the rows of that one are kept. `force`: what is
    asked for counts, even if the file states another language. Raises `LexiconError` if the two
    differ, or the file has several languages and none is named.
    """
    if parsed.languages:
        return _by_name(parsed, asked, name)
    tag = language_tag(asked) if asked else ""
    if not tag and stated:
        try:
            tag = language_tag(stated)
        except LexiconError as error:
            raise LexiconError(f"lexicon {name} states its language, but {error}") from None
    codes = dict.fromkeys(row.language for row in parsed.rows if row.language)
    known = {code: known_tag(code) or code for code in codes}
    if not known:
        if asked and not _agree(tag, known_tag(stated)):
            if not force:
                raise LexiconError(
                    f"lexicon {name} states that it is in {_named(known_tag(stated))}, but "
                    f"{_named(tag)} is asked for; leave --lang out, or name another file; {WAY_OUT}"
                )
            parsed.notes.append(_overruled(tag, known_tag(stated)))
        return tag or language_in(name)
    named = tag or language_in(name)
    wanted = _codes_of(known, named)
    if not wanted:
        languages = sorted(set(known.values()))
        some = ", ".join(languages[:_SHOWN]) + ", …" * (len(languages) > _SHOWN)
        if asked and force and len(languages) == 1:
            parsed.notes.append(_overruled(tag, languages[0]))
            return tag
        if asked:
            raise LexiconError(
                f"lexicon {name} has no translations into {_named(tag)}; it has {some}"
                + (f"; {WAY_OUT}" if len(languages) == 1 else "")
            )
        if len(languages) > 1:
            raise LexiconError(
                f"lexicon {name} holds {len(languages)} languages; name one with --lang: {some}"
            )
        wanted, named = set(known), ""
    parsed.rows = [row for row in parsed.rows if row.language in wanted]
    return named or next(iter({known_tag(known[code]) for code in wanted}))


def _by_name(parsed: Parsed, asked: str, name: str) -> str:
    """The tag of the language that is asked for by one of its names or codes, "" if it has none;
    only its rows are kept. Several lists may go by one name.
    """
    languages = parsed.languages
    small, tag = asked.casefold(), known_tag(asked)
    wanted = [
        id_ for id_, (_, *names) in languages.items() if small in map(str.casefold, names) and small
    ] or [id_ for id_, (own, *_) in languages.items() if own == tag != ""]
    if not asked and len(languages) == 1:
        wanted = [*languages]
    if not wanted:
        titles = sorted({names[0] or id_ for id_, (_, *names) in languages.items()})
        some = ", ".join(titles[:_SHOWN]) + ", …" * (len(titles) > _SHOWN)
        if not asked:
            raise LexiconError(
                f"lexicon {name} holds {len(languages)} languages; name one with --lang: {some}"
            )
        raise LexiconError(f"lexicon {name} has no words of {asked!r}; it has {some}")
    parsed.rows = [row for row in parsed.rows if row.language in wanted]
    if len(wanted) > 1:
        titles = [languages[id_][1] or id_ for id_ in wanted]
        parsed.notes.append(f"{len(wanted)} lists go by {asked!r}: {', '.join(titles)}")
    return next(filter(None, (languages[id_][0] for id_ in wanted)), "")


def _named(tag: str) -> str:
    return f"{tag} ({language_name(tag)})"


def _overruled(asked: str, stated: str) -> str:
    return f"the language is {_named(asked)}, as asked for, though the file states {_named(stated)}"


def _agree(asked: str, stated: str) -> bool:
    """Whether both tags may mean the same language, as `zh-Hant` and `zh`, or `nb` and `no`."""
    one, other = language_of(asked), language_of(stated)
    is_same = not (one and other) or one == other
    return is_same or is_part_of(one, other) or is_part_of(other, one)


def _codes_of(known: Mapping[str, str], tag: str) -> set[str]:
    """Of the codes of a file's rows (code -> its tag) those that are meant by a tag.

    That is the tag itself; else the one tag of the same language and usual script, of the same
    language, or of one that it stands for.
    """
    if not tag:
        return set()
    same = {code for code, each in known.items() if each == tag}
    if same:
        return same
    of_script = {code for code, each in known.items() if with_script(each) == with_script(tag)}
    of_language = {code for code, each in known.items() if language_of(each) == language_of(tag)}
    of_macro = {code for code, each in known.items() if is_part_of(each, tag)}
    for meant in (of_script, of_language, of_macro):
        if len({known[code] for code in meant}) == 1:
            return meant
    return set()
