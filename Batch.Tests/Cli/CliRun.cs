using System.Text;
using Batch.Cli;

namespace Batch.Tests.Cli;

/// <summary>What one command line said, and how it ended.</summary>
public sealed record CliRun(int ExitCode, string Out, string Error)
{
    /// <summary>What goes to stdout and stderr, parted into lines.</summary>
    public string[] OutLines => Out.TrimEnd('\n').Split('\n');

    /// <summary>Runs <c>batch</c> within the test, off a terminal by default, with none of the machine's variables.</summary>
    public static async Task<CliRun> RunAsync(string[] arguments, CliWorld? world = null)
    {
        world ??= new CliWorld();
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(new StringReader(world.Input), output, error, world.Width, world.Animate, world.Colour)
        {
            ProgressWidth = world.Width > 0 ? world.Width : 80,
            Interactive = world.Interactive,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(world.Input)),
            Variable = name => world.Variables.GetValueOrDefault(name),
        };
        var exitCode = await BatchCommandLine.RunAsync(arguments, terminal).WaitAsync(TimeSpan.FromMinutes(2));
        return new(exitCode, output.ToString(), error.ToString());
    }

    public static Task<CliRun> RunAsync(CliWorld world, string command) => RunAsync(command.Split(' ', StringSplitOptions.RemoveEmptyEntries), world);
}

/// <summary>What surrounds a command line.</summary>
public sealed record CliWorld
{
    public CliWorld(Uri? api = null)
    {
        Variables["BATCH_CONFIG"] = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"), "config.json");
        if (api is not null)
            Variables["BATCH_API_URL"] = api.ToString();
    }

    /// <summary>Columns of the terminal; 0: there is none.</summary>
    public int Width { get; init; }
    public bool Animate { get; init; }
    public bool Colour { get; init; }
    public bool Interactive { get; init; }
    public string Input { get; init; } = "";
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public CliWorld With(string variable, string value)
    {
        Variables[variable] = value;
        return this;
    }
}
