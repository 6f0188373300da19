using System.CommandLine;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch model delete MODEL</c>: asks first, and says what goes.</summary>
internal static class ModelDeleteCommand
{
    /// <summary>Four digits find a model to look at; one that is deleted by a slip is gone.</summary>
    const int LeastDigits = 6;
    /// <summary>As many as a page may have: the question is not worth more than one look.</summary>
    const int MostJobs = 1000;

    public static Command Create(Terminal terminal)
    {
        var name = CommonOptions.Model(terminal);
        name.Description = $"A name, an id, or a unique prefix of one ({LeastDigits} or more digits)";
        var dropData = new Option<bool>("--drop-data") { Description = "Also drop the table with its rows" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask for confirmation; required without a terminal" };
        var command = new Command("delete", "Delete a model; its table is kept unless --drop-data is given") { name, dropData, yes };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var text = session.Get(name);
            var model = await session.Api.GetModelAsync(text, cancellationToken);
            if (text != model.Name && text.Count(char.IsAsciiHexDigit) < LeastDigits)
                throw new UsageException($"'{text}' is too short to delete a model by. Give {LeastDigits} or more digits of the id, or the full name: "
                    + $"it stands for '{TextWidth.Safe(model.Name)}', {model.ModelId}.");
            if (!session.Get(yes))
                await ConfirmAsync(session, model, session.Get(dropData), cancellationToken);
            await session.Api.DeleteModelAsync(model.ModelId, session.Get(dropData), cancellationToken);
            ModelCommands.Report(session, model, "deleted", quiet: false);
            if (!session.Get(dropData))
                session.Say($"Its rows stay in the table {model.Table}.");
            return ExitCodes.Success;
        });
        return command;
    }

    static async Task ConfirmAsync(Session session, Model model, bool dropData, CancellationToken cancellationToken)
    {
        if (!session.Terminal.Interactive)
            throw new UsageException(
                $"This deletes the model '{TextWidth.Safe(model.Name)}'{(dropData ? " and all its rows" : "")}; without a terminal, confirm with --yes.");
        var jobs = await session.Api.ListJobsAsync(new JobQuery { Model = model.ModelId, Limit = MostJobs }, cancellationToken);
        var question = $"Delete model '{TextWidth.Safe(model.Name)}' ({Figures(jobs)} in {model.Table})";
        question += dropData ? " and drop the table with all its rows? [y/N] " : "? The table is kept. [y/N] ";
        session.Terminal.Error.Write(question);
        session.Terminal.Error.Flush();
        if (session.Terminal.In.ReadLine()?.Trim().ToLowerInvariant() is not ("yes" or "y"))
            throw new FailedException("Nothing was deleted.");
    }

    static string Figures(JobList jobs)
    {
        var open = jobs.Jobs.Count(job => !job.IsOver);
        var more = jobs.Next is null ? "" : "more than ";
        return $"{more}{Names.Count(jobs.Jobs.Count, "job")}{(open > 0 ? $" of which {open} not over: they fail" : "")}, {more}{Names.Count(jobs.Jobs.Sum(job => job.Success), "row")}";
    }
}
