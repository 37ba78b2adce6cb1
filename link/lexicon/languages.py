"""Language codes: two letters (ISO 639-1) where a language has them, and the three that it has too.

Some publishers name languages by two letters, some by three; users may give either.
"""

import re

from link.errors import LexiconError

# ISO 639-1 and ISO 639-3 (of the two kinds that ISO 639-2 has, the terminological one).
_CODES = """
aa aar ab abk ae ave af afr ak aka am amh an arg ar ara as asm av ava ay aym az aze ba bak be bel
bg bul bi bis bm bam bn ben bo bod br bre bs bos ca cat ce che ch cha co cos cr cre cs ces cu chu
cv chv cy cym da dan de deu dv div dz dzo ee ewe el ell en eng eo epo es spa et est eu eus fa fas
ff ful fi fin fj fij fo fao fr fra fy fry ga gle gd gla gl glg gn grn gu guj gv glv ha hau he heb
hi hin ho hmo hr hrv ht hat hu hun hy hye hz her ia ina id ind ie ile ig ibo ii iii ik ipk io ido
is isl it ita iu iku ja jpn jv jav ka kat kg kon ki kik kj kua kk kaz kl kal km khm kn kan ko kor
kr kau ks kas ku kur kv kom kw cor ky kir la lat lb ltz lg lug li lim ln lin lo lao lt lit lu lub
lv lav mg mlg mh mah mi mri mk mkd ml mal mn mon mr mar ms msa mt mlt my mya na nau nb nob nd nde
ne nep ng ndo nl nld nn nno no nor nr nbl nv nav ny nya oc oci oj oji om orm or ori os oss pa pan
pi pli pl pol ps pus pt por qu que rm roh rn run ro ron ru rus rw kin sa san sc srd sd snd se sme
sg sag sh hbs si sin sk slk sl slv sm smo sn sna so som sq sqi sr srp ss ssw st sot su sun sv swe
sw swa ta tam te tel tg tgk th tha ti tir tk tuk tl tgl tn tsn to ton tr tur ts tso tt tat tw twi
ty tah ug uig uk ukr ur urd uz uzb ve ven vi vie vo vol wa wln wo wol xh xho yi yid yo yor za zha
zh zho zu zul
""".split()
_THREE = dict(zip(_CODES[::2], _CODES[1::2], strict=True))
_TWO = {three: two for two, three in _THREE.items()} | {"swh": "sw", "cmn": "zh", "pes": "fa"}

_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")


def language_tag(text: str) -> str:
    """A tag as publishers spell it: the shortest code in lower case, then what narrows it down.

    Raises `LexiconError` for what is no language code, and for English.

    >>> language_tag("DEU"), language_tag("mni_mtei"), language_tag("fa-af")
    ('de', 'mni-Mtei', 'fa-AF')
    """
    match = _TAG.fullmatch(text)
    if not match:
        raise LexiconError(f"{text!r} is no language code; give one such as de, sw or mni-Mtei")
    language = match[1].lower()
    language = _TWO.get(language, language)
    if language == "en":
        raise LexiconError(f"{text!r} is English; name the language to translate into")
    parts = re.split("[-_]", match[2])[1:]
    return "-".join([language, *(p.title() if len(p) == 4 else p.upper() for p in parts)])


def three_letters(language: str) -> str:
    """The code of three letters of a language.

    >>> three_letters("de"), three_letters("arn")
    ('deu', 'arn')
    """
    return _THREE.get(language, language)


def names_script(tag: str) -> bool:
    """Whether a tag says which script the language is written in.

    >>> names_script("ber-Latn"), names_script("fa-AF"), names_script("de")
    (True, False, False)
    """
    return any(len(part) == 4 for part in tag.split("-")[1:])
