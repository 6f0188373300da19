using System.Text;
using System.Text.RegularExpressions;
using Batch.Cli;
using Batch.Tests.Schema;

namespace Batch.Tests.Cli;

/// <summary>The promise of <c>batch schema</c>: a model of what it prints accepts the very file, but for the rows it named.</summary>
[Trait("Tier", "unit")]
public sealed partial class InferredModelTests
{
    public static TheoryData<string, string> NastyFiles => new()
    {
        { "one column", "a\n1\n2\n" },
        { "blank fields", "a,b,c\n1,,x\n,2,\n3,,y\n" },
        { "all blank", "a,b\n,\n,\n" },
        { "blanks in quotes", "a,b\n\"\",1\n\" \",2\n" },
        { "leading zeros", "zip,n\n01234,007\n10115,0\n" },
        { "negative leading zero", "n\n-01\n-2\n" },
        { "huge integers", "n\n9223372036854775807\n-9223372036854775808\n" },
        { "beyond 64 bits", "n\n18446744073709551616\n1\n" },
        { "unsigned and negative", "n\n18446744073709551615\n-1\n" },
        { "unsigned 64 bits", "n\n18446744073709551615\n0\n" },
        { "card numbers", "card\n4111111111111111111111\n5500005555555555444444\n" },
        { "phone numbers", "phone\n+4930123456\n+41443211234\n" },
        { "signed integers", "n\n+1\n-2\n3\n" },
        { "exponents", "x\n1e3\n1E-5\n-2.5e+10\n" },
        { "exponent too large", "x\n1e400\n1\n" },
        { "not finite", "x\nNaN\n1.5\ninf\n-Infinity\n" },
        { "only NaN", "x\nNaN\nnan\n" },
        { "dots", "x\n.5\n5.\n0.5\n" },
        { "thousands separators", "x\n\"1,000\"\n\"2,500.50\"\n" },
        { "decimal commas", "x;y\n1,5;2\n2,5;3\n" },
        { "hexadecimal", "x\n0x10\n0xff\n" },
        { "dates without time", "d\n2024-02-29\n2024-03-01\n" },
        { "dates with time", "d\n2024-02-29T12:00:00Z\n2024-03-01T00:00:00+02:00\n" },
        { "dates with fractions", "d\n2024-02-29T12:00:00.123Z\n" },
        { "dates before 1970", "d\n1969-12-31T23:59:59Z\n2024-03-01T00:00:00Z\n" },
        { "American dates", "d\n02/29/2024\n03/01/2024\n" },
        { "Unix times", "timestamp\n1716045542\n0\n4294967295\n" },
        { "Unix times that are none", "timestamp\n1716045542\nyesterday\n" },
        { "Unix milliseconds", "timestamp\n1716045542000\n1716045543000\n" },
        { "booleans", "b\ntrue\nFALSE\n1\n0\n" },
        { "booleans that are numbers", "b\n1\n0\n2\n" },
        { "yes and no", "b\nyes\nno\n" },
        { "a category", "c\n" + string.Concat(Enumerable.Repeat("red\nblue\n", 100)) },
        { "a category with odd values", "c\n" + string.Concat(Enumerable.Repeat("\"it's \\ \"\"x\"\"\"\ngrün\n", 100)) },
        { "a category with blanks", "c,d\n" + string.Concat(Enumerable.Repeat("red,1\n,1\n", 100)) },
        { "vectors", "v\n\"[1,2]\"\n\"[3.5, -4e2]\"\n" },
        { "vectors of several lengths", "v\n\"[1]\"\n\"[1,2]\"\n[]\n" },
        { "lists that are not of numbers", "v\n\"[1,\"\"a\"\"]\"\n[]\n" },
        { "quotes with newlines", "a,b\n\"line 1\nline 2\",1\n\"x\r\ny\",2\n" },
        { "doubled quotes", "a\n\"say \"\"hi\"\"\"\n\"\"\"\"\n" },
        { "a quote that never closes", "a,b\n1,\"x\n2,y\n3,z\n" },
        { "text after a quote", "a,b\n\"x\"y,1\nz,2\n" },
        { "byte order mark", "\uFEFFa,b\n1,2\n" },
        { "CR", "a,b\r1,2\r3,4\r" },
        { "CRLF", "a,b\r\n1,2\r\n" },
        { "mixed line ends", "a,b\n1,2\r\n3,4\r5,6\n" },
        { "no last line end", "a,b\n1,2" },
        { "blank lines", "\n\na,b\n\n1,2\n\n\n3,4\n\n" },
        { "semicolons", "a;b;c\n1;2,5;x\n" },
        { "tabs", "a\tb\n1\tx y\n" },
        { "pipes", "a|b\n1|2\n" },
        { "too few fields", "a,b,c\n1\n1,2\n1,2,3\n" },
        { "too many fields", "a,b\n1,2,3\n1,2\n" },
        { "blank header names", "a,,c\n1,2,3\n" },
        { "reserved names", "_row,a,_job_id\n1,2,x\n" },
        { "odd names", "größe,with space,\"a,b\",\"q\"\"q\",`x`\n1,2,3,4,5\n" },
        { "padded names", " a , b \n1,2\n" },
        { "no event_id in some rows", "event_id,a\nx,1\n,2\n  ,3\n" },
        { "no rows", "a,b,c\n" },
        { "header only, without line end", "a,b,c" },
        { "padded values", "n,x,b\n 1 , 2.5\t, true \n" },
        { "one value far away", "n\n" + string.Concat(Enumerable.Range(0, 5_000).Select(n => $"{n}\n")) + "x\n" },
        { "words for nothing", "n\nNULL\nN/A\n1\n\\N\n" },
        { "long text", $"a\n{new string('x', 100_000)}\n" },
        { "emoji", "a\n👩‍👩‍👧\n日本語\n" },
        { "an export of rejected rows", "_row,_errors,a\n7,\"a: NOT_A_FLOAT.\",1\n" },
    };

    [Theory]
    [MemberData(nameof(NastyFiles))]
    public Task Of_a_nasty_file(string name, string csv) => HoldsAsync(name, Encoding.UTF8.GetBytes(csv));

    [Fact]
    public Task Of_a_file_that_is_not_all_UTF8() => HoldsAsync("not UTF-8", [.. "a,b\n1,x\n2,"u8, 0xE9, .. "\n3,y\n"u8]);

    [Fact]
    public async Task Of_four_hundred_files_that_chance_wrote()
    {
        for (var seed = 10_000; seed < 10_400; seed++)
        {
            var (csv, delimiter) = new RandomCsv(seed).Write();
            await HoldsAsync($"seed {seed}", csv, delimiter is { } given ? ((char)given).ToString() : null);
        }
    }

    static async Task HoldsAsync(string name, byte[] csv, string? delimiter = null)
    {
        using var file = new TemporaryFile("data.csv", csv);
        string[] given = delimiter is null ? [] : ["--delimiter", delimiter];
        var schema = await CliRun.RunAsync(["schema", file.Path, "--ignore-extra-columns", .. given]);
        Assert.True(schema.ExitCode == 0, $"{name}: {schema.Error}");
        using var model = new TemporaryFile("model.json", schema.Out);

        var separator = Separator().Match(schema.Error).Groups[1].Value;
        var run = await CliRun.RunAsync(["validate", model.Path, file.Path, "--delimiter", separator, "--summary"]);

        var hopeless = Hopeless().Match(schema.Error) is { Success: true } match ? (Good: match.Groups[1].Value, Bad: match.Groups[2].Value) : default;
        var atLeast = AtLeast().Match(schema.Error);
        var expected = hopeless switch
        {
            _ when atLeast.Success => ExitCodes.PartialSuccess,
            { Bad: null } => ExitCodes.Success,
            { Good: "0" } => ExitCodes.Failure,
            _ => ExitCodes.PartialSuccess,
        };
        Assert.True(run.ExitCode == expected, $"{name}: {run.Error}{run.Out}{schema.Out}");
        if (atLeast.Success)
            Assert.InRange(int.Parse(Good().Match(run.Error).Groups[1].Value.Replace(",", "")), int.Parse(atLeast.Groups[1].Value.Replace(",", "")),
                int.MaxValue);
        else if (expected == ExitCodes.PartialSuccess)
            Assert.Contains($", {hopeless.Bad} ", run.Error);
    }

    [GeneratedRegex(@"separated by (\S+)")]
    private static partial Regex Separator();

    [GeneratedRegex(@"At least ([\d,]+) fit this schema")]
    private static partial Regex AtLeast();

    [GeneratedRegex(@"([\d,]+) of [\d,]+ rows (is|are) good")]
    private static partial Regex Good();

    [GeneratedRegex(@"(?<!At least )\b([\d,]+) fit this schema, ([\d,]+) would fit none")]
    private static partial Regex Hopeless();
}
