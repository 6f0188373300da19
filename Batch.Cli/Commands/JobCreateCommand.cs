using System.CommandLine;
using Batch.Cli.Output;
using Batch.Cli.Progress;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job create MODEL FILE…</c></summary>
internal static class JobCreateCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = CommonOptions.Model(terminal);
        var files = new Argument<string[]>("file") { Description = "CSV files, plain or gzip; - reads standard input", Arity = ArgumentArity.OneOrMore };
        var wait = CommonOptions.Wait();
        var timeout = CommonOptions.Timeout();
        var quiet = CommonOptions.Quiet();
        var label = new Option<string?>("--label") { Description = "Under a label a file is loaded once, however often it is sent", HelpName = "TEXT" };
        var ignoreExtra = new Option<bool>("--ignore-extra-columns") { Description = "Skip columns of the file that the model does not have" };
        var (shortRows, quotes) = (CommonOptions.ShortRows(), CommonOptions.Quotes());
        var maxErrors = new Option<long?>("--max-errors") { Description = "Fail the job once more rows than this are rejected", HelpName = "N" };
        var command = new Command("create",
            "Submit files, one job each") { model, files, wait, timeout, quiet, label, ignoreExtra, shortRows, quotes, maxErrors };
        var dialect = new DialectArguments().AddTo(command).AddDetectionTo(command);
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var paths = session.Get(files);
            if (paths.Length > 1 && session.Given(label) is not null)
                throw new UsageException("A label is for one file; submit files with labels one at a time.");
            if (paths.Count(path => path == "-") > 1)
                throw new UsageException("Standard input can be read once; give - once.");
            if (session.Get(timeout) is not null && !session.Get(wait))
                throw new UsageException("--timeout is how long --wait waits; give --wait too.");
            // A path that is wrong is known before anything is uploaded.
            foreach (var path in paths)
                InputFile.CheckPath(path);
            var request = new CreateJobRequest
            {
                ModelId = session.Get(model),
                Label = session.Given(label),
                Dialect = DialectArguments.ToWire(dialect.Read(session)),
                Detects = dialect.Detects(session),
                IgnoreExtraColumns = session.Get(ignoreExtra) ? true : null,
                ShortRows = session.Given(shortRows),
                Quotes = session.Given(quotes),
                MaxErrors = session.Get(maxErrors),
            };
            var (jobs, exitCode) = await UploadAsync(session, request, paths, session.Get(quiet), session.Get(wait), cancellationToken);
            var single = paths.Length == 1;
            if (!session.Get(wait))
            {
                if (!session.IsTable && !session.Get(quiet) && (jobs.Count > 0 || !single))
                    JobCommands.Print(session, jobs, single);
                return exitCode;
            }
            if (jobs.Count == 0)
                return exitCode;
            var ended = await JobWaitCommand.WaitAsync(
                session, [.. jobs.Select(job => job.JobId)], session.Get(timeout), single, cancellationToken, session.Get(quiet));
            return JobCommands.Worst([exitCode, ended]);
        });
        return command;
    }

    /// <summary>Each file in turn. With several, one that is refused does not hold up the others.</summary>
    static async Task<(List<JobStatus> Jobs, int ExitCode)> UploadAsync(
        Session session, CreateJobRequest request, string[] paths, bool quiet, bool wait, CancellationToken cancellationToken)
    {
        var jobs = new List<JobStatus>();
        var exitCode = ExitCodes.Success;
        using var trace = UploadTrace.Create(session.Terminal);
        foreach (var path in paths)
        {
            using var span = trace?.Start(Path.GetFileName(path));
            try
            {
                var job = await UploadAsync(session, request, path, cancellationToken);
                span?.SetTag("batch.job.id", job.JobId);
                jobs.Add(job);
                if (quiet)
                    session.Terminal.Out.WriteLine(job.JobId);
                else if (job.WasThere)
                    session.Say($"job {Names.Short(job.JobId)} exists already under this label.");
                else if (session.IsTable)
                {
                    session.Terminal.Out.WriteLine($"job {Names.Short(job.JobId)} {(job.Attempt is null ? "created" : "resumed")}.");
                    // Queries want all of it: the tables know no prefixes.
                    session.Say($"job_id {job.JobId}");
                    if (!wait)
                        JobCommands.SayIgnored(session, job.IgnoredColumns, job.Warnings);
                }
            }
            catch (Exception fault) when (paths.Length > 1 && IsOfOneFile(fault))
            {
                var (sentence, code) = Faults.Of(fault, session.Terminal, cancellationToken);
                session.Say($"{path}: {sentence}");
                exitCode = JobCommands.Worst([exitCode, code]);
            }
        }
        return (jobs, exitCode);
    }

    static async Task<JobStatus> UploadAsync(Session session, CreateJobRequest request, string path, CancellationToken cancellationToken)
    {
        await using var file = await InputFile.OpenAsync(session.Terminal, path, cancellationToken);
        try
        {
            return await TransferProgress.ShowAsync(session.Terminal, file, progress => session.Api.CreateJobAsync(
                request with { FileName = file.Name, Gzip = file.IsGzip, Progress = progress }, file.Stream, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new InterruptedException($"Interrupted while uploading {file.Title}; its job, if there is one already, ends FAILED. See batch job list.");
        }
    }

    /// <summary>The next file may do better: it is not the service that is wrong, nor who is calling.</summary>
    static bool IsOfOneFile(Exception fault) => fault switch
    {
        BatchApiException { Code: "MODEL_NOT_FOUND" or "AMBIGUOUS_ID" } => false,
        BatchApiException api => Faults.ExitCodeOf(api.StatusCode) == ExitCodes.Failure,
        UsageException or NothingFoundException or IOException or UnauthorizedAccessException => true,
        _ => false,
    };
}
