"""`embedrec ratings recommend`, `similar` and `explain`: what a trained model answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command, json_option
from embedrec.cli.output import print_json, print_table
from embedrec.cli.ratings_options import asking_options
from embedrec.errors import ParameterError

if TYPE_CHECKING:
    from embedrec.recommend.ratings import RatingRecommender
    from embedrec.recommend.result import Recommendation, Recommendations

_N_REASONS_SHOWN = 3
_N_MATCHES_SHOWN = 5

topn_option = click.option("--topn", "-n", type=click.IntRange(min=1), default=10,
                           show_default=True, help="How many items.")  # fmt: skip


@click.command(short_help="Recommend items to a user, or for a history.")
@click.argument("model")
@asking_options
@topn_option
@click.option("--exclude", metavar="FILE", help="Items not to recommend, an id a line.")
@click.option("--candidates", metavar="FILE", help="Recommend only these, an id a line.")
@click.option("--seen/--no-seen", default=False, show_default=True,
              help="Whether items already rated may come back.")  # fmt: skip
@json_option
@every_command
def recommend(
    model: str, user: str | None, history: str | None, titles: str | None, topn: int,
    exclude: str | None, candidates: str | None, seen: bool, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Recommend items of MODEL, each with the ratings that moved it most.

    Without anything known of the person the items with most ratings come first.
    """
    from embedrec.recommend.history import read_exclusions

    progress = open_progress(quiet)
    recommender = open_recommender(model, titles)
    who = read_asker(recommender, user, history)
    found = recommender.recommend(
        who, topn, [] if exclude is None else read_exclusions(exclude), exclude_seen=not seen,
        candidates=None if candidates is None else read_exclusions(candidates), explain=True,
    )  # fmt: skip
    for item in found.unknown:
        progress.notice(f"{item} is not known to {model} and plays no part")
    if isinstance(who, list) and len(found.unknown) == len(who):
        progress.notice("nothing in the history is known: the items with most ratings come first")
    if as_json:
        print_json({"results": [_to_json(recommender, item) for item in found]})
    else:
        _print_recommendations(recommender, found)


@click.command(short_help="Show the items most like one.")
@click.argument("model")
@click.argument("item")
@click.option("--titles", metavar="FILE", help="Titles of items.")
@topn_option
@json_option
@every_command
def similar(
    model: str, item: str, titles: str | None, topn: int, as_json: bool, quiet: bool
) -> None:
    """Show the items that MODEL takes for most like ITEM (an id, or a title) and their cosines."""
    recommender = open_recommender(model, titles)
    found = recommender.similar_items(find_item(recommender, item), topn)
    if as_json:
        print_json({"results": [_name_item(recommender, i.item, score=i.score) for i in found]})
    else:
        print_table([(*_show_item(recommender, i.item), i.score) for i in found], right=[2])


@click.command(short_help="Say which ratings moved a prediction, and by how much.")
@click.argument("model")
@click.argument("item")
@asking_options
@topn_option
@json_option
@every_command
def explain(
    model: str, item: str, user: str | None, history: str | None, titles: str | None, topn: int,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Say what MODEL predicts for ITEM (an id, or a title), and which ratings moved it most.

    The shares of all ratings add up to the difference between the prediction and the one for
    someone without any; the --topn largest are shown.
    """
    recommender = open_recommender(model, titles)
    who = read_asker(recommender, user, history)
    found = recommender.explain(who, find_item(recommender, item))
    if as_json:
        because = [_name_item(recommender, name, share=share) for name, share in found.because]
        content = {"predicted": found.predicted, "base": found.base, "because": because}
        print_json({**_name_item(recommender, found.item), **content})
        return
    largest = sorted(found.because, key=lambda pair: -abs(pair[1]))[:topn]
    rest = sum(share for _, share in found.because) - sum(share for _, share in largest)
    rows: list[tuple[object, ...]] = [("", "for someone without ratings", f"{found.base:.4f}")]
    rows += [(*_show_item(recommender, name), f"{share:+.4f}") for name, share in largest]
    if len(found.because) > len(largest):
        rows.append(("", f"{len(found.because) - len(largest)} more", f"{rest:+.4f}"))
    rows.append((*_show_item(recommender, found.item), f"{found.predicted:.4f}"))
    print_table(rows, right=[2])


def open_recommender(model: str, titles: str | None) -> RatingRecommender:
    """Load a recommender; titles from a file go before those kept with it."""
    from embedrec.ratings.titles import read_titles
    from embedrec.recommend.ratings import RatingRecommender

    recommender = RatingRecommender.load(model)
    if titles is not None:
        recommender.titles = read_titles(titles)
    return recommender


def read_asker(recommender: RatingRecommender, user: str | None, history: str | None) -> Any:
    """Return whom --user or --history means; items may be given by their titles.

    Raises:
        ParameterError: if none or both are given.
        UnknownIdError: if there is no such user.
    """
    from embedrec.recommend.rating_history import UnknownIdError, parse_rating_history

    if (user is None) == (history is None):
        raise ParameterError("give --user ID, or --history ID=RATING,...", value=user)
    if user is not None:
        if user not in recommender.user_ids_:
            raise UnknownIdError("user", user, recommender.user_ids_)
        return user
    assert history is not None
    ids = set(recommender.model.item_ids_)
    by_title = {title.casefold(): item for item, title in recommender.titles.items()}

    def settle(name: str) -> str:
        return name if name in ids else by_title.get(name.casefold(), name)

    return [
        settle(one) if isinstance(one, str) else (settle(one[0]), one[1])
        for one in parse_rating_history(history)
    ]


def find_item(recommender: RatingRecommender, text: str) -> str:
    """Return the id that is meant: an id, a title, or a part that only one title has.

    Raises:
        ParameterError: if several titles have it.
        UnknownIdError: if there is none.
    """
    from embedrec.recommend.rating_history import UnknownIdError

    ids = recommender.model.item_ids_
    known = set(ids)
    if text in known:
        return text
    wanted = text.casefold()
    titles = {item: title for item, title in recommender.titles.items() if item in known}
    exact = [item for item, title in titles.items() if title.casefold() == wanted]
    found = exact or [item for item, title in titles.items() if wanted in title.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"{item} {titles[item]}" for item in found[:_N_MATCHES_SHOWN])
        dots = ", ..." if len(found) > _N_MATCHES_SHOWN else ""
        raise ParameterError(
            f"{len(found)} items are called {text!r}: {shown}{dots}; give the id", value=text
        )
    raise UnknownIdError("item", text, ids)


def _print_recommendations(recommender: RatingRecommender, found: Recommendations) -> None:
    rows = []
    for item in found:
        reasons = [
            " ".join(_show_item(recommender, name)[-1:]) or name
            for name in _list_reasons(item)[:_N_REASONS_SHOWN]
        ]
        rated = "" if item.rating is None else f"{item.rating:.2f}"
        because = f"because of {'; '.join(reasons)}" if reasons else ""
        rows.append((*_show_item(recommender, item.item), f"{item.score:.4g}", rated, because))
    print_table(rows, right=[2, 3])


def _list_reasons(item: Recommendation) -> list[str]:
    return [name for name, share in item.because if share > 0]


def _show_item(recommender: RatingRecommender, name: str) -> tuple[str, str]:
    return name, recommender.titles.get(name, "")


def _name_item(recommender: RatingRecommender, name: str, **more: float) -> dict[str, Any]:
    title = recommender.titles.get(name)
    return {"item": name, **({} if title is None else {"title": title}), **more}


def _to_json(recommender: RatingRecommender, item: Recommendation) -> dict[str, Any]:
    named = _name_item(recommender, item.item, score=item.score)
    return {**named, "rating": item.rating, "because": _list_reasons(item)}
