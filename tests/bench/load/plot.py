"""Plots of run.py's figures as SVG, by hand: a bar chart and a chart of lines."""
from html import escape

COLOURS = ["#9aa5b1", "#2f855a", "#3182ce", "#b7791f", "#805ad5"]


def _document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
            + "".join(parts) + "</svg>\n")


def bars(title, groups, names, unit):
    """groups: [(label, {name: value})]; a bar a value, scaled within its group."""
    parts, y = [f'<text x="10" y="20" font-size="15">{escape(title)}</text>'], 44
    for index, name in enumerate(names):
        parts.append(f'<rect x="{10 + 110 * index}" y="30" width="10" height="10" fill="{COLOURS[index]}"/>'
                     f'<text x="{24 + 110 * index}" y="39">{escape(name)}</text>')
    for label, values in groups:
        y += 10
        parts.append(f'<text x="10" y="{y + 11}">{escape(label)}</text>')
        largest = max(values.values())
        for name in names:
            if name not in values:
                continue
            width = 300 * values[name] / largest
            parts.append(f'<rect x="270" y="{y}" width="{width:.1f}" height="13" fill="{COLOURS[names.index(name)]}"/>'
                         f'<text x="{275 + width:.1f}" y="{y + 11}">{values[name]:.2f} {unit}</text>')
            y += 16
    return _document(660, y + 16, parts)


def _line(points, colour, left, top, step, most):
    path, marks = [], []
    for at, (_, y) in enumerate(points):
        px, py = left + 5 + step * at, top + 140 - 140 * y / most
        path.append(f"{px:.1f} {py:.1f}")
        marks.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>'
                     f'<text x="{px:.1f}" y="{py - 7:.1f}" text-anchor="middle" font-size="10">{y:.3g}</text>')
    return f'<path d="M{"L".join(path)}" fill="none" stroke="{colour}"/>' + "".join(marks)


def lines(title, panels):
    """panels: [(what grows, unit, {name: [(size, value)]})]; each a small chart on its own scale from zero."""
    names = sorted({name for _, _, curves in panels for name in curves})
    colours = dict(zip(names, COLOURS))
    parts = [f'<text x="10" y="20" font-size="15">{escape(title)}</text>']
    for index, name in enumerate(names):
        parts.append(f'<rect x="{420 + 90 * index}" y="10" width="10" height="10" fill="{colours[name]}"/>'
                     f'<text x="{434 + 90 * index}" y="19">{escape(name)}</text>')
    for index, (label, unit, curves) in enumerate(panels):
        left, top = 50 + 330 * (index % 2), 50 + 210 * (index // 2)
        sizes = [size for size, _ in next(iter(curves.values()))]
        step = 260 / max(1, len(sizes) - 1)
        most = max(value for points in curves.values() for _, value in points) * 1.15 or 1
        parts.append(f'<text x="{left}" y="{top - 8}">{escape(unit)}</text>'
                     f'<path d="M{left} {top}v140h270" fill="none" stroke="#52606d"/>'
                     f'<text x="{left + 135}" y="{top + 170}" text-anchor="middle">{escape(label)}</text>')
        for at, size in enumerate(sizes):
            parts.append(f'<text x="{left + 5 + step * at:.1f}" y="{top + 154}" text-anchor="middle" '
                         f'font-size="10">{size:,}</text>')
        parts += [_line(points, colours[name], left, top, step, most) for name, points in curves.items()]
    return _document(700, 60 + 210 * ((len(panels) + 1) // 2), parts)
