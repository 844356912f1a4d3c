"""Evidence that only a pair has: the words its names share, its places, its border crossings.

The rest is compared by Splink, column by column, as schemas/linkage.yaml declares.
"""

import ibis
import ibis.expr.types as ir

from pipelines.link.blocking import Known
from pipelines.statements import Hold

# What agreement of two words is worth: bits taken from those of the commoner of the two.
SAME_WORD, VARIANT, SAME_SPELLING = 0.0, 0.5, 1.0  # as written; by dictionary; folded
SLIP, TWO_SLIPS, CUT = 3.0, 5.0, 3.0  # mistyped; twice, in a long word; its beginning only
INITIAL_BITS = 2.0
COMMON_BITS = 2.0  # of words that follow from region, rank or birth order: I WAYAN, ANDI
COMMON_KINDS = ("order", "title")
BITS = 0.25  # steps in which rarity is measured; their sums are exact in any order
LEAST_BITS = 0.125  # what words that agree at all are worth
ALL = ""  # the spelling under which all named documents are counted
DATED = "--"  # the same for those with a birth date; with month and day, for those of a birthday
NEW_YEAR = "--01-01"
EXPECTED = 10  # documents of each birthday that a count is taken to begin with
DAYS = 365.25
LEAST_WORD = 2  # letters; initials are no key
LEAST_CUT, LEAST_SLIP, LEAST_TWO_SLIPS = 3, 4, 7  # letters of the shorter word

PLACED_WITHIN = 77  # days from the end of the process to the exit, eleven weeks
PLACED_EARLY, PLACED_LATE = 5, 120  # days before and after, in which any exit is in time
NEAR = 1  # days between list and entry


def words(spoken: ir.Table, dictionary: ir.Table) -> ir.Table:
    """The words of names in their forms. Key: name, word.

    Columns: name, word, canonical, spelling, letters (sorted). Takes `names.spoken` and
    `names.dictionary`.
    """
    spelled = dictionary.mutate(letters=dictionary.word.split("").sort().join(""))
    told = spoken.select("name", "word").distinct().inner_join(spelled, "word")
    return told.select("name", "word", "canonical", "spelling", "letters")


def keys(words: ir.Table) -> ir.Table:
    """What blocking looks for in a name. Key: name.

    Columns: spellings (sorted); words, whole_name and word_pairs: digests of those of at least
    LEAST_WORD letters, of all of them together and of every two, or the single one. Takes `words`.
    """
    spelt = words.select("name", "spelling").distinct()
    every = spelt.group_by("name").agg(spellings=spelt.spelling.collect())
    every = every.mutate(spellings=every.spellings.sort())
    every = every.mutate(long=every.spellings.filter(lambda word: word.length() >= LEAST_WORD))
    long = spelt.filter(spelt.spelling.length() >= LEAST_WORD)
    other = long.view()
    both = long.inner_join(other, [long.name == other.name, long.spelling < other.spelling])
    pairs = both.select(name=long.name, pair=long.spelling.hash() ^ other.spelling.hash())
    single = every.filter(every.long.length() == 1)
    found = pairs.union(single.select("name", pair=single.long[0].hash()))
    paired = found.group_by("name").agg(word_pairs=found.pair.collect())
    joined = every.left_join(paired, "name").drop("name_right")
    has_long = joined.long.length() > 0
    return joined.select(
        "name",
        "spellings",
        words=ibis.cases((has_long, joined.long.map(lambda word: word.hash()))),
        whole_name=ibis.cases((has_long, joined.long.join(" ").hash())),
        word_pairs=joined.word_pairs.sort(),
    )


def bearers(identities: ir.Table) -> ir.Table:
    """How many travel documents bear a word so spelt, or a birthday. Key: spelling.

    Of ALL every named one, of DATED every one with a birth date; birthdays are spelt `--MM-DD`.
    """
    documents = identities.filter(identities.kind == "document")
    named, dated = (documents.drop_null(column) for column in ("name", "birth_date"))
    borne = ibis.union(
        named.select(spelling=named.spellings.unnest()),
        named.select(spelling=ibis.literal(ALL)),
        dated.select(spelling=birthday(dated.birth_date)),
        dated.select(spelling=ibis.literal(DATED)),
    )
    return borne.group_by("spelling").agg(bearers=borne.count())


def birthday(day: ir.DateValue) -> ir.StringValue:
    """Month and day, as `bearers` spells them."""
    return ibis.literal(DATED) + day.strftime("%m-%d")


def step(bearers: ir.IntegerValue) -> ir.FloatingValue:
    """The size of a count in steps of BITS: what a word proves changes when it takes one."""
    return (bearers.log2() / BITS).round() * BITS


def crowded(bearers: ir.Table) -> ir.Table:
    """Birthdays that prove less than others: of whom only the year is known, they are the first of
    January or another day on which clerks agreed. Key: spelling; bits, in whole ones, from 1 on.

    Twice as many bearers as a day should have are worth a bit less.
    """
    days = bearers.filter(bearers.spelling.startswith(DATED))
    every = days.filter(days.spelling == DATED).bearers.max().as_scalar().fill_null(0)
    ordinary = every / DAYS + EXPECTED
    of_day = days.filter(days.spelling != DATED)
    bits = ((of_day.bearers + EXPECTED) / ordinary).log2().floor()
    told = of_day.select("spelling", bits=bits.cast("float64"))
    return told.filter(told.bits >= 1)


def proven(bearers: ir.Table) -> ir.Table:
    """What is weighed by how many bear it. Key: spelling; bits of `step`, and of `crowded`."""
    words = bearers.filter(~bearers.spelling.startswith(DATED))
    stepped = words.select("spelling", bits=step(words.bearers))
    return stepped.filter(stepped.bits > 0).union(crowded(bearers))


def weighed(words: ir.Table, bearers: ir.Table, name_words: ir.Table) -> ir.Table:
    """`words` with bits, what each proves: -log2 of the share of documents whose name has it.

    In steps of BITS, so that one more bearer of a common word changes nothing; little for words of
    COMMON_KINDS. Takes `bearers` and the reference table `name_words`.
    """
    common = name_words.filter(name_words.kind.isin(COMMON_KINDS)).select("word").distinct()
    known = words.left_join(bearers, "spelling").drop("spelling_right")
    known = known.left_join(common.mutate(is_common=ibis.literal(True)), "word").drop("word_right")
    every = bearers.filter(bearers.spelling == ALL).bearers.max().as_scalar()
    bits = step(ibis.greatest(every, 1)) - step(ibis.greatest(known.bearers.fill_null(1), 1))
    return known.select(
        *words.columns,
        bits=known.is_common.isnull().ifelse(bits, ibis.least(bits, COMMON_BITS)),
    )


def shared_words(pairs: ir.Table, words: ir.Table) -> ir.Table:
    """What the names of a pair share. Key: record_key, anchor_key; pairs without a name are absent.

    Takes (record_key, anchor_key, name_l, name_r). shared_bits: the bits of the words that agree,
    by the name that shares less; left_over: how many of the two names have words of their own.
    """
    named = pairs.filter(pairs.name_l.notnull() & pairs.name_r.notnull()).select(
        "record_key", "anchor_key", name_l=pairs.name_l.hash(), name_r=pairs.name_r.hash()
    )
    left, right = (_renamed(_digested(words), side) for side in ("l", "r"))
    names = named.select("name_l", "name_r").distinct()
    crossed = names.inner_join(left, "name_l").inner_join(right, "name_r")
    weighed = crossed.select(
        "name_l", "name_r", "own_l", "own_r", "bits_l", "bits_r",
        is_joined=crossed.joined_l == crossed.joined_r,  # NUR HAYATI
        bits=agreement(crossed),
    )  # fmt: skip
    both = _side(weighed, "l").inner_join(_side(weighed, "r"), ["name_l", "name_r"])
    shared = both.select(
        "name_l",
        "name_r",
        shared_bits=both.is_joined_l.ifelse(
            ibis.least(both.all_l, both.all_r), ibis.least(both.bits_l, both.bits_r)
        ),
        left_over=both.is_joined_l.ifelse(
            0, both.alone_l.cast("int64") + both.alone_r.cast("int64")
        ),
    )
    return named.inner_join(shared, ["name_l", "name_r"]).drop("name_l", "name_r")


def _renamed(words: ir.Table, side: str) -> ir.Table:
    return words.rename({f"{c}_{side}": c for c in words.columns})


def _digested(words: ir.Table) -> ir.Table:
    """Words with digests of all that need only be equal; a nation's names are grouped by them in
    half the time. `own` is the word itself, `joined` its name without spaces."""
    forms = {name: words[name].hash() for name in ("name", "canonical", "spelling", "letters")}
    whole = words.name.replace(" ", "").hash()
    return words.select("word", "bits", **forms, own=words.word.hash(), joined=whole)


def _side(weighed: ir.Table, side: str) -> ir.Table:
    """Per two names: the bits that the words of one side find in the other, and all they have."""
    best = weighed.group_by("name_l", "name_r", f"own_{side}").agg(
        bits=weighed.bits.max(),
        most=weighed[f"bits_{side}"].max(),
        is_joined=weighed.is_joined.any(),
    )
    found = {
        f"bits_{side}": best.bits.sum(),
        f"all_{side}": best.most.sum(),
        f"alone_{side}": (best.bits <= 0).any(),
        f"is_joined_{side}": best.is_joined.any(),
    }
    return best.group_by("name_l", "name_r").agg(**found)


def agreement(t: ir.Table) -> ir.FloatingValue:
    """Bits by which two words (`_digested`, _l and _r) agree; 0 where they do not."""
    bits = ibis.least(t.bits_l, t.bits_r)
    shorter = ibis.least(t.word_l.length(), t.word_r.length())
    edits = t.word_l.levenshtein(t.word_r)
    is_slip = (shorter >= LEAST_SLIP) & (
        (edits <= 1) | ((edits == 2) & (t.letters_l == t.letters_r))
    )
    is_cut = (shorter >= LEAST_CUT) & (
        t.word_l.startswith(t.word_r) | t.word_r.startswith(t.word_l)
    )
    is_initial = (shorter == 1) & (t.word_l.left(1) == t.word_r.left(1))
    worth = ibis.cases(
        (t.own_l == t.own_r, bits - SAME_WORD),
        (t.canonical_l == t.canonical_r, bits - VARIANT),
        (t.spelling_l == t.spelling_r, bits - SAME_SPELLING),
        (is_initial, ibis.least(bits, INITIAL_BITS)),
        (is_slip, bits - SLIP),
        (is_cut, bits - CUT),
        ((shorter >= LEAST_TWO_SLIPS) & (edits <= 2), bits - TWO_SLIPS),
        else_=0.0,
    )
    agrees = (t.spelling_l == t.spelling_r) | is_initial | is_slip | is_cut
    agrees = agrees | ((shorter >= LEAST_TWO_SLIPS) & (edits <= 2))
    return agrees.ifelse(ibis.greatest(worth, LEAST_BITS), 0.0)


def shared_places(pairs: ir.Table) -> ir.Table:
    """How many regencies and provinces a pair shares. Key: record_key, anchor_key.

    Takes places_l and places_r. A pair of which one paper names no place is absent.
    """
    left = pairs.select("record_key", "anchor_key", "places_r", l=pairs.places_l.unnest())
    crossed = left.select("record_key", "anchor_key", "l", r=left.places_r.unnest())
    return crossed.group_by("record_key", "anchor_key").agg(
        shared_places=(crossed.l == crossed.r).sum().cast("int64"),
        shared_provinces=(crossed.l.left(2) == crossed.r.left(2)).sum().cast("int64"),
    )


def crowding(pairs: ir.Table, bearers: ir.Table) -> ir.Table:
    """`pairs` with crowded_bits: what their birthday proves less than another; null for nothing.

    Takes birth_date_l and birth_date_r. A birthday is shared where the years differ, too, and where
    one paper has the first of January of the other's year.
    """
    left, right = pairs.birth_date_l, pairs.birth_date_r
    new_year = ibis.or_(*((d.month() == 1) & (d.day() == 1) for d in (left, right)))
    shared = ibis.cases(
        ((left.month() == right.month()) & (left.day() == right.day()), birthday(left)),
        ((left.year() == right.year()) & new_year, NEW_YEAR),
    )
    crowds = crowded(bearers).select(shared_birthday="spelling", crowded_bits="bits")
    told = pairs.mutate(shared_birthday=shared).left_join(crowds, "shared_birthday")
    return told.select(*pairs.columns, "crowded_bits")


# Border crossings

# Events by strength; the strongest of a pair counts.
EVENTS = ("none", "later", "in_time", "to_destination", "used_later", "was_abroad", "was_there",
          "entry_from_elsewhere", "entry_on_the_day")  # fmt: skip
RANK = {name: number for number, name in enumerate(EVENTS)}


def trips(crossings: ir.Table, documents: ir.Table) -> ir.Table:
    """Crossings on `documents` (record_key, travel_document), each with the days of its neighbours.

    Columns: record_key, is_exit, crossed_on, country_code, is_first, previous_on (null for the
    first), next_on (null for the last), is_next_entry, is_lone_entry (not after an exit on the
    same document).
    """
    theirs = crossings.select(
        "crossing_id", "crossed_at", "is_exit", "crossed_on", "country_code",
        travel_document=crossings.document_number,
    ).inner_join(documents, "travel_document")  # fmt: skip
    order = ibis.window(group_by="record_key", order_by=["crossed_at", "crossing_id"])
    following = theirs.mutate(
        previous_on=theirs.crossed_on.lag().over(order),
        next_on=theirs.crossed_on.lead().over(order),
        is_next_entry=(~theirs.is_exit.lead().over(order)).fill_null(False),
        is_first=ibis.row_number().over(order) == 0,
        is_lone_entry=~theirs.is_exit & ~theirs.is_exit.lag().over(order).fill_null(False),
    )
    return following.drop("crossing_id", "crossed_at", "travel_document")


def events(pairs: ir.Table, trips: ir.Table) -> ir.Table:
    """The strongest event of each pair. Key: record_key, anchor_key; column event.

    Takes (record_key, anchor_key, kind, event_on, event_country) of placements, lists and papers
    in lieu; pairs whose document has no crossing are absent.
    """
    of_document = trips.rename(anchor_key="record_key")
    joined = pairs.filter(pairs.event_on.notnull()).inner_join(of_document, "anchor_key")
    days = joined.crossed_on.delta(joined.event_on, unit="day")
    there = (joined.country_code == joined.event_country).fill_null(False)
    is_placement = joined.kind == "placement"
    is_on_the_day = ~joined.is_exit & days.between(-NEAR, NEAR)
    is_arrival = is_on_the_day & joined.kind.isin(("list", "list_paper"))
    came_later = joined.is_next_entry & (joined.next_on > joined.event_on + _days(NEAR))
    is_open = joined.next_on.isnull() | (joined.next_on >= joined.event_on - _days(NEAR))
    still_away = is_open & ~came_later.fill_null(False)  # who enters weeks later was not home
    was_away = joined.is_exit & (days <= 0) & still_away
    soon = joined.is_exit & days.between(0, PLACED_WITHIN)
    in_time = joined.is_exit & days.between(-PLACED_EARLY, PLACED_LATE)
    later = joined.is_exit & (days >= 0)
    event = ibis.cases(
        (is_placement & soon & there, RANK["to_destination"]),
        (is_placement & in_time, RANK["in_time"]),
        (is_placement & later & there, RANK["later"]),
        (is_placement, RANK["none"]),
        (is_arrival & there, RANK["entry_on_the_day"]),
        (is_arrival & (joined.kind == "list_paper"), RANK["entry_from_elsewhere"]),
        (was_away & there, RANK["was_there"]),
        (was_away, RANK["was_abroad"]),
        (days > NEAR, RANK["used_later"]),
        else_=RANK["none"],
    )
    ranked = joined.select("record_key", "anchor_key", rank=event)
    best = ranked.group_by("record_key", "anchor_key").agg(rank=ranked.rank.max())
    return best.select("record_key", "anchor_key", event=_named(best.rank))


def _days(number: int) -> ir.IntervalScalar:
    return ibis.interval(days=number)


def _named(rank: ir.IntegerValue) -> ir.StringValue:
    return ibis.cases(*((rank == number, name) for name, number in RANK.items()))


# All together

ATTRIBUTES = ("kind", "name", "birth_date", "birth_year", "sex", "nik", "document_number",
              "event_on", "event_country")  # fmt: skip
OF_PAPERS = (*ATTRIBUTES, "places")
SHARED = ("shared_bits", "left_over", "shared_places", "shared_provinces", "event", "crowded_bits")


def compared(
    known: Known,
    pairs: ir.Table,
    trips: ir.Table,
    words: ir.Table,
    hold: Hold = lambda table: table,
) -> ir.Table:
    """Pairs with both papers beside each other and what they share. Key: record_key, anchor_key.

    Columns: kind, ATTRIBUTES of both papers with _l and _r, SHARED. `words` are the weighed words
    of their names. `hold` works out the papers beside each other, of which everything is made.
    """
    beside = hold(_with_returns(_side_by_side(known, pairs), trips)).view()
    dated = beside.select("record_key", "anchor_key", "kind", event_on="event_on_l",
                          event_country="event_country_l")  # fmt: skip
    happened = events(dated, trips).union(renewals(beside, trips))
    tables = (shared_words(beside, words), shared_places(beside), happened)
    joined = crowding(beside.drop("places_l", "places_r"), known.bearers)
    for table in tables:
        joined = joined.left_join(table, ["record_key", "anchor_key"]).drop(
            "record_key_right", "anchor_key_right"
        )
    nameless = joined.name_l.isnull() | joined.name_r.isnull()
    return joined.mutate(
        shared_bits=nameless.ifelse(ibis.null("float64"), joined.shared_bits.fill_null(0.0)),
        left_over=joined.left_over.fill_null(2),
    )


def _side_by_side(known: Known, pairs: ir.Table) -> ir.Table:
    papers = known.identities.select("record_key", *OF_PAPERS)
    left = papers.rename({f"{c}_l": c for c in OF_PAPERS})
    right = papers.rename({f"{c}_r": c for c in OF_PAPERS}).rename(anchor_key="record_key")
    joined = pairs.inner_join(left, "record_key").inner_join(right, "anchor_key")
    return joined.select(*pairs.columns, *(f"{c}_{s}" for c in OF_PAPERS for s in ("l", "r")))


def _with_returns(beside: ir.Table, trips: ir.Table) -> ir.Table:
    """Papers in lieu come home on the day, and from the country, of the entry they begin with."""
    entered = trips.filter(~trips.is_exit & trips.is_first)
    first = entered.select("record_key", returned_on="crossed_on", returned_from="country_code")
    joined = beside.left_join(first, "record_key").drop("record_key_right")
    is_in_lieu = joined.kind_l == "splp"
    return joined.mutate(
        event_on_l=is_in_lieu.ifelse(joined.returned_on, joined.event_on_l),
        event_country_l=is_in_lieu.ifelse(joined.returned_from, joined.event_country_l),
    ).drop("returned_on", "returned_from")


def renewals(beside: ir.Table, trips: ir.Table) -> ir.Table:
    """How the second passport follows the first. Key: record_key, anchor_key; column event."""
    followed = trips.filter(trips.next_on.isnull()).select(
        "record_key", last="is_exit", last_on="crossed_on"
    )
    opened = trips.filter(trips.is_first).select(
        "record_key", first="is_exit", first_on="crossed_on"
    )
    renewed = beside.filter(beside.kind == "renewal").select("record_key", "anchor_key").view()
    joined = (
        renewed.inner_join(followed, "record_key")
        .inner_join(opened.rename(anchor_key="record_key"), "anchor_key")
        .left_join(homecomings(renewed, trips), ["record_key", "anchor_key"])
    )
    event = ibis.cases(
        (joined.is_from_there, "comes_home"),
        (joined.is_from_there.notnull(), "comes_home_otherwise"),
        (joined.last_on > joined.first_on, "overlaps"),
        (joined["last"] != joined["first"], "continues"),
        else_="breaks",
    )
    return joined.select("record_key", "anchor_key", event=event)


def homecomings(pairs: ir.Table, trips: ir.Table) -> ir.Table:
    """Pairs of passports of which the one leaves and the other comes home. Key: record_key,
    anchor_key.

    The entry follows no exit on its own passport and lies where that exit should end: before
    anything else on the passport that left, and where that is an entry as well, with an exit on
    the one that came home in between. Column is_from_there: from the country left for.
    """
    left = trips.filter(trips.is_exit).select(
        out_key="record_key", left_on="crossed_on", until="next_on", left_for="country_code",
        is_closed="is_next_entry",
    )  # fmt: skip
    came = trips.filter(trips.is_lone_entry).select(
        home_key="record_key",
        came_on="crossed_on",
        came_from="country_code",
        left_again_on=ibis.cases((~trips.is_next_entry, trips.next_on)),
    )
    either = ibis.union(
        pairs.mutate(out_key=pairs.record_key, home_key=pairs.anchor_key),
        pairs.mutate(out_key=pairs.anchor_key, home_key=pairs.record_key),
    )
    met = either.inner_join(left, "out_key").inner_join(came, "home_key")
    is_between = (met.left_on <= met.came_on) & (met.came_on <= met.until).fill_null(True)
    has_left_again = (met.left_again_on <= met.until).fill_null(False)
    found = met.filter(is_between & (~met.is_closed | has_left_again))
    return found.group_by("record_key", "anchor_key").agg(
        is_from_there=(found.left_for == found.came_from).fill_null(False).any()
    )
