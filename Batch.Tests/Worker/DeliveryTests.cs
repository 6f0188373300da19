using Batch.Core.Chunks;
using Batch.Core.Jobs.Reading;
using Batch.Core.Log;
using Batch.Worker;
using Batch.Worker.Chunks;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Worker;

/// <summary>
/// The cells of the table in <see cref="Delivery"/>, one by one. What a worker then does: First and Again in
/// <see cref="SmallUploadBatcherTests.Who_stops_a_job_finds_its_rows_loaded_where_the_record_is_fresh_and_abandoned_where_it_is_not"/>, AfterRestart
/// and the sleeper in <see cref="TornInsertTests"/>, the takeover in
/// <see cref="SmallUploadBatcherTests.A_worker_believed_dead_that_comes_back_claims_no_rows_that_another_left_out"/>.
/// </summary>
[Trait("Tier", "unit")]
public sealed class DeliveryTests
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    static readonly ChunkHeader Header = new()
    {
        TenantId = "t", JobId = "j", ModelId = "m", ModelVersion = 1, Ordinal = 0, FirstRow = 1, FirstLine = 2, Rows = 1, Checksum = 1, Mapping = [0],
    };

    static readonly FakeTimeProvider Time = new();

    readonly Delivery _delivery = new(new WorkerOptions { FreshFor = Limit, ShortestRestart = Limit, ShortestTakeover = Limit }, Time);

    bool IsFirst(ChunkHeader header, bool isNew = true, int minutesAgo = 0, int bytes = 10) => _delivery.IsFirst(
        new LogRecord(new LogPosition("chunks", 0, 1), [], new byte[bytes], Time.GetUtcNow().AddMinutes(-minutesAgo), owner: null, isNew: isNew),
        [Chunk(Header), Chunk(header)]);

    static LoggedChunk Chunk(ChunkHeader header) => new(header, default, default, default, default);

    [Fact]
    public void A_small_record_that_is_new_in_the_log_is_a_first_delivery() => Assert.True(IsFirst(Header, bytes: SmallChunk.Bytes));

    [Fact]
    public void A_record_that_somebody_may_have_had_before_is_none() => Assert.False(IsFirst(Header, isNew: false));

    [Fact]
    public void Nor_is_one_whose_jobs_may_have_been_stopped_since_they_were_uploaded() => Assert.False(IsFirst(Header, minutesAgo: 2));

    [Fact]
    public void Nor_is_one_of_a_clock_that_goes_before() => Assert.False(IsFirst(Header, minutesAgo: -2));

    [Fact]
    public void Nor_is_a_large_one() => Assert.False(IsFirst(Header, bytes: SmallChunk.Bytes + 1));

    [Fact]
    public void Nor_is_one_with_a_chunk_of_a_resumed_load() => Assert.False(IsFirst(Header with { Attempt = 1 }));

    [Fact]
    public void Nor_is_one_with_rows_that_are_run_again() => Assert.False(IsFirst(Header with { RowNumbers = [7] }));

    [Fact]
    public void Nor_is_one_whose_job_has_an_error_budget_that_other_chunks_may_have_spent()
    {
        Assert.False(IsFirst(Header with { MaxErrors = 1 }));
        Assert.False(IsFirst(Header with { MaxErrors = 1, Job = new JobDescription(null, []) }));
        Assert.True(IsFirst(Header with { MaxErrors = 1, Job = new JobDescription(null, []) { MakesJob = true } }));
    }

    [Fact]
    public void What_the_gates_saw_of_a_restart_decides_between_the_others()
    {
        var (quiet, restarted) = (new ChunkPrecheck(false, false, 0, SawRestart: false), new ChunkPrecheck(false, false, 0, SawRestart: true));
        Assert.Equal(DeliveryCase.First, Delivery.CaseOf(isFirst: true, [default]));
        Assert.Equal(DeliveryCase.Again, Delivery.CaseOf(isFirst: false, [quiet, quiet]));
        Assert.Equal(DeliveryCase.AfterRestart, Delivery.CaseOf(isFirst: false, [quiet, restarted]));
    }

    [Fact]
    public void Who_took_long_asks_about_a_restart_unless_the_tables_were_looked_at_anyway()
    {
        Assert.True(_delivery.MayHaveSleptThroughRestart(DeliveryCase.First, 2 * Limit));
        Assert.True(_delivery.MayHaveSleptThroughRestart(DeliveryCase.Again, 2 * Limit));
        Assert.False(_delivery.MayHaveSleptThroughRestart(DeliveryCase.AfterRestart, 2 * Limit));
        Assert.False(_delivery.MayHaveSleptThroughRestart(DeliveryCase.Again, Limit / 2));
    }

    [Fact]
    public void A_record_of_several_chunks_may_be_taken_over_where_its_partition_is_lost_or_it_took_long()
    {
        LoggedChunk[] several = [Chunk(Header with { Format = ChunkHeaderCodec.SeveralChunks })];
        Assert.True(_delivery.MayBeTakenOver(several, isLost: true, TimeSpan.Zero));
        Assert.True(_delivery.MayBeTakenOver(several, isLost: false, 2 * Limit));
        Assert.False(_delivery.MayBeTakenOver(several, isLost: false, Limit / 2));
        // The other could leave nothing out of a record that is one chunk.
        Assert.False(_delivery.MayBeTakenOver([Chunk(Header)], isLost: true, 2 * Limit));
    }
}
