using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Batch.Cli.Progress;

/// <summary>Lines on the error stream that are redrawn while work goes on, and are gone when it ends; nothing off a terminal.</summary>
internal sealed class ProgressDisplay
{
    readonly ProgressContext? _context;
    readonly LineColumn? _lines;

    ProgressDisplay(ProgressContext? context, LineColumn? lines) => (_context, _lines) = (context, lines);

    /// <param name="line">The line for a width; asked ten times a second, by another thread.</param>
    public void Add(Func<int, string> line)
    {
        if (_context is not null)
            _lines!.Texts[_context.AddTask("line").Id] = line;
    }

    public static async Task<T> RunAsync<T>(Terminal terminal, Func<ProgressDisplay, Task<T>> work)
    {
        if (!terminal.Animate)
            return await work(new ProgressDisplay(null, null));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = terminal.ProgressWidth;
        var lines = new LineColumn();
        return await console.Progress().AutoClear(true).HideCompleted(false).Columns(lines)
            .StartAsync(context => work(new ProgressDisplay(context, lines)));
    }

    sealed class LineColumn : ProgressColumn
    {
        public ConcurrentDictionary<int, Func<int, string>> Texts { get; } = new();

        protected override bool NoWrap => true;

        // One less: a terminal that breaks after the last column would scroll.
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(Texts.TryGetValue(task.Id, out var line) ? line(options.ConsoleSize.Width - 1) : "").Overflow(Overflow.Crop);
    }
}
