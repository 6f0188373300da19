using System.Globalization;
using System.Net;
using System.Text;

namespace Batch.Benchmarks.Results;

/// <summary>Horizontal bars in groups, as SVG: one group a data set, one bar a contestant.</summary>
internal sealed class BarChart(string title, string unit)
{
    const int LabelWidth = 110, BarWidth = 520, BarHeight = 16, Gap = 14, Top = 44;
    static readonly string[] Colours = ["#2563eb", "#9ca3af", "#f59e0b"];

    readonly List<(string Group, (string Name, double Value, double Min, double Max)[] Bars)> _groups = [];

    public void Add(string group, params (string Name, double Value, double Min, double Max)[] bars) => _groups.Add((group, bars));

    public string ToSvg()
    {
        var most = _groups.SelectMany(group => group.Bars).Max(bar => bar.Max);
        var svg = new StringBuilder();
        var y = Top;
        foreach (var (group, bars) in _groups)
        {
            svg.Append(Invariant($"<text x='8' y='{y + bars.Length * BarHeight / 2 + 4}'>{WebUtility.HtmlEncode(group)}</text>\n"));
            for (var i = 0; i < bars.Length; i++, y += BarHeight)
            {
                double X(double value) => LabelWidth + value / most * BarWidth;
                var (name, value, min, max) = bars[i];
                svg.Append(Invariant(
                    $"<rect x='{LabelWidth}' y='{y}' width='{X(value) - LabelWidth:0.0}' height='{BarHeight - 2}' fill='{Colours[i % Colours.Length]}'/>\n"));
                svg.Append(Invariant($"<path d='M{X(min):0.0} {y + 7}H{X(max):0.0}' stroke='#111'/>\n"));
                svg.Append(Invariant($"<text x='{X(max) + 6:0.0}' y='{y + 12}'>{WebUtility.HtmlEncode(name)} {value:0.00}</text>\n"));
            }
            y += Gap;
        }
        return Invariant(
            $"<svg xmlns='http://www.w3.org/2000/svg' width='{LabelWidth + BarWidth + 200}' height='{y}' font-family='sans-serif' font-size='12'>\n")
            + $"<rect width='100%' height='100%' fill='#fff'/>\n<text x='8' y='24' font-size='15'>{WebUtility.HtmlEncode(title)} ({WebUtility.HtmlEncode(unit)})</text>\n{svg}</svg>\n";
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
