"""Reads what a page says: its links, headings, tables, ids and words, as a person would find them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

BLOCKS = frozenset({"dd", "details", "div", "dt", "h1", "h2", "h3", "li", "p", "td", "th", "tr", "ul", "ol", "dl"})
VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "rect", "line", "col", "wbr"})


@dataclass
class Element:
    """An element with its attributes and all text in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Reading(HTMLParser):
    """A page as a wide window shows it: what stands there for narrow ones only is left out."""

    html: str
    elements: list[Element] = field(default_factory=list)
    open_elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.handle_data(" ")
        element = Element(tag, {name: value or "" for name, value in attrs})
        if not self.is_left_out:
            self.elements.append(element)
        if tag not in VOID:
            self.open_elements.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.is_left_out:
            self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self.open_elements:
            if self.open_elements.pop().name == tag:
                break

    def handle_data(self, data: str) -> None:
        if self.is_left_out:
            return
        for element in self.open_elements:
            element.text += data

    @property
    def is_left_out(self) -> bool:
        """Whether we stand in something that a wide window does not show."""
        return any("narrow-only" in element.attributes.get("class", "") for element in self.open_elements)

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Return the elements of this name with these attributes."""
        return [
            element
            for element in self.elements
            if element.name == name and attributes.items() <= element.attributes.items()
        ]

    @property
    def text(self) -> str:
        """All words between the tags, spaces put together."""
        return words(self.all("body")[0].text)

    @property
    def links(self) -> list[tuple[str, str]]:
        """Each link as (address, words)."""
        return [(link.attributes.get("href", ""), words(link.text)) for link in self.all("a")]

    def link(self, text: str) -> str:
        """Return the address of the first link with these words."""
        return next(address for address, said in self.links if said == text)

    @property
    def heading_levels(self) -> list[int]:
        """The levels of the headings, in their order."""
        return [int(element.name[1]) for element in self.elements if re.fullmatch(r"h[1-6]", element.name)]


def words(text: str) -> str:
    """Return the text with runs of white space as one space."""
    return " ".join(text.split())


def read(response: Any) -> Reading:
    """Return the page of a response."""
    return Reading(response.content.decode())


def figures(page: Reading, path: str) -> list[tuple[str, int]]:
    """Return the links with a query to `path` that show a single number, as (address, number)."""
    found = []
    for address, said in page.links:
        numbers = re.findall(r"(?<![\w-])\d[\d,]*(?![\w-])", said)
        if address.startswith(f"{path}?") and len(numbers) == 1:
            found.append((address, int(numbers[0].replace(",", ""))))
    return found


CHANGING = re.compile(rb'Printed \d[^\n]*|name="csrfmiddlewaretoken" value="[^"]*"')


def without_the_hour(response: Any) -> bytes:
    """Return what a response says, but for the instant at which it was printed and the token of its forms."""
    return CHANGING.sub(b"", response.content)
