using System.CommandLine;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job verify JOB</c></summary>
internal static class JobVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var job = CommonOptions.Job(terminal);
        var command = new Command("verify", "Verify a job's rows against the tables, one by one: none lost, none doubled") { job };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var report = await session.Api.VerifyAsync(session.Get(job), cancellationToken);
            session.One(OutputSchemas.Verify, report, output => Write(report, output));
            foreach (var breach in report.Breaches)
                session.Say(breach);
            return !report.Consistent ? ExitCodes.Failure : report.Final ? ExitCodes.Success : ExitCodes.NotOver;
        });
        return command;
    }

    static void Write(VerifyReport report, TextWriter output)
    {
        var table = new TextTable().Column("FIGURE", 12).Column("JOB", 12, right: true).Column("TABLES", 12, right: true);
        table.Row("total", Names.Number(report.Total), "");
        table.Row("success", Names.Number(report.Success), Names.Number(report.RowsInTable));
        table.Row("distinct", "", Names.Number(report.DistinctRowsInTable));
        table.Row("errors", Names.Number(report.Errors), Names.Number(report.RejectedRowsInTable));
        table.Row("abandoned", Names.Number(report.Abandoned), "");
        table.Write(output);
        output.WriteLine();
        output.WriteLine(
            !report.Consistent ? "The counts do not agree."
            : report.Final ? "Every row is accounted for: none lost, none doubled."
            : report.NotFinal);
        if (report.Lineage is { } file)
            WriteFile(file, output);
    }

    static void WriteFile(VerifyLineage file, TextWriter output)
    {
        output.Write($"The file, over job {Names.Short(file.RootJobId)} and {Names.Count(file.RepairJobIds.Count, "repair")}: "
            + $"{Names.Number(file.Loaded)} of {Names.Number(file.Total)} rows loaded, {Names.Number(file.NotLoaded)} not.");
        if (file.LoadedAgain > 0)
            output.Write($" {Names.Count(file.LoadedAgain, "row")} loaded again on request.");
        output.WriteLine(file.Final ? "" : " A repair is not over yet.");
    }
}
