"""The marks of a guide's text, as the elements of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import reflex as rx
from markdown_it.tree import SyntaxTreeNode

from guitara_app.components.parts import link
from guitara_app.help.keys import KEYS
from guitara_app.help.pictures import PICTURES, THEMES


def elements(nodes: Iterable[SyntaxTreeNode]) -> list[rx.Component]:
    """One element for each mark.

    Raises:
        KeyError: a guide uses a mark, a picture or a list of keys that is not known; the build says so.
    """
    return [_MARKS[node.type](node) for node in nodes]


def _inside(node: SyntaxTreeNode) -> list[rx.Component]:
    return elements(node.children)


def _paragraph(node: SyntaxTreeNode) -> rx.Component:
    [inline] = node.children
    if [child.type for child in inline.children] == ["image"]:
        return _picture(inline.children[0])
    return rx.el.p(*_inside(node))


def _picture(node: SyntaxTreeNode) -> rx.Component:
    picture = PICTURES[str(node.attrs["src"])]

    def shown(theme: str) -> rx.Component:
        return rx.el.img(
            src=picture.address(theme),
            alt=node.content,
            loading="lazy",
            # As properties Reflex would make styles of them.
            custom_attrs={"width": picture.size[0], "height": picture.size[1]},
            class_name=f"when-{theme}",
        )

    return rx.el.figure(
        *(shown(theme) for theme in THEMES),
        rx.el.figcaption(node.content),
        class_name="guide-picture",
        data_narrow=picture.narrow,
    )


def _keys(node: SyntaxTreeNode) -> rx.Component:
    listed = KEYS[node.content.strip()]
    return rx.el.dl(
        *(
            part
            for key, meaning in listed
            for part in (rx.el.dt(*(rx.el.kbd(one, class_name="kbd") for one in key.split(" "))), rx.el.dd(meaning))
        ),
        class_name="keys guide-keys",
    )


def _link(node: SyntaxTreeNode) -> rx.Component:
    return link(*_inside(node), to=str(node.attrs["href"]))


_MARKS: dict[str, Callable[[SyntaxTreeNode], rx.Component]] = {
    "paragraph": _paragraph,
    "inline": lambda node: rx.fragment(*_inside(node)),
    "text": lambda node: rx.fragment(node.content),
    "softbreak": lambda node: rx.fragment(" "),
    "strong": lambda node: rx.el.b(*_inside(node)),
    "em": lambda node: rx.el.em(*_inside(node)),
    "code_inline": lambda node: rx.el.kbd(node.content, class_name="kbd"),
    "link": _link,
    "ordered_list": lambda node: rx.el.ol(*_inside(node)),
    "bullet_list": lambda node: rx.el.ul(*_inside(node)),
    "list_item": lambda node: rx.el.li(*_inside(node)),
    "fence": _keys,
}
