using System.Text.Json;
using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary>Every sample output of the user guide, to the character.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class UserGuideSampleTests
{
    const string Head = """
        JOB      MODEL       STATE           TOTAL   OK      ERRORS  PROGRESS                 WAITING  PROCESSING
        -------- ----------- --------------- ------- ------- ------- ------------------------ -------  -----------

        """;

    [Fact]
    public async Task Job_list()
    {
        await using var api = await StubApi.StartAsync();
        api.OnList(Samples.Jobs);

        var run = await CliRun.RunAsync(api.World, "job list");

        // Where the guide contradicts itself, one rule holds for all rows:
        // - PROCESSING is spelled right;
        // - a name is cut at 11 columns: "Fraud Det.." and "Image Cla..", as "Payment G.." in the guide, and "Sentiment" fits as it is;
        // - nothing is left of a job that is over: a2b3c4d5 ends in X, where the guide has "X-";
        // - 853 of 2,000 is 42%, and 7 of 17 cells, where the guide has 46% and 8.
        Assert.Equal(Head + """
            a1b2c3d4 Fraud Det.. SUCCESS           1,000   1,000       0 [#################] 100%   00:01        00:02
            a2b3c4d5 Image Cla.. PARTIAL_SUCCESS  20,000  19,980      20 [################X]  99%   00:02        00:09
            a3b4c5d6 Payment G.. RUNNING          50,000  30,500      12 [##########-------]  61%   00:03        00:40
            a4b5c6d7 Anomaly D.. RUNNING           5,000   2,100       0 [#######----------]  42%   00:02        00:15
            a5b6c7d8 model_123.. PENDING             100       0       0 [-----------------]   0%   00:04        00:00
            a6b7c8d9 Alert Log.. PENDING           7,500       0       0 [-----------------]   0%   00:04        00:00
            a7b8c9d0 Sentiment   FAILED              800       0     800 [XXXXXXXXXXXXXXXXX]   0%   00:04        00:09
            a8b9c0d1 Trend Pre.. CANCELLED         2,000     853       0 [#######XXXXXXXXXX]  42%   00:04        00:09
            a9b0c1d2 Market Pr.. SUCCESS           3,200   3,200       0 [#################] 100%   00:02        00:03

            """, run.Out);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Job_status()
    {
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a5b6c7d8", Samples.Jobs[4]);

        var run = await CliRun.RunAsync(api.World, "job status a5b6c7d8");

        Assert.Equal(Head + """
            a5b6c7d8 model_123.. PENDING             100       0       0 [-----------------]   0%   00:04        00:00

            """, run.Out);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Job_create()
    {
        await using var api = await StubApi.StartAsync();
        api.On("POST /jobs", Samples.Jobs[4]);
        using var file = new TemporaryFile("data.csv", "a\n1\n");

        var run = await CliRun.RunAsync(["job", "create", "model_123", file.Path], api.World);

        Assert.Equal(("job a5b6c7d8 created.\n", "job_id a5b6c7d8000000000000000000000000\n", 0), (run.Out, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task Job_cancel()
    {
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a5b6c7d8", Samples.Jobs[4]).On($"DELETE /jobs/{Samples.Jobs[4].JobId}", 200, """{"status":"cancelled"}""");

        var run = await CliRun.RunAsync(api.World, "job cancel a5b6c7d8");

        Assert.Equal(("job a5b6c7d8 cancelled\n", "", 0), (run.Out, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task Job_rejected()
    {
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a5b6c7d8/rejected/summary", 200, "[]").On("GET /jobs/a5b6c7d8/rejected", 200,
            JsonSerializer.Serialize(new RejectedPage(Samples.Jobs[4].JobId, 14, Samples.RejectedRows, null), BatchJson.Default.RejectedPage));

        var run = await CliRun.RunAsync(api.World, "job rejected a5b6c7d8");

        Assert.Equal("""
            ROW  EVENT_ID COLUMN      TYPE        ERROR               OBSERVED         MESSAGE
            ---- -------- ----------- ----------- ------------------- ---------------- ------------------------------------------------------------------------------------
            1    1001abcd timestamp   TIMESTAMP   MISSING_COLUMN                       The required column 'timestamp' is missing. Please include a valid timestamp column.
            2             event_id    STRING      MISSING_COLUMN                       The required column 'event_id' is missing. Each event must have a unique event_id.
            3    1003cdef timestamp   TIMESTAMP   INVALID_TIMESTAMP   "yesterday"      The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer).
            4    1004def0 event_id    STRING      INVALID_EVENT_ID                     The 'event_id' value is invalid. Provide a non-empty string or integer identifier.
            5    1005ef01 attr_float  FLOAT       NOT_A_FLOAT         "abc"            The value for 'attr_float' is not a float. Provide a numeric value (e.g. 3.14).
            6    1006f012 attr_int    INTEGER     NOT_AN_INTEGER      "3.14"           The value for 'attr_int' is not an integer. Provide a whole number (e.g. 42).
            7    1007abcd attr_bool   BOOLEAN     NOT_A_BOOLEAN       "maybe"          The value for 'attr_bool' is not a boolean. Use true, false, 1, or 0.
            8    1008bcde attr_str    STRING      NOT_A_STRING        12345            The value for 'attr_str' is not a string. Provide a text value.
            9    1009cdef attr_cat    CATEGORY    NOT_A_CATEGORY      "CA"             The value for 'attr_cat' is not a category. Provide a valid string category.
            10   1010def0 attr_time   TIMESTAMP   NOT_A_TIMESTAMP     "2023-01-01"     The value for 'attr_time' is not a timestamp. Use a 32-bit Unix timestamp.
            11   1011ef01 attr_vec    VECTOR      NOT_A_VECTOR        [1, "a", 3]      The value for 'attr_vec' is not a vector. Provide a list of numeric values.
            12   1012f012 extra_col   STRING      EXTRA_COLUMN        "foo"            The column 'extra_col' is not in the schema. Remove or update your schema.
            13   1013abcd attr_req    STRING      NULL_VALUE                           The column 'attr_req' is null or blank. Provide a valid value for this column.
            14   1014bcde attr_x      FLOAT       UNSUPPORTED_TYPE    3.14             The column 'attr_x' uses unsupported type 'FLOAT'. Use a supported type.

            """, run.Out);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("reprocess a5b6c7d8")]
    [InlineData("job reprocess a5b6c7d8")]
    public async Task Job_reprocess(string command)
    {
        await using var api = await StubApi.StartAsync();
        api.On("POST /jobs/a5b6c7d8/reprocess", Samples.Jobs[4]);

        var run = await CliRun.RunAsync(api.World, command);

        Assert.Equal(("Reprocessing job a5b6c7d8 created\n", "", 0), (run.Out, run.Error, run.ExitCode));
    }
}
