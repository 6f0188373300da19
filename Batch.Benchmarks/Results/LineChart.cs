using System.Net;
using System.Text;

namespace Batch.Benchmarks.Results;

/// <summary>Lines over the same steps in panels side by side, as SVG.</summary>
/// <remarks>Both axes are logarithmic and as long in decades: what grows along with x goes from corner to corner, what stays is flat.</remarks>
internal sealed class LineChart(string title, string steps)
{
    const int PanelWidth = 330, PanelHeight = 220, Left = 40, Top = 70, Right = 110;
    static readonly string[] Colours = ["#2563eb", "#f59e0b"];

    readonly List<(string Unit, (string Name, (double X, double Y)[] Points)[] Lines)> _panels = [];

    /// <param name="unit">Of y.</param>
    /// <param name="lines">At least one point each; x and y above 0.</param>
    public void AddPanel(string unit, params (string Name, (double X, double Y)[] Points)[] lines) => _panels.Add((unit, lines));

    public string ToSvg()
    {
        var points = _panels.SelectMany(panel => panel.Lines).SelectMany(line => line.Points).ToList();
        var (least, most) = (points.Min(point => point.X), points.Max(point => point.X));
        // The same number in each panel and direction, or the slopes could not be compared.
        var decades = _panels.Select(panel => panel.Lines.SelectMany(line => line.Points).Select(point => point.Y))
            .Select(values => Math.Log10(values.Max() / values.Min())).Append(Math.Log10(most / least)).Append(0.5).Max();
        var svg = new StringBuilder();
        for (var panel = 0; panel < _panels.Count; panel++)
        {
            var (unit, lines) = _panels[panel];
            var left = Left + panel * (PanelWidth + Right);
            var floor = lines.SelectMany(line => line.Points).Min(point => point.Y);
            double X(double value) => left + 10 + Math.Log10(value / least) / decades * (PanelWidth - 20);
            double Y(double value) => Top + PanelHeight - 20 - Math.Log10(value / floor) / decades * (PanelHeight - 40);
            svg.Append($"<path d='M{left} {Top}V{Top + PanelHeight}H{left + PanelWidth}' stroke='#9ca3af' fill='none'/>\n");
            svg.Append($"<text x='{left}' y='{Top - 14}'>{WebUtility.HtmlEncode(unit)}</text>\n");
            foreach (var x in lines.SelectMany(line => line.Points).Select(point => point.X).Distinct())
                svg.Append($"<text x='{X(x):0.0}' y='{Top + PanelHeight + 16}' text-anchor='middle'>{x:N0}</text>\n");
            for (var i = 0; i < lines.Length; i++)
            {
                var (name, values) = lines[i];
                svg.Append(
                    $"<polyline points='{string.Join(' ', values.Select(point => $"{X(point.X):0.0},{Y(point.Y):0.0}"))}' stroke='{Colours[i]}' fill='none' stroke-width='2'/>\n");
                foreach (var (x, y) in values)
                    svg.Append(
                        $"<circle cx='{X(x):0.0}' cy='{Y(y):0.0}' r='3' fill='{Colours[i]}'/><text x='{X(x):0.0}' y='{Y(y) - 8:0.0}' text-anchor='middle'>{Rounded(y)}</text>\n");
                svg.Append($"<text x='{X(values[^1].X) + 10:0.0}' y='{Y(values[^1].Y) + 4:0.0}' fill='{Colours[i]}'>{WebUtility.HtmlEncode(name)}</text>\n");
            }
        }
        return $"<svg xmlns='http://www.w3.org/2000/svg' width='{Left + _panels.Count * (PanelWidth + Right)}' height='{Top + PanelHeight + 30}' font-family='sans-serif' font-size='12'>\n"
            + $"<rect width='100%' height='100%' fill='#fff'/>\n<text x='8' y='24' font-size='15'>{WebUtility.HtmlEncode(title)}, by {WebUtility.HtmlEncode(steps)}</text>\n{svg}</svg>\n";
    }

    static string Rounded(double value) => value < 100 ? $"{value:0.0}" : $"{value:N0}";
}
