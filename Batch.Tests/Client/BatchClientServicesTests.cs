using Batch.Client;
using Batch.Client.Hosting;
using Batch.Tests.Api;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Client;

/// <summary>The client as a process of the app host gets it: by the API's name, with retries.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class BatchClientServicesTests(ClickHouseProcess clickHouse)
{
    const string Job = """
        {"job_id":"123e4567e89b12d3a456426614174000","tenant_id":"tenant_a","model_id":"456a7890b1cd23ef4567678901234567",
        "state":"PENDING","created_at":"2023-03-15T12:01:40.000Z","updated_at":"2023-03-15T12:01:55.000Z"}
        """;

    /// <summary>A host in which the name "api" stands for <paramref name="api"/>, as the app host tells its processes.</summary>
    static ServiceProvider HostOf(Uri api, BatchClientOptions? options = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection([new("services:api:http:0", api.AbsoluteUri)]).Build());
        // As the service defaults have it for all clients of a host.
        services.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler(defaults =>
        {
            defaults.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(100);
            defaults.TotalRequestTimeout.Timeout = TimeSpan.FromMilliseconds(200);
        }));
        services.AddBatchClient(options);
        return services.BuildServiceProvider();
    }

    static BatchClientOptions Within(TimeSpan timeout) => new() { Address = BatchClientServices.DefaultAddress, Timeout = timeout };

    [Fact]
    public async Task A_registered_client_finds_the_API_by_its_name_and_submits_a_job()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        await using var host = HostOf(api.Address);
        var client = host.GetRequiredService<BatchClient>();

        var model = await client.CreateModelAsync(
            new CreateModelRequest { Name = "purchases", Schema = System.Text.Json.JsonElement.Parse(ApiHost.PurchaseSchema) }, CancellationToken.None);
        var job = await client.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId },
            new MemoryStream("event_id,timestamp,amount\n1,1716045542,2.5\n"u8.ToArray()), CancellationToken.None);

        Assert.Equal((model.ModelId, 1), (job.ModelId, job.Total));
        Assert.Equal(job.JobId, Assert.Single((await client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs).JobId);
        Assert.Equal("https+http://api/", client.Address.AbsoluteUri);
    }

    [Fact]
    public async Task A_question_is_asked_again_while_the_API_is_not_ready()
    {
        var asked = 0;
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            if (Interlocked.Increment(ref asked) < 3)
            {
                context.Response.StatusCode = 503;
                return;
            }
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("[]");
        });
        await using var host = HostOf(server.Address);

        Assert.Empty(await host.GetRequiredService<BatchClient>().ListModelsAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task An_upload_and_what_else_changes_things_is_sent_once()
    {
        var asked = 0;
        await using var server = await StubServer.StartAsync((_, context) =>
        {
            Interlocked.Increment(ref asked);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await using var host = HostOf(server.Address);
        var client = host.GetRequiredService<BatchClient>();

        await Assert.ThrowsAsync<BatchApiException>(() =>
            client.CreateJobAsync(new CreateJobRequest { ModelId = "456a" }, new MemoryStream([1]), CancellationToken.None));
        await Assert.ThrowsAsync<BatchApiException>(() => client.CancelJobAsync("123e", CancellationToken.None));
        await Assert.ThrowsAsync<BatchApiException>(() => client.ReprocessAsync("123e", CancellationToken.None));

        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Uploads_and_verifications_take_as_long_as_they_take()
    {
        var asked = 0;
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            Interlocked.Increment(ref asked);
            await Task.Delay(1500, context.RequestAborted);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(context.Request.Method == "POST" ? Job : """
                {"job_id":"1","state":"SUCCESS","total":1,"success":1,"errors":0,"abandoned":0,"rows_in_table":1,"distinct_rows_in_table":1,
                "rejected_rows_in_table":0,"final":true,"consistent":true,"breaches":[]}
                """);
        });
        await using var host = HostOf(server.Address, Within(TimeSpan.FromMilliseconds(600)));
        var client = host.GetRequiredService<BatchClient>();

        Assert.Equal(JobState.Pending, (await client.CreateJobAsync(
            new CreateJobRequest { ModelId = "456a" }, new MemoryStream([1]), CancellationToken.None)).State);
        Assert.True((await client.VerifyAsync("123e", CancellationToken.None)).Consistent);
        Assert.Equal(2, asked);

        await Assert.ThrowsAsync<BatchUnreachableException>(() => client.GetJobAsync("123e", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_refused_upload_is_answered_before_the_file_is_sent_behind_a_name_as_well()
    {
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/problem+json";
            await context.Response.WriteAsync("""{"code":"MODEL_NOT_FOUND","detail":"No model 'x'."}""");
        });
        await using var host = HostOf(server.Address);
        // Its length is not known, and it does not end.
        await using var endless = new System.IO.Pipelines.Pipe().Reader.AsStream();

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => host.GetRequiredService<BatchClient>()
            .CreateJobAsync(new CreateJobRequest { ModelId = "x" }, endless, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal("MODEL_NOT_FOUND", refusal.Code);
    }
}
