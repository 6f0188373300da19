using Batch.Client;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.EmbeddedKafka;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>A log and a ClickHouse that somebody else started; the app host starts API and workers only.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class ExistingInfrastructureTests : IAsyncLifetime
{
    readonly BrokerProcess _broker = new();
    readonly ClickHouseProcess _clickHouse = new();

    public Task InitializeAsync() => Task.WhenAll(_broker.InitializeAsync(), _clickHouse.InitializeAsync());

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        await ((IAsyncLifetime)_clickHouse).DisposeAsync();
    }

    [Fact]
    public async Task A_job_goes_through_the_Kafka_and_the_ClickHouse_that_the_connection_strings_name()
    {
        await using var system = new AppHostProcess { Infrastructure = "existing" };
        await system.StartAsync(workers: 2,
            ("ConnectionStrings__kafka", _broker.Servers), ("ConnectionStrings__clickhouse", _clickHouse.Url),
            // The connection string wins over what a shell happens to have.
            ("KAFKA_BOOTSTRAP", "127.0.0.1:9"));
        Assert.Empty(system.ProcessesOf("Batch.EmbeddedKafka"));
        Assert.Empty(system.ProcessesOf("Batch.EmbeddedClickHouse"));
        Assert.Equal(2, system.ProcessesOf("Batch.Worker").Count);

        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(50_000, badEvery: 100), default);
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.PartialSuccess, 49_500L, 500L), (job.State, job.Success, job.Errors));
        Assert.Equal("49500", (await _clickHouse.QueryAsync($"SELECT count() FROM data_{model.ModelId}")).Trim());
    }
}
