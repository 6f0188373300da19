using System.Net;
using System.Text;
using Batch.Client;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Api;

/// <summary>An export that a person has worked on may hold anything: every row is loaded or rejected, and nothing is a fault of the API's.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ExportedRowsTests(ClickHouseProcess clickHouse)
{
    [Theory]
    [InlineData("_row,_errors,n\n1,\"n\",\n2,x,7\n", 2, 1)]
    [InlineData("_row,_errors,n\n1,\"n\"\n", 1, 0)]
    [InlineData("_row,_errors,n\n1\n\n2,x,7\n", 2, 1)]
    [InlineData("_row,_errors,n\n1,\"a\"\"b\n2,x,7\n", 2, 1)]
    [InlineData("_row,_errors,n\n1,\"open,5\n2,\"x\",6\n3,y,7\n", 3, -1)]
    [InlineData("_row,_errors,n\n1,\"a\"b,5\n2,x,7\n", 2, -1)]
    [InlineData("_row,_errors,n\n1, \"a,b\" ,5\n2,x,7\n", 2, -1)]
    [InlineData("_row,_errors\n1,x\n", 1, 0)]
    public async Task Rows_of_an_export_are_loaded_or_rejected_whatever_became_of_their_quotes_and_fields(string csv, long total, long success)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync("""{"n":"Int64"}""", "one");

        var job = await api.ProcessAsync(await api.UploadAsync(model, csv));

        Assert.Equal((total, total), (job.Total, job.Success + job.Errors));
        if (success >= 0)
            Assert.Equal(success, job.Success);
        Assert.Empty((await api.Client.VerifyAsync(job.JobId, default)).Breaches);
    }

    [Fact]
    public async Task No_mixture_of_separators_quotes_and_line_breaks_behind_the_exports_header_is_a_fault_of_the_APIs()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var models = new[] { await api.CreateModelAsync(
            """{"n":"Nullable(Int64)"}""", "one"), await api.CreateModelAsync("""{"n":"String","m":"Nullable(String)"}""", "two") };
        var sources = new List<JobStatus>();
        foreach (var (model, header) in models.Zip(["n", "n,m"]))
            sources.Add(await api.ProcessAsync(await api.UploadAsync(
                model, header + "\n" + string.Concat(Enumerable.Range(1, 30).Select(n => header == "n" ? "x\n" : ",\n")))));
        var random = new Random(13);
        string[] pieces = ["\"", "\"\"", ",", ",", "a", "\r\n", "\n", "\r", " ", "\t", "1", "2", "é", "\\N", "\n3,,", "\n4,\"e\",", "\n5,x,"];
        for (var round = 0; round < 80; round++)
        {
            var which = random.Next(2);
            var csv = $"_row,_errors,{(which == 0 ? "n" : "n,m")}\n1,\"e\","
                + string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]));
            var isRepair = random.Next(2) == 0;
            try
            {
                var job = isRepair
                    ? await api.Client.ReprocessFileAsync(sources[which].JobId, new ReprocessRequest { Again = true },
                        new MemoryStream(Encoding.UTF8.GetBytes(csv)), default)
                    : await api.UploadAsync(models[which], csv);
                job = await api.ProcessAsync(job);
                Assert.True(job.Total == job.Success + job.Errors, $"{csv}: {job}");
            }
            catch (BatchApiException refused)
            {
                Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, $"{csv}: {refused.StatusCode} {refused.Code} {refused.Message}");
                // A refused repair may have a job that failed; the next one must not meet it in progress.
                foreach (var job in (await api.Client.ListJobsAsync(new JobQuery { Limit = 1 }, default)).Jobs.Where(job => job.State == JobState.Failed))
                    await api.ProcessAsync(job);
            }
        }
    }
}
