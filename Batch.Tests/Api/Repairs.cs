using System.Text;
using Batch.Client;
using Batch.Core.ClickHouse;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Api;

/// <summary>A job with rejected rows, and requests to repair them.</summary>
internal static class Repairs
{
    public const string Schema = """{"id":"Int64","name":"String","qty":"Int32"}""";
    public const string File = "id,name,qty\n1,Ann,5\n2,Bob,x\n3,Cy,\n";
    public const string Fixed = "_row,_errors,id,name,qty\n2,,2,Bob,7\n3,,3,Cy,0\n";

    public static async Task<JobStatus> SourceAsync(ApiHost api)
    {
        var source = await api.ProcessAsync(await api.UploadAsync(await api.CreateModelAsync(Schema, "orders"), File));
        Assert.Equal((1L, 2L), (source.Success, source.Errors));
        return source;
    }

    public static Task<JobStatus> SendAsync(ApiHost api, JobStatus source, string csv, bool again = false) =>
        SendAsync(api, source, csv, new ReprocessRequest { Again = again });

    public static Task<JobStatus> SendAsync(ApiHost api, JobStatus source, string csv, ReprocessRequest request) =>
        api.Client.ReprocessFileAsync(source.JobId, request, new MemoryStream(Encoding.UTF8.GetBytes(csv)), default);

    public static Task<JobStatus> ReprocessAsync(ApiHost api, JobStatus source, ReprocessRequest? request = null) =>
        api.Client.ReprocessAsync(source.JobId, request ?? new(), default);

    public static async Task<(string Code, string Detail)> RefusalAsync(Func<Task<JobStatus>> ask)
    {
        var refused = await Assert.ThrowsAsync<BatchApiException>(ask);
        return (refused.Code!, refused.Message);
    }

    public static async Task<(JobStatus? Job, string? Code, string? Detail)> TryAsync(Func<Task<JobStatus>> ask)
    {
        try
        {
            return (await ask(), null, null);
        }
        catch (BatchApiException refused)
        {
            return (null, refused.Code, refused.Message);
        }
    }

    /// <summary>How often each row of the file stands in the table: "1:1 2:2".</summary>
    public static async Task<string> TableAsync(ApiHost api, JobStatus source)
    {
        await using var body = await api.Services.GetRequiredService<ClickHouseClient>().OpenAsync(
            $"SELECT _row, count() FROM data_{source.ModelId} GROUP BY _row ORDER BY _row FORMAT CSV", null, default);
        return (await new StreamReader(body).ReadToEndAsync()).Trim().Replace(',', ':').Replace('\n', ' ');
    }

    public static Task ExecuteAsync(ApiHost api, string sql) => api.Services.GetRequiredService<ClickHouseClient>().ExecuteAsync(sql, null, default);

    public static async Task LineageAsync(ApiHost api, JobStatus job, long loaded)
    {
        var report = await api.Client.VerifyAsync(job.JobId, default);
        Assert.Empty(report.Breaches);
        Assert.True(report.Final && report.Lineage!.Final);
        Assert.Equal((loaded, 0L, 0L, 0L), (report.Lineage!.Loaded, report.Lineage.NotLoaded, report.Lineage.LoadedTwice, report.Lineage.LoadedAgain));
    }
}
