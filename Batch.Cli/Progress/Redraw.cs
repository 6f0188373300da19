using System.Text;
using Batch.Cli.Output;

namespace Batch.Cli.Progress;

/// <summary>Shows a text in place of the one it showed before.</summary>
/// <remarks>The cursor goes up over the old lines, each is overwritten to its end, and what is left below is cleared: nothing flickers.</remarks>
internal sealed class Redraw(Terminal terminal)
{
    int _lines;

    public void Show(string text)
    {
        var lines = text.TrimEnd('\n').Split('\n');
        var most = terminal.Height > 2 ? terminal.Height - 1 : int.MaxValue;
        if (lines.Length > most)
            lines = [.. lines.Take(most - 1), $"… and {Names.Count(lines.Length - most + 1, "line")} more than fit here."];
        var drawn = new StringBuilder();
        if (_lines > 0)
            drawn.Append("\e[").Append(_lines).Append('A');
        foreach (var line in lines)
            drawn.Append('\r').Append(line.TrimEnd('\r')).Append("\e[K\n");
        drawn.Append("\e[J");
        terminal.Out.Write(drawn.ToString());
        terminal.Out.Flush();
        _lines = lines.Length;
    }
}
