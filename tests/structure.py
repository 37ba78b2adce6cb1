"""Texts made of what rules about names, phrases and protected spans look at."""

import random

STRUCTURE = (
    # segments
    "http://x.org/dog¦https://dog/(a)¦www.dog.com¦://¦ftp://¦mailto:a@x¦wwww.¦a@x¦@dog¦@¦#dog¦#¦##¦"
    "# ¦dog#a¦##dog¦/dog¦dog/a¦/¦./¦../dog¦~/¦~¦C:\\dog¦c:¦\\dog¦\\¦a/dog/a¦dog.py¦.¦..¦1.2¦v1.2¦"
    "-dog¦--¦--dog¦---¦,--dog¦(--dog¦dog_a¦_dog¦_¦dog._dog¦.__a¦a__b¦::¦dog::a¦:¦=¦dog=a¦a=1¦==¦"
    'camelDog¦DogA¦éÉ¦dog()¦dog(¦(¦)¦(s)¦("¦$dog¦:dog:`¦:a¦>>¦->¦|¦,¦"¦“¦”¦'
    # placeholders, entities, LaTeX, links, tags
    "{{a}}¦{a¦%(a)s¦%(¦<|a|>¦<|¦${¦{¦}¦&amp;¦&#39;¦&¦;¦\\dog{¦\\cite{dog}¦\\ref[a]{dog}¦"
    '\\begin{dog}¦\\end{dog}¦[¦]¦](¦](dog¦](a "the dog")¦][¦][dog]¦[a]: ¦\n[dog]: ¦'
    "<¦>¦<dog>¦</dog>¦<dog a>¦<a b=c>¦<!¦<dog/>¦<?¦<!--¦-->¦<pre>¦</pre>¦<pre a>¦\n<script a¦"
    "</script>¦<style\n¦</style>¦<code>¦</code>¦<kbd >¦</kbd>¦<tt¦"
    # pairs
    "$¦$$¦$$$¦$5¦x$¦`¦``¦```¦````¦~~~¦~~~~¦```dog¦`dog`¦dog`¦\\(¦\\)¦\\[¦\\]¦\n```\n¦\n~~~\n¦"
    "\n> ```\n¦\n  ````\n¦\n``` a`\n¦dog\n~~~¦\n\n~~~¦~~~\n¦"
    # lines of code
    "    a = b(c)\n¦\n    dog_a(x)\n¦    dog, a\n¦\n\tdog [a]\n¦a(¦a[¦{\n¦}\n¦:\n¦}\r\n¦::\n\n    ¦"
    "::\n¦dog::\n\n  ¦\n.. code::¦\n.. code-block:: dog\n\n¦\n.. dog::\n¦# a¦ // ¦ # ¦a # dog¦ = ¦"
    # contractions apart, apostrophes of all kinds, ignored characters
    "do not¦Did\nnot¦does n't¦do n&#39;t¦i 've¦it 's¦It ' s¦dog 's¦do 's¦he' ll¦can`t¦it´s¦it‘s¦"
    "it′s¦it＇s¦it\ufffds¦it&rsquo;s¦dog&#39;s¦DOG\\'S¦&rsquo;¦\\'¦&#x2019;¦´¦‘¦`s¦'s¦'t¦n't¦not¦do¦t¦s¦"
    "do\u00adg¦\u00ad¦dog\u200d¦\u200b¦\ufeffdog¦I\u00ad¦i\u2060t's¦it\u00ad's¦n\u00ad't¦"
    # what begins a sentence if a small word follows
    ': The dog¦:** A house¦"The dog¦“A house¦‘The "dog¦@dog The dog¦@dog @a The house¦'
    "@dog I¦: I'm¦ @¦"
    # fields, directives, templates, paths
    "\n:target: dog¦\n  :dog a: house¦\n:name:dog¦\n.. dog:: a¦\n.. |dog| house::¦\n..¦:dog:¦"
    "{{ dog }}¦{{¦}}¦{{{¦}}}¦{%¦%}¦{% dog %}¦<%¦%>¦%¦<|a|>dog\n¦|>dog<¦a#1¦#1¦dog#12¦his/her/dog¦"
    "A/and/dog¦And/b¦[a]: dog house\n¦\n[^a]: dog¦"
    # blanks and breaks
    "\n¦\n¦\n\n¦\n \n¦\n\t\n¦\n    ¦\n\t¦\n   \t¦\n        ¦\n  ¦\r\n¦\r\n\r\n¦ ¦ ¦ ¦  ¦\xa0¦"
    "\u2028¦\x85¦\x0c¦…¦—¦‑¦‐¦-¦- ¦'¦’¦Mr. ¦j. ¦etc. ¦Mr.\n¦. ¦! ¦? ¦"
    # words
    "dog¦Dog¦DOG¦a¦A¦I¦I'm¦i¦the¦The¦THE¦of¦Of¦house¦HOUSE¦House¦it's¦IT'S¦dog's¦Dog's¦DOG'S¦dogſs¦"
    "US¦us¦Us¦it¦IT¦Monday¦monday¦MONDAY¦mr¦x¦X¦é¦É¦犬¦1¦3rd¦²¦\u0301¦😀¦\x00"
).split("¦")
CONTAINERS = (
    "\n¦\n\n¦\n  ¦\n    ¦\n \t¦\n   ¦dog¦dog house¦```¦\n```\n¦\n> ```\n¦~~~~¦\n~~~\n¦```` dog\n¦"
    "\n<!--¦<!--¦-->¦-->\n\n¦\n<pre>¦<pre a>¦\n<pre¦</pre>¦\n<script x>\n¦</script>¦\n  <style>¦"
    "</style>¦::¦::\n\n¦dog::\n\n    dog\n\n  dog\n¦\n.. code::¦\n  .. code-block:: dog\n¦"
    "\n.. note::\n¦ ¦  ¦\u00a0¦\t¦\r¦\n> ¦<code>¦</code>¦\\(¦\\)¦\\[¦\\]¦`¦``¦$¦$$¦"
    ' a_b¦x(1)¦ = ¦{¦}\n¦:\n¦# ¦ // ¦\\¦é¦"¦I¦house'
).split("¦")
"""What opens and closes."""
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
    """Fences, comments, elements and code, opened and closed anywhere."""
    random_ = random.Random(seed)
    start = random_.choice(("", "", ".. code::\n\n  ", "<!--", "```\n", "dog::\n\n "))
    return start + "".join(random_.choices(CONTAINERS, k=count))
