using System.CommandLine;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli;

/// <summary>What one command works with; every way it can go wrong becomes one sentence and an exit code (<see cref="Faults"/>).</summary>
internal sealed class Session(ParseResult parsed, Terminal terminal) : IDisposable
{
    BatchClient? _api;

    /// <summary>Connects to nothing before the first call; commands that work on local files alone never ask for it.</summary>
    public BatchClient Api => _api ??= new BatchClient(ServiceOptions.ClientOptions(parsed, terminal));
    public Terminal Terminal => terminal;
    public OutputFormat Format { get; } = ServiceOptions.Format(parsed);
    public bool IsTable => Format == OutputFormat.Table;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);
    public T Get<T>(Argument<T> argument) => parsed.GetValue(argument)!;
    public string? Given(Option<string?> option) => parsed.GetValue(option) is { Length: > 0 } text ? text : null;

    /// <summary>Words go to the error stream, so that a pipe gets nothing but data.</summary>
    public void Say(string sentence) => terminal.Say(sentence);

    public void One<T>(Shape<T> shape, T value, Action<TextWriter> table) => Printing.One(terminal, Format, shape, value, table);

    public void Many<T>(Shape<T> shape, IReadOnlyList<T> values, Action<TextWriter> table) => Printing.Many(terminal, Format, shape, values, table);

    /// <summary>A file, as bytes where that can be: what was not UTF-8 in it is to arrive as it was.</summary>
    public async Task PrintAsync(Stream file, CancellationToken cancellationToken)
    {
        if (terminal.OpenOutput is { } open)
        {
            await using var output = open();
            await file.CopyToAsync(output, cancellationToken);
            return;
        }
        using var reader = new StreamReader(file);
        await terminal.Out.WriteAsync(await reader.ReadToEndAsync(cancellationToken));
    }

    public void Dispose() => _api?.Dispose();

    /// <summary>Makes <paramref name="work"/> the action of the command.</summary>
    public static void Bind(Command command, Terminal terminal, Func<Session, CancellationToken, Task<int>> work) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                using var session = new Session(parsed, terminal);
                return await work(session, cancellationToken);
            }
            catch (Exception fault)
            {
                return Faults.Report(fault, terminal, cancellationToken);
            }
        });
}
