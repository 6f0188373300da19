using Batch.Cli;

namespace Batch.Tests.Cli;

/// <summary>Whatever goes wrong around the real program: a sentence that says how to go on and an exit code, never a stack trace.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ProcessErrorTests
{
    [Theory]
    [InlineData("batch schema nowhere.csv", ExitCodes.NotFound, "There is no file 'nowhere.csv'. Check the path.")]
    [InlineData("batch schema /nowhere.csv", ExitCodes.NotFound, "There is no file '/nowhere.csv'. Check the path.")]
    [InlineData("batch schema nowhere/data.csv", ExitCodes.NotFound, "Check the path.")]
    [InlineData("batch schema /tmp", ExitCodes.Usage, "'/tmp' is a folder. Give the files in it")]
    [InlineData("batch validate /tmp /tmp", ExitCodes.Unreachable, "Is the service running there?")]
    [InlineData("batch schema data.csv --quote xx", ExitCodes.Usage, "quote is 'xx', and must be")]
    [InlineData("batch schema empty.csv", ExitCodes.Failure, "The file is empty.")]
    [InlineData("batch validate model.json empty.csv", ExitCodes.Failure, "The file is empty.")]
    [InlineData("batch schema binary.csv", ExitCodes.Failure, "it is not text. Send a CSV file in UTF-8.")]
    [InlineData("batch validate model.json binary.csv", ExitCodes.Failure, "it is not text.")]
    [InlineData("batch schema twice.csv", ExitCodes.Failure, "appears more than once")]
    [InlineData("batch schema broken.csv.gz", ExitCodes.Failure, "The gzip data is cut off.")]
    [InlineData("batch schema archive.zip", ExitCodes.Failure, "Unzip it")]
    [InlineData("batch schema archive.zst", ExitCodes.Failure, "Decompress it first, or use gzip.")]
    [InlineData("batch validate data.csv data.csv", ExitCodes.Usage, "data.csv is not JSON")]
    [InlineData("batch validate broken.json data.csv", ExitCodes.Usage, "broken.json is not JSON (line 1")]
    [InlineData("batch validate list.json data.csv", ExitCodes.Usage, "a schema is an object")]
    [InlineData("batch validate types.json data.csv", ExitCodes.Usage, "The schema cannot be used: ")]
    [InlineData("batch validate none.json data.csv", ExitCodes.NotFound, "There is no file 'none.json'.")]
    [InlineData("batch validate purchases data.csv", ExitCodes.Unreachable, "Is the service running there?")]
    [InlineData("batch validate model.json data.csv --limit 0", ExitCodes.Usage, "--limit must be 1 or more.")]
    [InlineData("batch validate - -", ExitCodes.Usage, "give - once")]
    [InlineData("batch validate model.json data.csv data.csv -o csv", ExitCodes.Usage, "--output ndjson")]
    [InlineData("batch model create m broken.json", ExitCodes.Usage, "broken.json is not JSON")]
    [InlineData("batch model create m model.json", ExitCodes.Unreachable, "No answer from http://127.0.0.1:1/")]
    [InlineData("batch model create m --from empty.csv", ExitCodes.Failure, "The file is empty.")]
    [InlineData("batch model delete m", ExitCodes.Unreachable, "Is the service running there?")]
    [InlineData("batch job create m data.csv", ExitCodes.Unreachable, "Is the service running there?")]
    [InlineData("batch job create m missing.csv", ExitCodes.NotFound, "There is no file 'missing.csv'.")]
    [InlineData("batch job rejected a5b6", ExitCodes.Unreachable, "Is the service running there?")]
    [InlineData("batch job wait a5b6 --timeout 20s", ExitCodes.Unreachable, "Is the service running there?")]
    [InlineData("batch reprocess a5b6 --file missing.csv", ExitCodes.NotFound, "There is no file 'missing.csv'.")]
    [InlineData("BATCH_API_URL=nonsense batch job list", ExitCodes.Usage, "'nonsense' is not the address of an API")]
    [InlineData("BATCH_CONFIG=broken.json batch job list", ExitCodes.Usage, "is not valid JSON")]
    [InlineData("BATCH_CONFIG=/tmp batch job list", ExitCodes.Failure, "/tmp")]
    [InlineData("BATCH_CONTEXT=nowhere batch job list", ExitCodes.Usage, "There is no context 'nowhere'")]
    [InlineData("batch explain NOTHING_LIKE_IT", ExitCodes.NotFound, "There is no code 'NOTHING_LIKE_IT'.")]
    [InlineData("batch completion tcsh", ExitCodes.Usage, "'bash'")]
    [InlineData("batch shema data.csv", ExitCodes.Usage, "Did you mean 'schema'?")]
    [InlineData("batch schema data.csv > /dev/full", ExitCodes.Failure, "No space left")]
    [InlineData("batch validate model.json bad.csv -o csv > /dev/full", ExitCodes.Failure, "No space left")]
    [InlineData("batch validate model.json bad.csv -o ndjson > /dev/full", ExitCodes.Failure, "No space left")]
    [InlineData("batch validate model.json bad.csv > /dev/full", ExitCodes.Failure, "No space left")]
    [InlineData("batch explain > /dev/full", ExitCodes.Failure, "No space left")]
    [InlineData("batch --help > /dev/full", ExitCodes.Failure, "No space left")]
    public async Task It_is_one_sentence_and_an_exit_code(string line, int exitCode, string part)
    {
        using var folder = new BadFiles();

        var run = await BatchProcess.ShellAsync(folder.World, $"cd '{folder.Path}' && {line}");

        Assert.True((exitCode, "") == (run.ExitCode, run.Out), $"{run.ExitCode} {run.Out} {run.Error}");
        Assert.Contains(part, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.DoesNotContain("Exception", run.Error);
        Assert.DoesNotContain("unhandled", run.Error, StringComparison.OrdinalIgnoreCase);
        // What was said of the file before its rows could not be written is no second fault.
        if (!line.Contains("/dev/full", StringComparison.Ordinal))
            Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("batch validate model.json bad.csv -o ndjson | head -1")]
    [InlineData("batch validate model.json bad.csv -o csv | head -1")]
    [InlineData("batch validate model.json bad.csv -n 100000 | head -1")]
    [InlineData("batch explain | head -1")]
    [InlineData("batch schema data.csv | true")]
    public async Task A_reader_that_goes_away_is_no_fault(string line)
    {
        using var folder = new BadFiles();

        var run = await BatchProcess.ShellAsync(folder.World, $"cd '{folder.Path}' && {line} && exit ${{PIPESTATUS[1]}}");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("roken pipe", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [SkippableFact]
    public async Task A_file_without_read_permission_is_reported()
    {
        Skip.If(Environment.UserName == "root", "root may read every file.");
        using var folder = new BadFiles();

        var run = await BatchProcess.ShellAsync(folder.World, $"cd '{folder.Path}' && chmod 0 data.csv && batch schema data.csv");

        Assert.Equal((ExitCodes.Failure, ""), (run.ExitCode, run.Out));
        Assert.Contains("Check its permissions", run.Error);
    }

    [SkippableFact]
    public async Task Ctrl_C_while_waiting_for_a_file_is_130()
    {
        Skip.IfNot(BatchProcess.HasTerminal, "There is no /usr/bin/script (util-linux) to make a terminal with.");

        var run = await BatchProcess.OnTerminalAsync(new CliWorld(), 80, "schema -", interruptAfter: "Ctrl-D");

        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.DoesNotContain("   at ", run.Out);
    }

    /// <summary>A folder of files with which something is wrong; gone after the test.</summary>
    sealed class BadFiles : IDisposable
    {
        public BadFiles()
        {
            Directory.CreateDirectory(Path);
            Write("data.csv", "event_id,amount\n1,1\n2,2\n"u8);
            Write("bad.csv", System.Text.Encoding.UTF8.GetBytes("event_id,amount\n" + string.Concat(Enumerable.Repeat("1,x\n", 50_000))));
            Write("empty.csv", []);
            Write("binary.csv", [1, 2, 0, 4, 9, 0xFF, 0, 0, 0, 7]);
            Write("twice.csv", "a,b,a\n1,2,3\n"u8);
            Write("broken.csv.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
            Write("archive.zip", "PK\x03\x04zip"u8);
            Write("archive.zst", [0x28, 0xB5, 0x2F, 0xFD, 4, 0]);
            Write("model.json", """{"event_id": "String", "amount": "Float64"}"""u8);
            Write("broken.json", "{\"a\": "u8);
            Write("list.json", "[1]"u8);
            Write("types.json", """{"a": "Decimal(99,2)"}"""u8);
        }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));

        public CliWorld World { get; } = new(new Uri("http://127.0.0.1:1"));

        void Write(string name, ReadOnlySpan<byte> content) => File.WriteAllBytes(System.IO.Path.Combine(Path, name), content.ToArray());

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
