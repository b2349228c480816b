"""HTML tables with a caption, headers that name their scope, and a scrollbar of their own where they are too wide."""

import html


def table(caption, head, rows, groups=(), numbers=False):
    """An HTML table that scrolls where it is too wide.

    Parameters
    ----------
    caption : str
    head : list of str
    rows : list of list of str
        The first cell of each is the row's header.
    groups : tuple of str, optional
        Headers over pairs of columns of numbers.
    numbers : bool, optional
        Whether the cells are numbers, and stand to the right.
    """
    text, align = html.escape, "right" if groups or numbers else "left"
    span = ' rowspan="2"' if groups else ""
    first = f'<th scope="col"{span}>{text(head[0])}</th>'
    top = "".join(f'<th scope="colgroup" colspan="2">{text(group)}</th>' for group in groups)
    columns = "".join(f'<th scope="col" style="text-align:{align}">{text(name)}</th>' for name in head[1:])
    header = f"<tr>{first}{top}</tr><tr>{columns}</tr>" if groups else f"<tr>{first}{columns}</tr>"
    # Long names break instead of pushing the numbers out of sight.
    style = "text-align:left;font-weight:normal" + (";white-space:normal;min-width:7.5rem" if numbers else "")
    body = []
    for name, *cells in rows:
        inner = "".join(f'<td style="text-align:{align}">{text(cell)}</td>' for cell in cells)
        body.append(f'<tr><th scope="row" style="{style}">{text(name)}</th>{inner}</tr>')
    return (
        f'<div role="region" tabindex="0" aria-label="{text(caption)}" style="overflow-x:auto">'
        f'<table class="course-table"><caption>{text(caption)}</caption>'
        f"<thead>{header}</thead><tbody>{''.join(body)}</tbody></table></div>"
    )
