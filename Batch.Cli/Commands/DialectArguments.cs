using System.CommandLine;
using System.Text.Json;
using Batch.Client;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;

namespace Batch.Cli.Commands;

/// <summary>How a file differs from plain CSV: the same options wherever a file is read, or a model says how its files are.</summary>
internal sealed class DialectArguments
{
    readonly Option<bool> _trim = new("--trim") { Description = "Spaces and tabs around unquoted values do not belong to them" };

    readonly Option<string?> _header =
        Text("header", "LINES", "present (the default); absent: the fields are the model's columns in order; or a number of lines that are joined");

    readonly Option<string?>[] _options =
    [
        Text("encoding", "NAME", "Character set: windows-1252, iso-8859-15, UTF-16LE, shift_jis …; UTF-8 by default, or by the byte order mark"),
        Text("skip", "N", "Lines before the header line that are skipped"),
        Text("footer", "N", "Lines at the end that are not rows"),
        Text("quote", "CHAR", "Around values: one character, or none"),
        Text("escape", "CHAR", "Before a quote within quotes: backslash, for example; doubled by default"),
        Text("comment", "TEXT", "Lines that begin with this are not rows"),
        Text("null-values", "TEXTS", "Texts that mean NULL: NULL,n/a,-"),
        Text("true-values", "TEXTS", "Texts that mean true, beside true and 1: ja,yes"),
        Text("false-values", "TEXTS", "Texts that mean false, beside false and 0: nein,no"),
        Text("decimal", "CHAR", "Before the fraction of a number: point (the default) or comma"),
        Text("thousands", "CHAR", "Between groups of three digits: point, comma, space, apostrophe or _"),
        Text("currency", "TEXTS", "Signs before or after a number: €,$,EUR"),
    ];

    readonly Option<bool> _noDetect = new("--no-detect")
    {
        Description = "Read the file as told, also where its header line shows that it is written in another way",
    };

    public Option<string?> Delimiter { get; } = CommonOptions.Delimiter();

    IEnumerable<Option<string?>> All => [Delimiter, _header, .. _options];

    public DialectArguments AddTo(Command command)
    {
        foreach (var option in All)
            command.Add(option);
        command.Add(_trim);
        return this;
    }

    /// <summary>For files whose model is known.</summary>
    public DialectArguments AddDetectionTo(Command command)
    {
        command.Add(_noDetect);
        return this;
    }

    public bool Detects(Session session) => !session.Get(_noDetect);

    /// <summary>The header option as it was given; null where it was not.</summary>
    public string? Header(Session session) => session.Given(_header);

    /// <summary>What was given; null where nothing was.</summary>
    /// <exception cref="UsageException">It is not understood.</exception>
    public FileDialect? Read(Session session)
    {
        var dialect = new FileDialect();
        try
        {
            foreach (var option in All)
            {
                if (session.Given(option) is { } text)
                    dialect = dialect.With(option.Name.TrimStart('-').Replace('-', '_'), text);
            }
        }
        catch (SchemaException fault)
        {
            throw new UsageException(fault.Message);
        }
        if (session.Get(_trim))
            dialect = dialect with { Trim = true };
        return dialect == new FileDialect() ? null : dialect;
    }

    public static Dialect? ToWire(FileDialect? dialect) =>
        dialect is null ? null : JsonSerializer.Deserialize(dialect.ToString(), BatchJson.Default.Dialect);

    public static FileDialect? FromWire(Dialect? dialect) =>
        dialect is null ? null : DialectOptions.Read(JsonSerializer.SerializeToElement(dialect, BatchJson.Default.Dialect));

    static Option<string?> Text(string name, string value, string description) => new("--" + name) { Description = description, HelpName = value };
}
