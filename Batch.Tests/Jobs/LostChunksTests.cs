using Batch.Core.Chunks;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Monitoring;
using Batch.Core.Log;
using Batch.Tests.Api;
using Batch.Tests.ClickHouse;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Jobs;

/// <summary>By the positions of log and group alone: chunks are lost when the group is past them, and never because it is slow.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class LostChunksTests
{
    static readonly JobKey[] Waiting = [TestJobs.NewKey()];
    readonly MemoryLog _log = new();
    readonly FakeTimeProvider _time = new();
    readonly LostChunks _lost;

    public LostChunksTests() => _lost = new(_log, new ChunkTopics(_log, new ChunkTopicOptions()), new ChunkTopicOptions(), _time);

    /// <summary>Two partitions; the second has been read.</summary>
    void Positions(long start, long end, long? committed) => _log.Lags =
    [
        new(new("batch.chunks", 0), start, end, committed),
        new(new("batch.chunks.express", 0), 4, 9, 9),
    ];

    async Task<bool> FindsAsync() => (await _lost.FindAsync(Waiting, ClickHouseScope.Soon)).Count > 0;

    [Fact]
    public async Task What_the_group_has_committed_since_the_first_look_will_get_no_more_receipts()
    {
        Positions(0, 20, 7);
        Assert.False(await FindsAsync());
        Positions(0, 50, 19);
        Assert.False(await FindsAsync());
        Positions(0, 50, 20);
        Assert.True(await FindsAsync());
    }

    [Fact]
    public async Task A_group_that_stands_still_is_waited_for_however_long_it_takes()
    {
        Positions(0, 20, 7);
        for (var hours = 0; hours < 48; hours++)
        {
            Assert.False(await FindsAsync());
            _time.Advance(TimeSpan.FromHours(1));
        }
    }

    [Theory]
    [InlineData(7L)]
    [InlineData(null)]
    public async Task What_retention_has_deleted_may_still_be_in_somebodys_hands_for_a_while(long? committed)
    {
        Positions(0, 20, committed);
        Assert.False(await FindsAsync());
        Positions(20, 20, committed);
        Assert.False(await FindsAsync());
        _time.Advance(LostChunks.InHand + TimeSpan.FromSeconds(1));
        Assert.True(await FindsAsync());
    }

    [Fact]
    public async Task What_retention_has_deleted_while_the_group_gets_on_is_waited_for()
    {
        Positions(0, 20, 7);
        Assert.False(await FindsAsync());
        _time.Advance(LostChunks.InHand * 2);
        Positions(20, 20, 8);
        Assert.False(await FindsAsync());
    }

    [Fact]
    public async Task A_recreated_log_is_examined_from_scratch()
    {
        Positions(0, 20, 7);
        Assert.False(await FindsAsync());
        Positions(0, 3, 7);
        Assert.False(await FindsAsync());
        Assert.True(await FindsAsync());
    }

    [Fact]
    public async Task A_job_that_made_progress_meanwhile_is_examined_from_scratch()
    {
        Positions(0, 20, 7);
        Assert.False(await FindsAsync());
        Assert.Empty(await _lost.FindAsync([], ClickHouseScope.Soon));
        Positions(0, 50, 20);
        Assert.False(await FindsAsync());
    }

    [Fact]
    public async Task Where_the_log_says_nothing_nothing_is_lost()
    {
        Assert.False(await FindsAsync());
        Assert.False(await FindsAsync());
        _log.Down = new LogUnavailableException("The test says so.");
        await Assert.ThrowsAsync<LogUnavailableException>(FindsAsync);
    }
}
