using Batch.Cli;
using Batch.Tests.Cli;

namespace Batch.Tests.EndToEnd;

/// <summary>From a file to its rows in ClickHouse, with nothing but the file: schema, model, job.</summary>
[Collection("one system")]
[Trait("Tier", "system")]
public sealed class InferredModelJobTests(OneSystem one)
{
    [Theory]
    [InlineData(
        "event_id,timestamp,amount,zip,note,tags\na,1716045542,12.5,0800,,\"[1,2]\"\nb,1716045543,1e3,10115,\"two\nlines, \"\"quoted\"\"\",\"[3,4]\"\n")]
    [InlineData("\uFEFFid;big;when;ok\r\n1;18446744073709551615;2024-02-29T12:00:00Z;true\r\n2;0;2024-03-01T00:00:00+02:00;FALSE\r\n")]
    [InlineData("a,b,c\n1,x,NaN\n,y,-inf\n3,z,2.5\n")]
    public async Task A_job_with_the_model_of_the_file_loads_every_row(string csv)
    {
        using var file = new TemporaryFile("data.csv", csv);
        var world = new CliWorld(one.System.ApiAddress).With("BATCH_TENANT", Guid.NewGuid().ToString("n"));
        var schema = await CliRun.RunAsync(["schema", file.Path, "--format", "json-schema"], world);
        using var model = new TemporaryFile("model.json", schema.Out);
        string[] delimiter = csv.Contains(';', StringComparison.Ordinal) ? ["--delimiter", ";"] : [];

        Assert.Equal(0, (await CliRun.RunAsync(["model", "create", "piped", model.Path], world)).ExitCode);
        Assert.Equal(0, (await CliRun.RunAsync(["model", "create", "direct", "--from", file.Path], world)).ExitCode);

        foreach (var name in new[] { "piped", "direct" })
        {
            var validate = await CliRun.RunAsync(["validate", name, file.Path, .. delimiter], world);
            Assert.True(validate.ExitCode == ExitCodes.Success, validate.Error);
            var job = await CliRun.RunAsync(["job", "create", name, file.Path, "--wait", .. delimiter], world);
            Assert.True(job.ExitCode == ExitCodes.Success, job.Out + job.Error);
        }
    }
}
