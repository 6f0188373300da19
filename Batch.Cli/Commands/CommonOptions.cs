using System.CommandLine;
using System.CommandLine.Completions;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary>What several commands take.</summary>
internal static class CommonOptions
{
    static readonly TimeSpan CompletionTimeout = TimeSpan.FromSeconds(1);

    public static Argument<string> Job(Terminal terminal) => new("job")
    {
        Description = "An id, or a unique prefix of one (4 or more digits)",
        CompletionSources = { context => Complete(context, terminal, JobsAsync) },
    };

    public static Argument<string[]> Jobs(Terminal terminal) => new("job")
    {
        Description = "Ids, or unique prefixes of them (4 or more digits)",
        Arity = ArgumentArity.OneOrMore,
        CompletionSources = { context => Complete(context, terminal, JobsAsync) },
    };

    public static Argument<string> Model(Terminal terminal) => new("model")
    {
        Description = "An id, a unique prefix of one (4 or more digits), or a name",
        CompletionSources = { context => Complete(context, terminal, ModelsAsync) },
    };

    public static Option<string?> ModelFilter(Terminal terminal) => new("--model")
    {
        Description = "Only jobs of this model",
        HelpName = "MODEL",
        CompletionSources = { context => Complete(context, terminal, ModelsAsync) },
    };

    public static Option<bool> Wait() => new("--wait", "-w") { Description = "Wait until it is over; the exit code says how it ended" };

    public static Option<TimeSpan?> Timeout() => Durations.Option("--timeout", "With --wait: give up after this long, like 30s or 5m (exit code 7)");

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Print only the full id" };

    public static Option<string?> Delimiter() => new("--delimiter", "-d")
    {
        Description = "The separator: , ; | tab, or any other character or several",
        HelpName = "CHAR",
        CompletionSources = { _ => new[] { "comma", "semicolon", "pipe", "tab" }.Select(word => new CompletionItem(word)) },
    };

    public static Option<string?> ShortRows() =>
        Words("--short-rows", "Rows with fewer fields than the header line: reject them, or pad them with blanks", "reject", "pad");

    public static Option<string?> Quotes() => Words("--quotes", "A quote inside an unquoted value: an error (strict), or text (literal)", "strict", "literal");

    public static Option<bool> Strict() => new("--strict") { Description = "Text columns with few values accept only these values" };

    static Option<string?> Words(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', words) };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    public static Option<string?> Code() => new("--code")
    {
        Description = "Only errors of this kind, for example NOT_A_FLOAT",
        HelpName = "CODE",
        CompletionSources = { _ => CodeGuides.RowCodes.Select(code => new CompletionItem(code)) },
    };

    static async Task<IEnumerable<CompletionItem>> JobsAsync(BatchClient api, CancellationToken cancellationToken) =>
        (await api.ListJobsAsync(new JobQuery { Limit = 50 }, cancellationToken)).Jobs
            .Select(job => new CompletionItem(Names.Short(job.JobId), detail: $"{Names.Of(job.State)} {job.ModelName} {job.FileName}"));

    static async Task<IEnumerable<CompletionItem>> ModelsAsync(BatchClient api, CancellationToken cancellationToken) =>
        (await api.ListModelsAsync(new ModelQuery(), cancellationToken)).Models.Select(model => new CompletionItem(model.Name, detail: model.ModelId));

    /// <summary>Nobody waits for a completion, or wants to read why there is none.</summary>
    static IEnumerable<CompletionItem> Complete(
        CompletionContext context, Terminal terminal, Func<BatchClient, CancellationToken, Task<IEnumerable<CompletionItem>>> ask)
    {
        // Help asks too, for what stands between its angle brackets; only somebody at the Tab key is worth a call to the service.
        if (context is not TextCompletionContext)
            return [];
        try
        {
            using var limit = new CancellationTokenSource(CompletionTimeout);
            using var api = new BatchClient(ServiceOptions.ClientOptions(context.ParseResult, terminal));
            return ask(api, limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception fault) when (fault is UsageException or BatchApiException or BatchUnreachableException or OperationCanceledException)
        {
            return [];
        }
    }
}
