"""Mixtures: how many tokens each source gives to a training run, and the shards in that mixture.

    sources.py   what there is: English, substituted, target and other text, as the user names it
    count.py     how much of it there is, counted or from a sample
    choose.py    which documents of a source are taken, and in which order they stand
    solve.py     how a budget is parted, by shares and caps
    plan.py      the plan: both together, what is short, and what would mend it
    configs.py   the plan as the data section of other stacks' configurations
    mix.py       the shards of a plan, written or only listed (spill.py sorts them on the disk)

Nothing here trains, and nothing makes tokens: stacks have their own tools for that.
"""
