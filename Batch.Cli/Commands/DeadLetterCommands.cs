using System.CommandLine;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch dead-letter list | rows | retry</c></summary>
internal static class DeadLetterCommands
{
    const int PageSize = 1_000;

    public static Command Create(Terminal terminal) => new("dead-letter", "List and retry the chunks that could not be processed")
    {
        List(terminal), Rows(terminal), Retry(terminal),
    };

    static Command List(Terminal terminal)
    {
        var job = new Option<string?>("--job") { Description = "Only dead letters of this job", HelpName = "JOB" };
        var limit = new Option<int>("--limit", "-n") { Description = "How many, newest first", DefaultValueFactory = _ => 100, HelpName = "N" };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1)
                result.AddError("--limit must be 1 or more.");
        });
        var command = new Command("list", "List the dead letters, newest first") { job, limit };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var most = session.Get(limit);
            var letters = await ReadAsync(session, session.Given(job), most + 1, cancellationToken);
            var shown = letters.Count > most ? letters[..most] : letters;
            session.Many(OutputSchemas.DeadLetter, shown, output => Print(shown, output, session.Terminal.Width));
            if (letters.Count > most)
                session.Say($"There are more than these {Names.Number(most)}; --limit N shows more.");
            if (letters.Count == 0)
                session.Say("No dead letters: every chunk was processed.");
            else if (shown.Exists(letter => letter.RetryJobId is null))
                session.Say($"Once the cause is fixed: batch dead-letter retry {Short(shown.First(letter => letter.RetryJobId is null))}");
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Rows(Terminal terminal)
    {
        var letter = Letter();
        var command = new Command("rows", "Print the rows of a dead letter as CSV, as in the file") { letter };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            await using var rows = await session.Api.GetDeadLetterRowsAsync(session.Get(letter), cancellationToken);
            await session.PrintAsync(rows, cancellationToken);
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Retry(Terminal terminal)
    {
        var letters =
            new Argument<string[]>("dead-letter") { Description = "Ids from 'batch dead-letter list', like a5b6c7d8:17", Arity = ArgumentArity.OneOrMore };
        var wait = CommonOptions.Wait();
        var timeout = CommonOptions.Timeout();
        var quiet = CommonOptions.Quiet();
        var command = new Command("retry", "Process the rows of dead letters again, each in a job of its own; retrying twice loads them once")
        {
            letters, wait, timeout, quiet,
        };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var jobs = new List<JobStatus>();
            foreach (var letter in session.Get(letters))
            {
                var job = await session.Api.RetryDeadLetterAsync(letter, cancellationToken);
                jobs.Add(job);
                if (session.Get(quiet))
                    session.Terminal.Out.WriteLine(job.JobId);
                else if (session.IsTable)
                    session.Terminal.Out.WriteLine($"dead letter {letter} is retried as job {Names.Short(job.JobId)}");
            }
            var single = jobs.Count == 1;
            if (session.Get(wait))
                return await JobWaitCommand.WaitAsync(session, [.. jobs.Select(job => job.JobId)], session.Get(timeout), single, cancellationToken,
                    session.Get(quiet));
            if (!session.IsTable && !session.Get(quiet))
                JobCommands.Print(session, jobs, single);
            return ExitCodes.Success;
        });
        return command;
    }

    static Argument<string> Letter() => new("dead-letter") { Description = "An id from 'batch dead-letter list', like a5b6c7d8:17" };

    static async Task<List<DeadLetter>> ReadAsync(Session session, string? job, int limit, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        string? next = null;
        do
        {
            var page = await session.Api.ListDeadLettersAsync(
                new DeadLetterQuery { Job = job, Cursor = next, Limit = Math.Min(limit - letters.Count, PageSize) }, cancellationToken);
            letters.AddRange(page.DeadLetters);
            next = page.Next;
        }
        while (next is not null && letters.Count < limit);
        return letters;
    }

    static string Short(DeadLetter letter) => $"{Names.Short(letter.JobId)}:{letter.Chunk}";

    static void Print(IEnumerable<DeadLetter> letters, TextWriter output, int width)
    {
        var table = new TextTable(width).Column("DEAD LETTER", 11).Column("AT", 19, optional: true).Column("ROWS", 8, right: true)
            .Column("FROM ROW", 8, right: true, optional: true).Column("TRIES", right: true, optional: true).Column("RETRIED AS", 10)
            .Column("ERROR", wrap: true);
        foreach (var letter in letters)
            table.Row(Short(letter), Names.Time(letter.At), Names.Number(letter.Rows), Names.Number(letter.FirstRow), Names.Number(letter.Attempts),
                letter.RetryJobId is { } job ? Names.Short(job) : "", letter.Error);
        table.Write(output);
    }
}
