"""Texts made of what rules about names, phrases and protected spans look at."""

import random

STRUCTURE = (
    "http://x.org/dog¦https://dog/(a)¦www.dog.com¦://¦ftp://¦mailto:a@x¦wwww.¦a@x¦@dog¦@¦#dog¦"
    "#¦##¦# ¦dog#a¦/dog¦dog/a¦/¦./¦../dog¦~/¦~¦C:\\dog¦c:¦\\dog¦\\¦a/dog/a¦dog.py¦.¦..¦1.2¦"
    "v1.2¦v1¦1.2.3¦V2¦-dog¦--¦--dog¦---¦dog_a¦_¦::¦dog::a¦:¦=¦dog=a¦a=1¦==¦camelDog¦DogA¦"
    "::\n\n¦::\n¦\n\n  dog¦\n   dog::\n\n¦\n.. code::¦\n .. code-block:: dog\n¦\n<!--¦"
    "\n> <pre>¦<script a¦\n<pre\n¦\n<style¦</pre>¦\n</script>\n¦-->\n\n¦\n    ¦\n  ¦\n \t¦éÉ¦"
    'dog()¦dog(¦(¦)¦(s)¦("¦${¦$dog¦$¦$$¦$$$¦$5¦x$¦`¦``¦```¦````¦~~~¦~~~~¦```dog¦\n```\n¦'
    "\n~~~\n¦\n> ```\n¦\n  ````\n¦\n``` a`\n¦<¦>¦<dog>¦</dog>¦<dog a>¦<a b=c>¦<!¦<dog/>¦<!--¦"
    "-->¦<?¦&amp;¦&#39;¦&¦;¦\\dog{¦\\cite{dog}¦\\ref[a]{dog}¦\\begin{dog}¦{¦}¦[¦]¦](¦](dog¦\\(¦"
    '\\)¦\\[¦\\]¦|¦,¦"¦“¦”¦\n¦\n¦\n\n¦\n \n¦\n\t\n¦\n    ¦\n\t¦\n   \t¦\n        ¦\r\n¦'
    "\r\n\r\n¦ ¦ ¦ ¦  ¦\xa0¦\u2028¦\x85¦\x0c¦…¦—¦‑¦‐¦-¦- ¦'¦’¦\n>>> ¦\n$ ¦$ dog¦>>> a=¦>>¦->¦"
    "Mr. ¦j. ¦etc. ¦Mr.\n¦. ¦! ¦? ¦dog¦Dog¦DOG¦a¦A¦I¦I'm¦i¦the¦The¦THE¦of¦Of¦house¦HOUSE¦House¦"
    "it's¦IT'S¦dog's¦Dog's¦DOG'S¦dogſs¦US¦us¦Us¦it¦IT¦Monday¦monday¦MONDAY¦mr¦x¦X¦é¦É¦犬¦1¦3rd¦"
    '²¦́¦😀¦\x00¦<code>¦</code>¦<pre a>¦\\begin{math}¦\\end{math}¦:dog:`¦:a¦](a "the dog")¦'
    ".. dog::¦dog::¦,--dog¦(--dog¦##dog¦dog\n~~~¦\n\n~~~¦\n~~~\n¦a1-b-c-d-e¦dead-beef-1-2-3-¦"
    "a-b-c-d-e¦_dog¦dog._dog¦.__a¦a__b¦`dog`¦dog`"
).split("¦")
CONTAINERS = (
    "\n¦\n\n¦\n  ¦\n    ¦\n \t¦\n   ¦dog¦dog house¦```¦\n```\n¦\n> ```\n¦~~~~¦\n~~~\n¦```` dog\n¦"
    "\n<!--¦<!--¦-->¦-->\n\n¦\n<pre>¦<pre a>¦\n<pre¦</pre>¦\n<script x>\n¦</script>¦\n  <style>¦"
    "</style>¦::¦::\n\n¦dog::\n\n    dog\n\n  dog\n¦\n.. code::¦\n  .. code-block:: dog\n¦"
    "\n.. note::\n¦ ¦  ¦\u00a0¦\t¦\r¦\n> ¦<code>¦</code>¦\\begin{math}¦\\end{math}¦\\(¦\\)¦`¦$¦"
    ' a_b¦x(1)¦\\¦é¦"¦I¦house'
).split("¦")
"""What goes on across blank lines."""
RHYTHM = "dog Dog DOG the The of a A house House I it IT us".split()


def structured_text(count: int, seed: int) -> str:
    """Short lines of words with marks, blanks and breaks that rules about context look at."""
    random_ = random.Random(seed)
    structure = random_.choice((0.1, 0.3, 0.6))
    words = random_.choice((RHYTHM, ("DOG", "THE", "A", "US"), ("Dog", "The", "of", "House", "A")))
    gaps = random_.choice(((" ",), (" ", "-", "\n", ". "), (" ", " ", "\n\n", "\n", "  ", " \n ")))
    pieces = []
    for _ in range(count):
        pick = STRUCTURE if random_.random() < structure else words
        pieces += [random_.choice(pick), random_.choice(gaps)]
    return "".join(pieces)


def container_text(count: int, seed: int) -> str:
    """Fences, comments, elements and literal blocks, opened and closed anywhere."""
    random_ = random.Random(seed)
    start = random_.choice(("", "", ".. code::\n\n  ", "<!--", "```\n", "dog::\n\n "))
    return start + "".join(random_.choices(CONTAINERS, k=count))
