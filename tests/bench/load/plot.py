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


def lines(title, panels):
    """panels: [(x label, [(x, y)], y label)]; each a small chart on its own scale from zero."""
    parts = [f'<text x="10" y="20" font-size="15">{escape(title)}</text>']
    for index, (x_label, points, y_label) in enumerate(panels):
        left, top = 50 + 330 * (index % 2), 50 + 210 * (index // 2)
        most_y = max(y for _, y in points) * 1.15 or 1
        step = 260 / max(1, len(points) - 1)
        parts.append(f'<text x="{left}" y="{top - 8}">{escape(y_label)}</text>'
                     f'<path d="M{left} {top}v140h270" fill="none" stroke="#52606d"/>')
        path = []
        for at, (x, y) in enumerate(points):
            px, py = left + 5 + step * at, top + 140 - 140 * y / most_y
            path.append(f"{px:.1f} {py:.1f}")
            parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{COLOURS[1]}"/>'
                         f'<text x="{px:.1f}" y="{py - 7:.1f}" text-anchor="middle" font-size="10">{y:.3g}</text>'
                         f'<text x="{px:.1f}" y="{top + 154}" text-anchor="middle" font-size="10">{x:,}</text>')
        parts.append(f'<path d="M{"L".join(path)}" fill="none" stroke="{COLOURS[1]}"/>'
                     f'<text x="{left + 135}" y="{top + 170}" text-anchor="middle">{escape(x_label)}</text>')
    return _document(700, 60 + 210 * ((len(panels) + 1) // 2), parts)
