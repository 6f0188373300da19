using Batch.Cli.Output;

namespace Batch.Cli;

/// <summary>Where a command writes: data to <see cref="Out"/>, words and progress to <see cref="Error"/>.</summary>
/// <param name="Width">Columns of the terminal; tables are fitted to it. 0: the output is not a terminal, nothing is cut or wrapped.</param>
/// <param name="Animate">Progress may be drawn: the error stream is a terminal, and <c>NO_COLOR</c> is not set.</param>
/// <param name="Colour">Colours may be used and a table drawn again in place: the output is a terminal and <c>NO_COLOR</c> is not set.</param>
public sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, int Width, bool Animate, bool Colour)
{
    /// <summary>Columns of the terminal that progress is drawn on.</summary>
    public int ProgressWidth { get; init; } = 80;

    /// <summary>As <see cref="Width"/>, for tables on the error stream.</summary>
    public int ErrorWidth { get; init; } = Width;

    /// <summary>Lines of the terminal; 0: unknown.</summary>
    public int Height { get; init; }

    /// <summary>A person sits at the keyboard and can be asked.</summary>
    public bool Interactive { get; init; }

    /// <summary>Standard input as bytes, for <c>-</c> in place of a file.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Standard output as bytes, for files that must arrive as they are; null: <see cref="Out"/> as UTF-8 is all there is.</summary>
    public Func<Stream>? OpenOutput { get; init; }

    /// <summary>Reads an environment variable; null where it is unset.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>What waits and measures goes by it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Says a sentence: on the error stream, so that a pipe gets nothing but data, and folded to the terminal's width.</summary>
    public void Say(string sentence)
    {
        sentence = TextWidth.Safe(sentence);
        foreach (var line in ErrorWidth > 0 ? TextWidth.Wrap(sentence, ErrorWidth) : [sentence])
            Error.WriteLine(line);
    }

    public static Terminal System
    {
        get
        {
            // Who asks for no colours gets a screen on which nothing moves, either: both take escape sequences.
            var plain = Environment.GetEnvironmentVariable("TERM") == "dumb" || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
            var (width, height) = Window;
            return new(
                Console.In, Console.Out, Console.Error,
                Console.IsOutputRedirected ? 0 : width,
                !Console.IsErrorRedirected && !plain,
                !Console.IsOutputRedirected && !plain)
            {
                ProgressWidth = width > 0 ? width : 80,
                ErrorWidth = Console.IsErrorRedirected ? 0 : width,
                Height = height,
                Interactive = !Console.IsInputRedirected && !Console.IsErrorRedirected,
                OpenOutput = Console.OpenStandardOutput,
            };
        }
    }

    static (int Width, int Height) Window
    {
        get
        {
            // With nothing but pipes there is no window to measure, and asking would only cost start-up time.
            if (Console.IsOutputRedirected && Console.IsErrorRedirected)
                return default;
            try
            {
                return (Math.Max(Console.WindowWidth, 0), Math.Max(Console.WindowHeight, 0));
            }
            catch (IOException)
            {
                return default;
            }
        }
    }
}
