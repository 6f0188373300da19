namespace Batch.Cli;

/// <summary>Where a command writes: data to <see cref="Out"/>, words and progress to <see cref="Error"/>.</summary>
/// <param name="Width">Columns of the terminal; tables are wrapped to it. 0: not a terminal, nothing is wrapped.</param>
/// <param name="Animate">Progress bars may be drawn: the error stream is a terminal.</param>
/// <param name="Colour">Colours may be used: the output is a terminal and <c>NO_COLOR</c> is not set.</param>
public sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, int Width, bool Animate, bool Colour)
{
    public static Terminal System => new(
        Console.In, Console.Out, Console.Error,
        Console.IsOutputRedirected ? 0 : WindowWidth,
        !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    static int WindowWidth
    {
        get
        {
            try
            {
                return Math.Max(Console.WindowWidth, 0);
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }
}
