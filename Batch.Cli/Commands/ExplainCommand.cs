using System.CommandLine;
using System.CommandLine.Completions;
using Batch.Cli.Output;
using Batch.Csv.Schema;

namespace Batch.Cli.Commands;

/// <summary><c>batch explain CODE</c></summary>
internal static class ExplainCommand
{
    const int ProseWidth = 100;

    public static Command Create(Terminal terminal)
    {
        var code = new Argument<string?>("code")
        {
            Description = "A code, for example NOT_A_FLOAT; without one, lists all",
            // Without it the help would name all codes there are.
            HelpName = "CODE",
            Arity = ArgumentArity.ZeroOrOne,
            CompletionSources = { _ => CodeGuides.All.Select(guide => new CompletionItem(guide.Code, detail: guide.What)) },
        };
        var command = new Command("explain", "Explain an error code: what it means, why it happens, and how to fix it") { code };
        Session.Bind(command, terminal, (session, _) =>
        {
            var name = session.Get(code);
            if (string.IsNullOrWhiteSpace(name))
            {
                session.Many(OutputSchemas.Code, CodeGuides.All, output => WriteAll(output, session.Terminal.Width));
                return Task.FromResult(ExitCodes.Success);
            }
            var guide = CodeGuides.Find(name) ?? throw new NothingFoundException(Unknown(name));
            session.One(OutputSchemas.Code, guide, output => Write(guide, output, session.Terminal));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    static string Unknown(string name)
    {
        var nearest = ClosestMatch.Of(name.ToUpperInvariant(), CodeGuides.All.Select(guide => guide.Code));
        return nearest is null ? $"There is no code '{name}'. List them: batch explain" : $"There is no code '{name}'. Did you mean {nearest}?";
    }

    static void WriteAll(TextWriter output, int width)
    {
        var table = new TextTable(width).Column("CODE").Column("KIND", 7).Column("WHAT", 40, wrap: true);
        foreach (var guide in CodeGuides.All)
            table.Row(guide.Code, guide.Kind, guide.What);
        table.Write(output);
    }

    static void Write(CodeGuide guide, TextWriter output, Terminal terminal)
    {
        output.WriteLine(terminal.Colour ? Colours.Bold(guide.Code) : guide.Code);
        output.WriteLine();
        Paragraph("What", guide.What);
        Paragraph("Why", guide.Why);
        Paragraph("Fix", guide.Fix);
        if (guide.Example is { } example)
            Paragraph("E.g.", example);

        void Paragraph(string title, string text)
        {
            var width = Math.Min(terminal.Width > 0 ? terminal.Width : ProseWidth, ProseWidth) - 6;
            foreach (var line in TextWidth.Wrap(text, Math.Max(20, width)))
            {
                output.WriteLine($"{title,-6}{line}");
                title = "";
            }
        }
    }
}
