using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Batch.Cli;

namespace Batch.AppHost;

/// <summary>The quick start, done by the real command line against the system that has just been started.</summary>
/// <remarks>Every line shown behind <c>$</c> is run as it stands; a person can type the same.</remarks>
internal sealed partial class Demo(AppHostRun run)
{
    const int LargeRows = 1_000_000;
    const int BadEvery = 10_000;
    readonly string _api = run.Api.ToString().TrimEnd('/');

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        Say("1. Register a model: what a row of the file must look like.");
        var model = await BatchAsync("model create purchases", Sample("model.json"));
        if (model is null)
            return ExitCodes.Failure;

        Say("2. Load a good file.");
        await BatchAsync($"job create {model}", Sample("data.csv"), "--wait");
        await SelectAsync($"SELECT * FROM data_{model} FORMAT PrettyCompactMonoBlock", cancellationToken);

        Say("3. Load a file with bad rows. The good ones are loaded, the bad ones kept.");
        var bad = await BatchAsync($"job create {model}", Sample("bad.csv"), "--wait");
        if (bad is null)
            return ExitCodes.Failure;
        await BatchAsync($"job rejected {bad}");

        Say("4. Make the amount optional in a new version of the model, and reprocess the rejected rows.");
        await BatchAsync($"model update {model}", Sample("model-v2.json"));
        var again = await BatchAsync($"reprocess {bad}", "--wait");
        if (again is null)
            return ExitCodes.Failure;

        Say($"5. Something larger: {LargeRows:N0} rows, some of them bad.");
        var large = await WriteLargeFileAsync(cancellationToken);
        var job = await BatchAsync($"job create {model}", large, "--wait");
        await BatchAsync($"job verify {job}");
        File.Delete(large);

        Say("6. Everything so far.");
        await BatchAsync("job list");
        await SelectAsync(
            $"SELECT count() AS rows, min(timestamp), max(timestamp), round(avg(amount), 2) AS avg_amount FROM data_{model} FORMAT PrettyCompactMonoBlock",
            cancellationToken);
        return ExitCodes.Success;
    }

    /// <summary>Runs the command line and shows what it says. Returns the id that its first line of output names, or null.</summary>
    async Task<string?> BatchAsync(string command, params string[] more)
    {
        Console.WriteLine($"$ batch {command} {string.Join(' ', more)}".TrimEnd());
        var heard = new StringWriter();
        // This process has telemetry of its own.
        var terminal = Terminal.System with
        {
            Out = new Tee(Console.Out, heard),
            Variable = name => name.StartsWith("OTEL_", StringComparison.Ordinal) ? null : Environment.GetEnvironmentVariable(name),
        };
        await BatchCommandLine.RunAsync([.. command.Split(' '), .. more, "--api-url", _api], terminal);
        Console.WriteLine();
        return Id().Match(heard.ToString()) is { Success: true } id ? id.Value : null;
    }

    async Task SelectAsync(string sql, CancellationToken cancellationToken)
    {
        // Where ClickHouse is somebody else's, so are its address and its password.
        if (run.Infrastructure == Infrastructure.Existing)
        {
            Console.WriteLine($"In your ClickHouse: {sql}");
            Console.WriteLine();
            return;
        }
        var clickHouse = $"http://localhost:{run.Ports.ClickHouse}";
        Console.WriteLine($"$ curl '{clickHouse}' --data '{sql}'");
        using var http = new HttpClient();
        using var answer = await http.PostAsync(new Uri(clickHouse), new StringContent(sql), cancellationToken);
        Console.WriteLine(await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    async Task<string> WriteLargeFileAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(run.Options.Data.FullName, "demo.csv");
        await using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        await file.WriteLineAsync("event_id,timestamp,amount");
        for (var row = 1; row <= LargeRows; row++)
            await file.WriteLineAsync(row % BadEvery == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{row},not a time,{row % 977}.5").AsMemory()
                : string.Create(CultureInfo.InvariantCulture, $"{row},{1_716_045_542 + row},{row % 977}.5").AsMemory(), cancellationToken);
        return path;
    }

    static void Say(string text)
    {
        Console.WriteLine(text);
        Console.WriteLine();
    }

    /// <summary>As a user in the repository would type it; the copies beside the program serve everywhere else.</summary>
    static string Sample(string name)
    {
        var relative = Path.Combine("samples", "purchases", name);
        return File.Exists(relative) ? relative : Path.Combine(AppContext.BaseDirectory, relative);
    }

    [GeneratedRegex(@"\b[0-9a-f]{8}(?:[0-9a-f]{24})?\b")]
    private static partial Regex Id();

    sealed class Tee(TextWriter shown, TextWriter kept) : TextWriter
    {
        public override Encoding Encoding => shown.Encoding;

        public override void Write(char value)
        {
            shown.Write(value);
            kept.Write(value);
        }

        public override void Write(string? value)
        {
            shown.Write(value);
            kept.Write(value);
        }
    }
}
