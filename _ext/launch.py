"""Buttons that open a chapter where it runs: made from one setting, ``course_repository``; none while it is empty.

Binder builds from the repository's ``binder`` folder. Colab opens notebooks of the branch ``colab``, which
``make colab`` fills: there a first cell fetches the library.
"""

import re
from urllib.parse import quote, urlsplit

from sphinx.errors import ExtensionError

CHAPTER = re.compile(r"chapters/\d\d_\w+")


def services(repository, page):
    """The services that can open a chapter of a repository: names and addresses.

    Parameters
    ----------
    repository : str
        Address of a public Git repository, such as ``"https://github.com/OWNER/NAME"``; empty for none.
    page : str
        A page of the book, such as ``"chapters/01_neuron"``.

    Returns
    -------
    list of (str, str)

    Raises
    ------
    ValueError
        The address is not one of a repository.
    """
    if not repository or not CHAPTER.fullmatch(page):
        return []
    address = urlsplit(repository.removesuffix("/").removesuffix(".git"))
    path = address.path.strip("/")
    if address.scheme != "https" or not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", path) or address.query or address.fragment:
        raise ValueError(f"course_repository must look like https://github.com/OWNER/NAME, got {repository!r}")
    kinds = {"github.com": f"gh/{path}", "gitlab.com": f"gl/{quote(path, safe='')}"}
    place = kinds.get(address.hostname, f"git/{quote(f'https://{address.netloc}/{path}', safe='')}")
    found = [("Binder", f"https://mybinder.org/v2/{place}/HEAD?urlpath=lab/tree/{page}.ipynb")]
    if address.hostname == "github.com":
        found.append(("Colab", f"https://colab.research.google.com/github/{path}/blob/colab/{page}.ipynb"))
    return found


def add_services(app, pagename, templatename, context, doctree):
    """The ``html-page-context`` event: what the template of the header shows."""
    try:
        context["course_services"] = services(app.config.course_repository, pagename)
    except ValueError as error:
        raise ExtensionError(f"_config.yml: {error}") from error


def setup(app):
    app.add_config_value("course_repository", "", "html")
    app.connect("html-page-context", add_services)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
