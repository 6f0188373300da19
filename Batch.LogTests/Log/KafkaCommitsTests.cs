using Batch.Core.Log;
using Batch.Core.Log.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Log;

[Trait("Tier", "unit")]
public sealed class KafkaCommitsTests
{
    static readonly LogPartition Partition = new("topic", 0);
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly KafkaAssignment _assignment = new(["topic"], maxBytes: 1000, maxRecords: 10);
    readonly KafkaCommits _commits;
    readonly BlockingClient _client = new();

    public KafkaCommitsTests()
    {
        _commits = new KafkaCommits(_assignment, new KafkaHealth("localhost:9", NullLogger.Instance), "group", NullLogger.Instance);
        _commits.Client = _client.Commit;
        _assignment.Add([Partition]);
    }

    Task Commit(long offset)
    {
        _assignment.Put(new LogRecord(new LogPosition("topic", 0, offset), [], new byte[10], DateTimeOffset.UnixEpoch, owner: null));
        return _commits.CommitAsync(_assignment.Take()!.Position);
    }

    [Fact]
    public async Task The_client_blocks_no_thread_of_the_pool_while_the_coordinator_has_not_answered()
    {
        var committed = Commit(0);
        await _client.Called.Task.WaitAsync(Limit);

        Assert.False(_client.WasOnPoolThread);
        Assert.False(committed.IsCompleted);

        _client.Answers.Set();
        await committed.WaitAsync(Limit);
        await _commits.StopAsync().WaitAsync(Limit);
    }

    [Fact]
    public async Task Commits_that_arrive_while_one_is_running_share_the_next()
    {
        var first = Commit(0);
        await _client.Called.Task.WaitAsync(Limit);
        Task[] others = [Commit(1), Commit(2), Commit(3)];

        _client.Answers.Set();
        await Task.WhenAll([first, .. others]).WaitAsync(Limit);

        Assert.Equal([1, 4], _client.Committed);
        await _commits.StopAsync().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_commit_that_fails_is_repeated_until_it_is_told_to_stop()
    {
        _client.Fails = true;
        _client.Answers.Set();
        var committed = Commit(0);
        Assert.True(SpinWait.SpinUntil(() => _client.Calls >= 2, Limit));
        Assert.False(committed.IsCompleted);

        await _commits.StopAsync().WaitAsync(Limit);
        await committed.WaitAsync(Limit);
    }

    /// <summary>A client whose commits wait for <see cref="Answers"/>.</summary>
    sealed class BlockingClient
    {
        int _calls;

        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public ManualResetEventSlim Answers { get; } = new();
        public List<long> Committed { get; } = [];
        public bool Fails { get; set; }
        public bool WasOnPoolThread { get; private set; }
        public int Calls => Volatile.Read(ref _calls);

        public void Commit(IEnumerable<TopicPartitionOffset> offsets)
        {
            WasOnPoolThread |= Thread.CurrentThread.IsThreadPoolThread;
            Interlocked.Increment(ref _calls);
            Called.TrySetResult();
            Assert.True(Answers.Wait(Limit));
            if (Fails)
                throw new KafkaException(new Error(ErrorCode.RebalanceInProgress));
            Committed.AddRange(offsets.Select(at => at.Offset.Value));
        }
    }
}
