using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Worker;
using Batch.Worker.Chunks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Worker;

/// <summary>Whose fault it is, as far as the other records tell.</summary>
[Trait("Tier", "unit")]
public sealed class WaitingRecordsTests
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 12, 1, 1, 2, 3, TimeSpan.Zero));
    readonly PartitionProgress _progress = new();
    readonly WaitingRecords _waiting;
    readonly ClickHouseClient _nobody = ClickHouseClient.Create(new ClickHouseOptions { Url = "http://127.0.0.1:1" });
    readonly TransientFaultRetry _retry;
    long _offset;

    public WaitingRecordsTests()
    {
        _waiting = new(_time);
        var options = Options.Create(new WorkerOptions { Backoff = TimeSpan.Zero, MaxBackoff = TimeSpan.Zero });
        _retry = new(
            new ClickHouseProbe(_nobody, new(_nobody), _time, NullLogger<ClickHouseProbe>.Instance), _waiting, options, _time,
            NullLogger<TransientFaultRetry>.Instance);
    }

    InFlightSlot NewSlot(string model, int ordinal = 0)
    {
        var taken = _progress.Take(new LogPosition("chunks", 3, _offset++));
        return new(new InFlightLimiter(1), 0, new NobodysConsumer(), taken, _time)
        {
            Chunk = new()
            {
                TenantId = "t", JobId = "j", ModelId = model, ModelVersion = 1, Ordinal = ordinal, FirstRow = 1, FirstLine = 2, Rows = 1, Checksum = 1,
                Mapping = [0],
            },
        };
    }

    /// <summary>Fails until it has been tried <paramref name="tries"/> times; in between something else happens.</summary>
    async Task<int> TryAsync(InFlightSlot slot, int tries, Exception fault, Action meanwhile)
    {
        var tried = 0;
        await _retry.UntilDoneAsync(() =>
        {
            if (++tried >= tries)
                return Task.CompletedTask;
            meanwhile();
            throw fault;
        }, slot, CancellationToken.None);
        return tried;
    }

    static ClickHouseException Unknown => new(2999, "Something new.", isTransient: true);

    [Fact]
    public async Task A_fault_is_waited_for_as_long_as_nothing_else_goes_into_the_table() =>
        Assert.Equal(2_000, await TryAsync(NewSlot("a"), 2_000, Unknown, () => { }));

    [Fact]
    public async Task Rows_in_other_tables_prove_nothing()
    {
        var other = NewSlot("b");
        Assert.Equal(2_000, await TryAsync(NewSlot("a"), 2_000, Unknown, () => _waiting.Loaded(other)));
    }

    [Fact]
    public async Task Nor_do_those_that_the_record_has_in_the_table_itself()
    {
        var slot = NewSlot("a");
        Assert.Equal(2_000, await TryAsync(slot, 2_000, Unknown, () => _waiting.Loaded(slot)));
    }

    [Fact]
    public async Task After_a_hundred_tries_while_others_go_into_its_table_the_fault_is_the_chunks_own()
    {
        var (slot, other) = (NewSlot("a"), NewSlot("a"));
        var tries = 0;
        await Assert.ThrowsAsync<ClickHouseException>(() => TryAsync(slot, 2_000, Unknown, () =>
        {
            tries++;
            _waiting.Loaded(other);
        }));
        // The first failure contradicts nothing yet, and the last is the one that is thrown.
        Assert.Equal(WaitingRecords.MaxContradicted + 2, tries);
    }

    [Fact]
    public async Task A_bug_and_rows_that_are_refused_are_not_waited_for()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => TryAsync(NewSlot("a"), 2, new InvalidOperationException(), () => { }));
        await Assert.ThrowsAsync<RowsRefusedException>(() => TryAsync(
            NewSlot("a"), 2, new RowsRefusedException(new ClickHouseException(53, "Type mismatch.", isTransient: false)), () => { }));
        Assert.Equal(0, _waiting.Count);
    }

    [Fact]
    public async Task Memory_that_is_short_is_waited_for() =>
        Assert.Equal(20, await TryAsync(NewSlot("a"), 20, new InsufficientMemoryException(), () => { }));

    [Fact]
    public async Task A_record_that_is_somebody_elses_by_now_is_not_waited_for()
    {
        var slot = NewSlot("a");
        await Assert.ThrowsAsync<ClickHouseException>(() => TryAsync(slot, 20, Unknown, _progress.ForgetAll));
    }

    [Fact]
    public void The_one_that_waits_longest_is_named_with_its_reason_until_it_is_done()
    {
        var (first, second) = (NewSlot("a", ordinal: 5), NewSlot("a", ordinal: 6));
        Assert.Null(_waiting.Describe());
        _waiting.Failed(first, Unknown);
        Assert.Equal("Chunk 5 of job j waits since 2026-12-01 01:02:03Z: Something new.", _waiting.Describe());
        _time.Advance(TimeSpan.FromMinutes(1));
        _waiting.Failed(second, Unknown);
        _waiting.Failed(first, new ClickHouseException(243, "Disk full.", isTransient: true));
        Assert.Equal("Chunk 5 of job j waits since 2026-12-01 01:02:03Z (2 wait in all): Disk full.", _waiting.Describe());
        _waiting.Done(first);
        Assert.Equal("Chunk 6 of job j waits since 2026-12-01 01:03:03Z: Something new.", _waiting.Describe());
        _waiting.Done(second);
        Assert.Equal((0, null), (_waiting.Count, _waiting.Describe()));
    }
}
